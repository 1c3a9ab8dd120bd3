// The machines in one line each: who leads, how loaded.
import type { Node } from "../../api/types";
import { Shape } from "../../draw/shape";
import { Link } from "../../parts/link";
import { VitalMeters } from "../../parts/meter";
import { bytesOf, count, percent } from "../../words/amount";
import { duration } from "../../words/time";

export function Machines({ nodes }: { nodes: Node[] }) {
  return (
    <section className="panel" aria-labelledby="crew">
      <header><h2 id="crew">{nodes.length === 1 ? "This machine" : "Machines"}</h2><Link className="aside" to={{ page: "nodes" }}>Look closer</Link></header>
      <div className="body">
        <ul className="crew">{nodes.map((node) => <Row key={node.id} node={node} lone={nodes.length === 1} />)}</ul>
        {nodes.length === 1 && nodes[0]?.vitals && <VitalMeters vitals={nodes[0].vitals} />}
      </div>
    </section>
  );
}

function Row({ node, lone }: { node: Node; lone: boolean }) {
  const warm = node.vitals?.temperature_c ? `, ${Math.round(node.vitals.temperature_c)}\u00a0°C` : "";
  return (
    <li>
      <span className={node.leads ? "t-work" : "t-run"}><Shape name={node.leads ? "lead" : "run"} /></span>
      <span className="who"><b>{node.name}</b>{node.leads && <span className="tag lamp">leads</span>}</span>
      <span className="vit">
        {lone && node.vitals ? null : node.vitals ? <><span>{percent(node.vitals.cpu_percent)} cpu</span><span>{bytesOf(node.vitals.memory_used, node.vitals.memory_total)}</span></> : <span>not measured yet</span>}
      </span>
      <span className="sub">{count(node.apps.length, "app")}, up {duration(node.uptime_ms)}{warm}</span>
    </li>
  );
}
