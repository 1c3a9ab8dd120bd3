// How did the deployment end, or what does it wait for? Why and next, with the next step on a button.
import { send } from "../../api/http";
import type { Accepted, App, Deployment } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Action } from "../../parts/action";
import { Link, usePlace } from "../../parts/link";
import { useNow } from "../../parts/now";
import { Note } from "../../parts/panel";
import { appRoute } from "../../route";
import { openable } from "../../words/address";
import { phaseWord, versionWord } from "../../words/deployment";
import { stopwatch } from "../../words/time";
import { told } from "../../words/accepted";

export function Outcome({ deployment, app }: { deployment: Deployment; app: App | null }) {
  switch (deployment.state) {
    case "failed": return <Failed deployment={deployment} />;
    case "waiting": return deployment.waiting ? <Waits waiting={deployment.waiting} /> : null;
    case "aborted": return (
      <Note tone="off" shape="stop" title="This deployment was cancelled" why={deployment.aborted_because}
        next={deployment.before_version_number ? `Nothing to do: version ${deployment.before_version_number} still serves.` : "Deploy again when you like."}>
        <Again deployment={deployment} />
      </Note>
    );
    case "done": return <Done deployment={deployment} app={app} />;
    default: return null;
  }
}

function Done({ deployment, app }: { deployment: Deployment; app: App | null }) {
  const open = openable(app?.address);
  return (
    <Note tone="run" shape="done" title={`${app?.name ?? deployment.app} ${versionWord(deployment.version_number)} is running`.replace("  ", " ")}>
      <div className="actions">
        {open && <a className="btn primary" href={open} target="_blank" rel="noreferrer"><Icon name="open" />Open it</a>}
        <Link className="btn" to={appRoute(deployment.app)}>To its page</Link>
      </div>
    </Note>
  );
}

function Failed({ deployment }: { deployment: Deployment }) {
  const { failure } = deployment;
  const safe = deployment.before_version_number ? ` Version ${deployment.before_version_number} still serves.` : "";
  return (
    <Note tone="bad" shape="bad" title={`Failed at: ${phaseWord(failure?.step ?? deployment.phase).toLowerCase()}.${safe}`} why={failure?.reason} next={failure?.next}>
      {failure && failure.log_tail.length > 0 && <pre className="tail">{failure.log_tail.join("\n")}</pre>}
      <Again deployment={deployment} />
    </Note>
  );
}

function Waits({ waiting }: { waiting: NonNullable<Deployment["waiting"]> }) {
  const now = useNow(1000);
  const left = Date.parse(waiting.retry_at) - now;
  return (
    <Note tone="work" shape="queue" title="Waiting, and trying again by itself" why={waiting.reason} next={waiting.next}>
      <p className="num">{left > 0 ? `Try ${waiting.attempt + 1} in ${stopwatch(left)}.` : "Trying now."} This is not the app's fault.</p>
    </Note>
  );
}

function Again({ deployment }: { deployment: Deployment }) {
  const { go } = usePlace();
  const retry = async () => {
    const accepted = await send<Accepted>("POST", `/apps/${encodeURIComponent(deployment.app)}/retry`);
    if (accepted.deployment) go({ page: "deployment", id: accepted.deployment });
    return told(accepted);
  };
  return (
    <div className="actions">
      <Action kind="primary" run={retry}>Try again</Action>
      <Link className="btn quiet" to={appRoute(deployment.app, "env")}>Env and secrets</Link>
    </div>
  );
}
