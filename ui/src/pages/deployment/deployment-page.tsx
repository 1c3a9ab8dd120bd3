// One deployment, live: what happens and why, its build log, and the way to stop it.
import { useEffect } from "react";
import { send } from "../../api/http";
import { useFetched, useHouse } from "../../api/live";
import type { Accepted, App, Deployment } from "../../api/types";
import { FlagView } from "../../draw/flag-view";
import { Action } from "../../parts/action";
import { BuildLogWell } from "../../parts/build-log";
import { Link } from "../../parts/link";
import { Panel, ProblemNote } from "../../parts/panel";
import { Title } from "../../parts/page";
import { useNow } from "../../parts/now";
import { Timeline } from "../../parts/timeline";
import { Loading, Says, StateWord } from "../../parts/words";
import { appRoute } from "../../route";
import { shortCommit } from "../../words/amount";
import { deploymentLook, deploymentTitle, isOver, phaseWord, usualTotal } from "../../words/deployment";
import { about, between, duration, moment, stopwatch } from "../../words/time";
import { Outcome } from "./outcome";
import { told } from "../../words/accepted";

export function DeploymentPage({ id }: { id: string }) {
  const house = useHouse();
  const asked = useFetched<Deployment>(`/deployments/${encodeURIComponent(id)}`);
  const deployment = house.deployments[id] ?? asked.data;
  const app = useFetched<App>(deployment ? `/apps/${encodeURIComponent(deployment.app)}` : null, (event) => event.name === "app" && event.data.id === deployment?.app);
  // The title stands before the answer does, so that focus has somewhere to go.
  if (!deployment) {
    return <div className="wrap"><div className="page-head"><Title tab="Deployment">Deployment</Title></div>{asked.problem ? <ProblemNote problem={asked.problem} /> : <Loading rows={6} />}</div>;
  }
  return <Live deployment={deployment} app={app.data} />;
}

function Live({ deployment, app }: { deployment: Deployment; app: App | null }) {
  const over = isOver(deployment);
  const name = app?.name ?? deployment.app;
  useEffect(() => {
    document.title = `${over ? deploymentLook(deployment.state).word : phaseWord(deployment.phase)}: ${name} · Kraken`;
  }, [over, deployment.state, deployment.phase, name]);
  return (
    <div className="wrap">
      <Head deployment={deployment} app={app} name={name} over={over} />
      <div className="cols live-cols">
        <div className="stack-l">
          <Outcome deployment={deployment} app={app} />
          <Panel title="What happens and why">
            <div aria-live="polite" aria-relevant="additions text" className="vh">{over ? deploymentLook(deployment.state).word : phaseWord(deployment.phase)}</div>
            {!over && deployment.state !== "waiting" && app?.state.reason && <p className="small soft now-says"><Says text={app.state.reason} /></p>}
            <Timeline deployment={deployment} usual={app?.usual_ms} />
            {!over && <p className="small dim gap-top">You can leave this page; the deployment goes on without it.</p>}
          </Panel>
        </div>
        <Panel title="Build log" aside={over ? undefined : "live"}><BuildLogWell deployment={deployment.id} live={!over} /></Panel>
      </div>
    </div>
  );
}

function Head({ deployment, app, name, over }: { deployment: Deployment; app: App | null; name: string; over: boolean }) {
  const look = deploymentLook(deployment.state);
  const serves = deployment.before_version_number && !over ? `Version ${deployment.before_version_number} still serves` : null;
  return (
    <div className="app-head">
      <FlagView name={name} size="l" />
      <div>
        <Title tab={name}>{deploymentTitle(deployment, name)}</Title>
        <p className="line">
          <StateWord shape={look.shape} tone={look.tone}>{over ? look.word : phaseWord(deployment.phase)}</StateWord>
          {serves && <span>{serves}</span>}
          {app && <Link to={appRoute(app.id)}>{app.name}</Link>}
        </p>
        {deployment.commit?.author && <Written commit={deployment.commit} />}
      </div>
      <div className="actions">
        <Clock deployment={deployment} over={over} usual={usualTotal(app?.usual_ms ?? {})} />
        {!over && <Cancel deployment={deployment} />}
      </div>
    </div>
  );
}

/** What is deployed: the commit, what it says, who wrote it, and when. */
function Written({ commit }: { commit: NonNullable<Deployment["commit"]> }) {
  const now = useNow();
  return (
    <p className="small dim">
      <code>{shortCommit(commit.id)}</code>{commit.summary && ` "${commit.summary}"`}, {commit.author}{commit.at && `, ${moment(commit.at, now)}`}
    </p>
  );
}

function Clock({ deployment, over, usual }: { deployment: Deployment; over: boolean; usual: number | null }) {
  const now = useNow(500, !over);
  const passed = between(deployment.asked_at, deployment.ended_at, now);
  if (over) return <span className="dim small">took {duration(passed)}</span>;
  return <><span className="clock num" role="timer" aria-label="Elapsed">{stopwatch(passed)}</span>{usual && <span className="dim small">{passed > usual * 1.5 ? `longer than usual, ${about(usual)}` : `of ${about(usual)}`}</span>}</>;
}

function Cancel({ deployment }: { deployment: Deployment }) {
  const abort = () => send<Accepted>("POST", `/deployments/${encodeURIComponent(deployment.id)}/abort`).then((accepted) => told(accepted));
  return <Action run={abort}>Cancel</Action>;
}
