// On which machine? Asked only where there are several; Kraken's choice unless somebody has a wish.
import { useHouse } from "../../api/live";
import type { Inspection, Node } from "../../api/types";
import { PlaceChoice, type PlaceOption } from "../../parts/place-choice";
import { count } from "../../words/amount";
import { inLine } from "../../words/machine";
import type { Draft } from "./draft";
import { Step } from "./step";

interface PlaceProps { draft: Draft; inspection: Inspection; edit: (change: Partial<Draft>) => void }

export function PlaceStep({ draft, inspection, edit }: PlaceProps) {
  const { nodes } = useHouse();
  if (nodes.length < 2) return null;
  return (
    <Step number={5} title="Where it runs" standing="open">
      {inspection.app?.exists && draft.node === null ? <p className="small soft">It stays where it is. Change that on its own page, under Copies and address.</p>
        : <PlaceChoice options={inLine(nodes).map(option)} chosen={draft.node} onChoose={(node) => edit({ node })} />}
    </Step>
  );
}

function option(node: Node): PlaceOption {
  const { live } = node.standing;
  const busy = node.apps.length > 0 ? `${count(node.apps.length, "app")} on it` : "nothing on it yet";
  return { node: node.id, name: node.name, fits: live && node.docker.reachable, why: !live ? "no contact with it" : !node.docker.reachable ? "its Docker does not answer" : [node.arch, busy].filter(Boolean).join(", ") };
}
