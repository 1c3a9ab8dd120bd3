// All keys on one sheet.
import { Fragment } from "react";
import { Dialog } from "./dialog";
import { SHORTCUTS } from "./keys";

export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Shortcuts" onClose={onClose}>
      <h2>Shortcuts</h2>
      <dl className="shortcuts">
        {SHORTCUTS.map(({ keys, does }) => (
          <Fragment key={keys.join(" ")}>
            <dt>{keys.map((key) => <Fragment key={key}><kbd>{key}</kbd> </Fragment>)}</dt><dd>{does}</dd>
          </Fragment>
        ))}
      </dl>
      <div className="actions"><button type="button" className="btn" onClick={onClose}>Close</button></div>
    </Dialog>
  );
}
