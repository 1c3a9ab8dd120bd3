// One machine's card: how loaded, of how much, how it is reached, and what one can do with it.
import { useState } from "react";
import { send } from "../../api/http";
import { useHouse } from "../../api/live";
import type { Accepted, Node } from "../../api/types";
import { level } from "../../draw/water";
import { WaterView } from "../../draw/water-view";
import { Icon } from "../../draw/icon";
import { Shape } from "../../draw/shape";
import { Action } from "../../parts/action";
import { VitalMeters } from "../../parts/meter";
import { useNow } from "../../parts/now";
import { Hint } from "../../parts/words";
import { addressText } from "../../words/address";
import { count, listed, percent } from "../../words/amount";
import { machineLook } from "../../words/machine";
import { duration, since } from "../../words/time";
import { sentences } from "../../words/sentence";
import { RemoveDialog } from "./remove-dialog";
import { SettingsDialog } from "./settings-dialog";
import { told } from "../../words/accepted";

export function Ship({ node }: { node: Node }) {
  const look = machineLook(node);
  const kind = node.leads ? "panel ship lead" : node.standing.live ? "panel ship" : "panel ship gone";
  const about = [node.arch, node.uptime_ms ? `up ${duration(node.uptime_ms)}` : "", node.version ? `Kraken ${node.version}` : ""].filter(Boolean).join(", ");
  return (
    <article className={kind} aria-label={node.name}>
      <header>
        <span className={`t-${look.tone}`}><Shape name={look.shape} /></span>
        <h3>{node.name}</h3>
        <span className={look.lamp ? "tag lamp" : "tag"}>{look.word}</span>
        <p className="sub">{about || "It told nothing of itself yet"}</p>
      </header>
      <div className="body">
        {node.standing.live ? <Heard node={node} /> : <Silent node={node} />}
        <Acts node={node} />
      </div>
    </article>
  );
}

function Heard({ node }: { node: Node }) {
  const { platform } = useHouse();
  const here = node.id === platform?.node;
  return (
    <>
      {node.vitals ? <Measured vitals={node.vitals} /> : here && <p className="soft small">Not measured yet.</p>}
      <DockerLine node={node} />
      <dl className="facts gap-top">
        <dt>State</dt><dd>{node.reason || node.state}</dd>
        {!here && <><dt>Apps</dt><dd>{node.apps.length > 0 ? listed(node.apps) : "none"}</dd></>}
        {!here && <><dt>Link</dt><dd>{linkText(node)}</dd></>}
        <dt>Addresses</dt><dd className="mono">{node.addresses.map(addressText).join(", ") || "none"}</dd>
        <dt>Front door</dt><dd>{node.ingress_port ? `port ${node.ingress_port}` : "not open"}{node.api_port ? `, dashboard on port ${node.api_port}` : ""}</dd>
        {node.kernel && <><dt>Kernel</dt><dd>{node.kernel}</dd></>}
        <dt>Identity</dt><dd><code>{node.id}</code></dd>
      </dl>
    </>
  );
}

function linkText({ standing: { linked, direct, in_sync } }: Node): string {
  const way = linked ? "connected" : direct ? "heard, being connected" : "reached through another machine";
  return `${way}, ${in_sync ? "holds the same records" : "catching up"}`;
}

function Silent({ node }: { node: Node }) {
  const now = useNow();
  const at = node.standing.since;
  return (
    <div className="small soft stack">
      <p><b>Silent{at ? ` ${since(at, now)}` : ""}.</b> {node.reason}</p>
      <p><b>Effect:</b> {node.apps.length > 0 ? `${count(node.apps.length, "app")} had a copy on it: ${listed(node.apps)}. What has no data there starts elsewhere.` : "nothing ran on it."}</p>
      <p><b>Next:</b> check its power, cable and Wi-Fi. It rejoins by itself, nothing to type. If it is gone for good or was stolen, remove it.</p>
    </div>
  );
}

function Acts({ node }: { node: Node }) {
  const [open, setOpen] = useState<"settings" | "remove" | null>(null);
  const { nodes } = useHouse();
  const { live, priority } = node.standing;
  const lead = () => send<Accepted>("POST", `/nodes/${encodeURIComponent(node.id)}/lead`).then((accepted) => told(accepted));
  return (
    <div className="actions">
      {nodes.length > 1 && live && !node.leads && <Action kind="small" run={lead} label={`Make ${node.name} the leader`} not={priority === 0 && "Its priority is 0, so it never leads"}>Make leader</Action>}
      <button type="button" className="btn small" aria-label={`Settings of ${node.name}`} onClick={() => setOpen("settings")}>Settings</button>
      {nodes.length > 1 && <button type="button" className="btn small quiet" aria-label={`Remove ${node.name}`} onClick={() => setOpen("remove")}>Remove…</button>}
      {open === "settings" && <SettingsDialog node={node} onClose={() => setOpen(null)} />}
      {open === "remove" && <RemoveDialog node={node} onClose={() => setOpen(null)} />}
    </div>
  );
}

function Measured({ vitals }: { vitals: NonNullable<Node["vitals"]> }) {
  return (
    <>
      <VitalMeters vitals={vitals} />
      {vitals.series.length > 1 && <><WaterView levels={vitals.series.map((point) => level(point.cpu_percent, 100))} /><p className="vh">CPU in the last hour: at most {percent(Math.max(...vitals.series.map((point) => point.cpu_percent)))}</p></>}
      <div className="beat">
        {vitals.temperature_c ? <span><Icon name="temp" small />{Math.round(vitals.temperature_c)}&nbsp;°C</span> : null}
        <span>load {vitals.load1.toFixed(2)}</span>
      </div>
    </>
  );
}

function DockerLine({ node: { docker } }: { node: Node }) {
  if (!docker.reachable) return <Hint tone="bad">{sentences("Docker does not answer.", docker.reason, docker.next)}</Hint>;
  return docker.version ? <Hint tone="ok">Docker {docker.version} answers.</Hint> : null;
}
