// One app at a glance: flag, name, address, switch, state, one why, and its water. All else is one tap away.
import { send } from "../../api/http";
import { useHouse } from "../../api/live";
import type { Accepted, AppSummary, Deployment } from "../../api/types";
import { FlagView } from "../../draw/flag-view";
import { WaterView } from "../../draw/water-view";
import { Action } from "../../parts/action";
import { Link } from "../../parts/link";
import { Switch } from "../../parts/switch";
import { Says, StateWord } from "../../parts/words";
import { appRoute } from "../../route";
import { addressText } from "../../words/address";
import { bytesOf, percent } from "../../words/amount";
import { isBelow, isSerious, lastFailed, lookOf, openAddress, stateWord } from "../../words/app-state";
import { isOver } from "../../words/deployment";
import { told } from "../../words/accepted";

interface TileProps { app: AppSummary; levels: number[]; under?: Deployment }

export function Tile({ app, levels, under }: TileProps) {
  const look = lookOf(app.state.kind);
  const below = isBelow(app);
  const open = below ? null : openAddress(app);
  const alert = !below && (isSerious(app.state.kind) || lastFailed(app));
  return (
    <li className={alert ? "tile alert" : "tile"}>
      <div className="tile-head">
        <FlagView name={app.name} />
        <div>
          <h3><Link to={appRoute(app.id)}>{app.name}</Link></h3>
          {open
            ? <a className="addr" href={open} target="_blank" rel="noreferrer" title={addressText(open)}>{addressText(open)}</a>
            : <span className="addr">{below ? "no address while off" : "no address yet"}</span>}
        </div>
        <Switch app={app} />
      </div>
      <p className="tile-state"><StateWord shape={look.shape} tone={look.tone}>{stateWord(app)}</StateWord></p>
      <p className="tile-why"><Why app={app} /></p>
      {app.one_copy && <OneCopy />}
      {under && !isOver(under) && <Progress deployment={under} name={app.name} />}
      {below ? <TurnOn app={app} /> : <Foot app={app} levels={levels} />}
    </li>
  );
}

/** Only where there is another machine that could hold it. */
function OneCopy() {
  if (useHouse().nodes.length < 2) return null;
  return <p className="tile-why"><StateWord shape="part" tone="work">Saved on one machine only</StateWord></p>;
}

function Why({ app }: { app: AppSummary }) {
  if (lastFailed(app) && app.deployment) {
    const version = app.deployment.version_number ? ` to v${app.deployment.version_number}` : "";
    return <StateWord shape="bad" tone="bad">Update{version} failed</StateWord>;
  }
  return <Says text={app.state.reason} />;
}

/** Phases that are done, of all: no guess about seconds where nothing was measured. */
function Progress({ deployment, name }: { deployment: Deployment; name: string }) {
  const done = deployment.steps.filter((step) => step.state === "done" || step.state === "skipped").length;
  const share = Math.round((done / Math.max(1, deployment.steps.length)) * 100);
  return (
    <div className="prog" role="progressbar" aria-valuenow={share} aria-valuemin={0} aria-valuemax={100} aria-label={`Deploying ${name}`}>
      <i style={{ width: `${Math.max(4, share)}%` }} />
    </div>
  );
}

function Foot({ app, levels }: { app: AppSummary; levels: number[] }) {
  return (
    <div className="tile-foot">
      <div className="tile-meta">
        {app.stats ? <span><b>{percent(app.stats.cpu_percent)}</b> cpu, {bytesOf(app.stats.memory_bytes, app.stats.memory_limit)}</span> : <span>not measured yet</span>}
        <span>{[app.version ? `v${app.version.number}` : "", app.lang ?? ""].filter(Boolean).join(", ")}</span>
      </div>
      <WaterView levels={levels} />
    </div>
  );
}

function TurnOn({ app }: { app: AppSummary }) {
  const start = () => send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/start`).then((accepted) => told(accepted));
  return <div className="tile-acts"><Action kind="small" run={start} label={`Turn on ${app.name}`}>Turn on</Action></div>;
}
