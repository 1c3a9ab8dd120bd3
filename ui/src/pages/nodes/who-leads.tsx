// Who leads, since when and why, and who would be next: every machine in its line.
import { useHouse } from "../../api/live";
import type { Node } from "../../api/types";
import { Shape } from "../../draw/shape";
import { useNow } from "../../parts/now";
import { Panel } from "../../parts/panel";
import { Says } from "../../parts/words";
import { inLine, machineFacts, machineLook } from "../../words/machine";
import { moment } from "../../words/time";
import { sentences } from "../../words/sentence";

export function WhoLeads() {
  const { nodes, platform } = useHouse();
  return (
    <Panel title="Who leads when" aside={platform?.leader ? `reign ${platform.leader.epoch.split(".")[0]}` : undefined}>
      <ol className="crew">{inLine(nodes).map((node) => <Row key={node.id} node={node} why={node.id === platform?.node ? platform.why : ""} />)}</ol>
    </Panel>
  );
}

function Row({ node, why }: { node: Node; why: string }) {
  const now = useNow();
  const { platform } = useHouse();
  const look = machineLook(node);
  const { live, since, priority } = node.standing;
  const reign = node.leads && platform?.leader ? `since ${moment(platform.leader.since, now)}` : "";
  const silent = live ? "" : since ? `last heard ${moment(since, now)}` : "never heard by this machine";
  const facts = [reign, silent, machineFacts(node)].filter(Boolean).join(", ");
  return (
    <li>
      <span className={`t-${look.tone}`}><Shape name={look.shape} /></span>
      <span className="who"><b>{node.name}</b><span className={look.lamp ? "tag lamp" : "tag"}>{look.word}</span></span>
      <span className="vit"><span className="dim">{live ? `priority ${priority}` : ""}</span></span>
      {(facts || why) && <span className="sub"><Says text={sentences(facts && facts.charAt(0).toUpperCase() + facts.slice(1), why)} /></span>}
    </li>
  );
}
