// What is the one thing to know about this app now? Only when there is one: its reason and the next step.
import { send } from "../../api/http";
import type { Accepted, App, Deployment } from "../../api/types";
import { Action } from "../../parts/action";
import { Link, usePlace } from "../../parts/link";
import { useNow } from "../../parts/now";
import { Note } from "../../parts/panel";
import { appRoute } from "../../route";
import { lookOf } from "../../words/app-state";
import { isOver, phaseWord, versionWord } from "../../words/deployment";
import { since, stopwatch } from "../../words/time";
import { told } from "../../words/accepted";

export function StateBanner({ app, last }: { app: App; last: Deployment | undefined }) {
  if (last && !isOver(last)) return <UnderWay last={last} />;
  if (app.wanted === "off" || app.state.kind === "off") return <Off app={app} />;
  if (last?.state === "failed") return <Failed app={app} last={last} />;
  const look = lookOf(app.state.kind);
  if (app.state.kind === "running") return null;
  const tone = look.tone === "bad" ? "bad" : "work";
  return (
    <Note tone={tone} shape={look.shape} title={`${look.word} ${since(app.state.since, Date.now())}`} why={app.state.reason} next={app.state.next}>
      {app.state.retry_at && <Retry at={app.state.retry_at} />}
      <div className="actions"><Link className="btn" to={appRoute(app.id, "logs")}>See its log</Link></div>
    </Note>
  );
}

function UnderWay({ last }: { last: Deployment }) {
  const serves = last.before_version_number ? ` Version ${last.before_version_number} still serves.` : "";
  return (
    <Note tone="work" shape="work" title={`${phaseWord(last.phase)} ${versionWord(last.version_number)}.${serves}`.replace(" .", ".")} why={last.waiting?.reason} next={last.waiting?.next}>
      <div className="actions"><Link className="btn primary" to={{ page: "deployment", id: last.id }}>See it live</Link></div>
    </Note>
  );
}

function Off({ app }: { app: App }) {
  const start = () => send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/start`).then((accepted) => told(accepted));
  return (
    <Note tone="off" shape="off" title="This app is off" why={app.state.reason || "Somebody turned it off."} next={app.state.next ?? "Turn it on; its data, versions and settings are kept."}>
      <div className="actions"><Action kind="primary" run={start}>Turn on</Action></div>
    </Note>
  );
}

function Failed({ app, last }: { app: App; last: Deployment }) {
  const { go } = usePlace();
  const unset = app.secrets.filter((secret) => secret.wanted && !secret.is_set).map((secret) => secret.name);
  const serves = app.version && app.state.kind !== "failed" ? ` Version ${app.version.number} still serves.` : "";
  const what = last.version_number ? `Version ${last.version_number}` : "The deployment";
  const retry = async () => {
    const accepted = await send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/retry`);
    if (accepted.deployment) go({ page: "deployment", id: accepted.deployment });
    return told(accepted);
  };
  return (
    <Note tone="bad" shape="bad" title={`${what} failed at: ${phaseWord(last.failure?.step ?? last.phase).toLowerCase()}.${serves}`} why={last.failure?.reason} next={last.failure?.next}>
      {last.failure && last.failure.log_tail.length > 0 && <pre className="tail">{last.failure.log_tail.slice(-6).join("\n")}</pre>}
      <div className="actions">
        {unset.length > 0 && <Link className="btn primary" to={appRoute(app.id, "env")}>Set {unset[0]}</Link>}
        <Action kind={unset.length > 0 ? undefined : "primary"} run={retry}>Try again</Action>
        <Link className="btn quiet" to={{ page: "deployment", id: last.id }}>See its whole log</Link>
      </div>
    </Note>
  );
}

function Retry({ at }: { at: string }) {
  const now = useNow(1000);
  const left = Date.parse(at) - now;
  return <p className="num">{left > 0 ? `Tries again in ${stopwatch(left)}.` : "Trying again now."}</p>;
}
