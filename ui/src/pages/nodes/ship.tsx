// One machine's card: how loaded, of how much, and how it is connected.
import type { Node } from "../../api/types";
import { level } from "../../draw/water";
import { WaterView } from "../../draw/water-view";
import { Icon } from "../../draw/icon";
import { Shape } from "../../draw/shape";
import { VitalMeters } from "../../parts/meter";
import { Hint } from "../../parts/words";
import { addressText } from "../../words/address";
import { percent } from "../../words/amount";
import { duration } from "../../words/time";
import { sentences } from "../../words/sentence";

export function Ship({ node }: { node: Node }) {
  const { vitals } = node;
  return (
    <article className={node.leads ? "panel ship lead" : "panel ship"} aria-label={node.name}>
      <header>
        <span className={node.leads ? "t-work" : "t-run"}><Shape name={node.leads ? "lead" : "run"} /></span>
        <h2>{node.name}</h2>
        {node.leads ? <span className="tag lamp">leads</span> : <span />}
        <p className="sub">{node.arch}, up {duration(node.uptime_ms)}, Kraken {node.version}</p>
      </header>
      <div className="body">
        {vitals ? <Measured vitals={vitals} /> : <p className="soft small">Not measured yet.</p>}
        <DockerLine node={node} />
        <dl className="facts gap-top">
          <dt>State</dt><dd>{node.reason || node.state}</dd>
          <dt>Addresses</dt><dd className="mono">{node.addresses.map(addressText).join(", ") || "none"}</dd>
          <dt>Front door</dt><dd>{node.ingress_port ? `port ${node.ingress_port}` : "not open"}, dashboard on port {node.api_port}</dd>
          <dt>Kernel</dt><dd>{node.kernel}</dd>
          <dt>Identity</dt><dd><code>{node.id}</code></dd>
        </dl>
      </div>
    </article>
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
  if (docker.reachable) return <Hint tone="ok">Docker {docker.version ?? ""} answers.</Hint>;
  return <Hint tone="bad">{sentences("Docker does not answer.", docker.reason, docker.next)}</Hint>;
}
