// The machines in one line each: who leads, who is next, how loaded.
import { useHouse } from "../../api/live";
import type { Node } from "../../api/types";
import { Shape } from "../../draw/shape";
import { Link } from "../../parts/link";
import { VitalMeters } from "../../parts/meter";
import { useNow } from "../../parts/now";
import { bytesOf, count, percent } from "../../words/amount";
import { inLine, machineFacts, machineLook } from "../../words/machine";
import { duration, moment } from "../../words/time";

export function Machines({ nodes }: { nodes: Node[] }) {
  const lone = nodes.length === 1 ? nodes[0] : undefined;
  return (
    <section className="panel" aria-labelledby="crew">
      <header><h2 id="crew">{lone ? "This machine" : "Machines"}</h2><Link className="aside" to={{ page: "nodes" }}>Look closer</Link></header>
      <div className="body">
        <ul className="crew">{inLine(nodes).map((node) => <Row key={node.id} node={node} lone={lone !== undefined} />)}</ul>
        {lone?.vitals && <VitalMeters vitals={lone.vitals} />}
      </div>
    </section>
  );
}

function Row({ node, lone }: { node: Node; lone: boolean }) {
  const here = useHouse().platform?.node === node.id;
  const look = machineLook(node);
  return (
    <li>
      <span className={`t-${look.tone}`}><Shape name={look.shape} /></span>
      <span className="who"><b>{node.name}</b>{(!lone || node.leads) && <span className={look.lamp ? "tag lamp" : "tag"}>{look.word}</span>}</span>
      <span className="vit">
        {lone && node.vitals ? null : node.vitals ? <><span>{percent(node.vitals.cpu_percent)} cpu</span><span>{bytesOf(node.vitals.memory_used, node.vitals.memory_total)}</span></> : here && <span>not measured yet</span>}
      </span>
      <Sub node={node} />
    </li>
  );
}

function Sub({ node }: { node: Node }) {
  const now = useNow();
  const { live, since } = node.standing;
  if (!live) return <span className="sub">{since ? `Last heard ${moment(since, now)}` : "Never heard by this machine"}</span>;
  const warm = node.vitals?.temperature_c ? `${Math.round(node.vitals.temperature_c)}\u00a0°C` : "";
  const facts = [count(node.apps.length, "app"), node.uptime_ms ? `up ${duration(node.uptime_ms)}` : "", warm, machineFacts(node)];
  return <span className="sub">{facts.filter(Boolean).join(", ")}</span>;
}
