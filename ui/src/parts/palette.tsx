// Find or do anything: one field, rows that say their effect, arrows and Enter.
import { useState, type KeyboardEvent } from "react";
import { appsByName } from "../api/house";
import { send } from "../api/http";
import { useContact, useHouse } from "../api/live";
import type { Accepted } from "../api/types";
import { FlagView } from "../draw/flag-view";
import { Icon } from "../draw/icon";
import { addressText } from "../words/address";
import { find, type Hit } from "../words/palette";
import { Dialog } from "./dialog";
import { usePlace } from "./link";
import { useVoice } from "./say";
import { told } from "../words/accepted";

export function Palette({ onClose, onShortcuts }: { onClose: () => void; onShortcuts: () => void }) {
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState(0);
  const run = useRun(onClose, onShortcuts);
  const hits = find(appsByName(useHouse()), search);
  const at = Math.min(chosen, Math.max(0, hits.length - 1));
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((at + step + hits.length) % Math.max(1, hits.length));
    }
    const hit = hits[at];
    if (event.key === "Enter" && hit) {
      event.preventDefault();
      run(hit);
    }
  };
  return (
    <Dialog label="Find or do anything" className="palette" onClose={onClose}>
      <div className="ask">
        <Icon name="search" />
        <input data-focus value={search} role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant={hits[at] ? `hit-${at}` : undefined}
          aria-label="Search apps, pages and actions" placeholder="Find or do anything" autoComplete="off" spellCheck={false}
          onChange={(event) => { setSearch(event.target.value); setChosen(0); }} onKeyDown={press} />
        <kbd>Esc</kbd>
      </div>
      <div className="found" id="found" role="listbox" aria-label="Results">
        {hits.map((hit, n) => (
          <div key={hit.key} role="presentation">
            {hit.group !== hits[n - 1]?.group && <p className="grp" role="presentation">{hit.group}</p>}
            <div className="hit" id={`hit-${n}`} role="option" aria-selected={n === at} onMouseMove={() => setChosen(n)} onClick={() => run(hit)}>
              {hit.app ? <FlagView name={hit.app} size="xs" /> : <Icon name="chev" />}
              <span>{hit.label}</span><span className="aside">{addressText(hit.effect)}</span>
            </div>
          </div>
        ))}
        {hits.length === 0 && <p className="grp">Nothing here is called that.</p>}
      </div>
      <div className="keys"><span><kbd>↑</kbd><kbd>↓</kbd> choose</span><span><kbd>Enter</kbd> do it</span><span><kbd>?</kbd> all shortcuts</span></div>
    </Dialog>
  );
}

function useRun(onClose: () => void, onShortcuts: () => void): (hit: Hit) => void {
  const { go } = usePlace();
  const { say, sayProblem } = useVoice();
  const { since } = useContact();
  return (hit) => {
    onClose();
    switch (hit.does.kind) {
      case "go": go(hit.does.to); break;
      case "open": window.open(hit.does.address, "_blank", "noopener"); break;
      case "shortcuts": onShortcuts(); break;
      case "post":
        if (since !== null) say("No contact with the machine, so nothing was done.");
        else send<Accepted>("POST", hit.does.path, {}).then((accepted) => say(told(accepted)), sayProblem);
    }
  };
}
