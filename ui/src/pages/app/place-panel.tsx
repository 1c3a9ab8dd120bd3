// On which machine the app runs: the one a person chose, or Kraken's choice, and the way between the two.
import { useState } from "react";
import { send } from "../../api/http";
import { useHouse } from "../../api/live";
import type { Accepted, App } from "../../api/types";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { Panel } from "../../parts/panel";
import { PlaceChoice } from "../../parts/place-choice";
import { Hint } from "../../parts/words";
import { listed } from "../../words/amount";

interface PlaceProps { app: App; after: (accepted: Accepted) => string }

export function PlacePanel({ app, after }: PlaceProps) {
  const [open, setOpen] = useState(false);
  // With one machine there is nothing to choose.
  if (useHouse().nodes.length < 2) return null;
  const { node, choices } = app.place;
  const chosen = choices.find((choice) => choice.node === node);
  const runs = listed([...new Set(app.placement.map((place) => place.node_name))]);
  return (
    <Panel title="Where it runs" aside="The copy there serves before the one elsewhere leaves">
      <div className="row">
        <div>
          <h3>Machine: <span className="mono">{node ? chosen?.node_name ?? node.slice(0, 8) : "Kraken chooses"}</span></h3>
          <p>{[node ? "Chosen here; it goes nowhere else." : "It goes where there is most room.", runs && `It runs on ${runs}.`, chosen && !chosen.fits && `It waits there: ${chosen.why}.`].filter(Boolean).join(" ")}</p>
        </div>
        <div className="actions">
          <button type="button" className="btn small" aria-label="Change the machine" onClick={() => setOpen(true)}>Change</button>
          {node && <Action kind="small quiet" run={() => put(app, null).then(after)}>Let Kraken choose</Action>}
        </div>
      </div>
      {open && <PlaceDialog app={app} after={after} onClose={() => setOpen(false)} />}
    </Panel>
  );
}

function put(app: App, node: string | null): Promise<Accepted> {
  return send<Accepted>("PUT", `/apps/${encodeURIComponent(app.id)}/place`, { node });
}

function PlaceDialog({ app, after, onClose }: PlaceProps & { onClose: () => void }) {
  const [node, setNode] = useState(app.place.node ?? null);
  const save = async () => {
    const said = after(await put(app, node));
    onClose();
    return said;
  };
  const options = app.place.choices.map((choice) => ({ node: choice.node, name: choice.node_name, fits: choice.fits, why: choice.why }));
  return (
    <Dialog label={`Where ${app.name} runs`} onClose={onClose}>
      <h2>Where shall {app.name} run?</h2>
      <div className="gap-top"><PlaceChoice options={options} chosen={node} onChoose={setNode} /></div>
      {app.volumes.length > 0 && <Hint tone="warn">Its data stays where it is, on {listed([...new Set(app.volumes.map((volume) => options.find((option) => option.node === volume.node)?.name ?? volume.node.slice(0, 8)))])}.</Hint>}
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
        <Action kind="primary" run={save}>Save</Action>
      </div>
    </Dialog>
  );
}
