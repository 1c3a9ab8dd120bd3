// One value is typed in: a name where it is new, and the value, hidden when it is a secret.
import { useId, useState } from "react";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { Hint } from "../../parts/words";
import { wrongName } from "../../words/env-name";

export interface Asked { kind: "env" | "secret"; name: string | null; value: string }
interface ValueProps { asked: Asked; save: (asked: Asked, name: string, value: string) => Promise<string>; onClose: () => void }

export function ValueDialog({ asked, save, onClose }: ValueProps) {
  const id = useId();
  const [name, setName] = useState(asked.name ?? "");
  const [value, setValue] = useState(asked.value);
  const secret = asked.kind === "secret";
  const title = asked.name ? `${secret ? "Set" : "Change"} ${asked.name}` : secret ? "Add a secret" : "Add a value";
  const wrong = name === "" ? null : wrongName(name);
  const run = async () => {
    const said = await save(asked, name, value);
    onClose();
    return said;
  };
  return (
    <Dialog label={title} onClose={onClose}>
      <h2>{title}</h2>
      {asked.name === null && (
        <>
          <label className="field gap-top"><span>Name</span>
            <input className="input mono" value={name} autoCapitalize="none" autoComplete="off" spellCheck={false} aria-describedby={`${id}-wrong`} onChange={(event) => setName(event.target.value)} />
          </label>
          <div id={`${id}-wrong`}>{wrong && <Hint tone="bad">{wrong}</Hint>}</div>
        </>
      )}
      <label className="field gap-top"><span>Value</span>
        {secret
          ? <input className="input mono" type="password" autoComplete="off" value={value} onChange={(event) => setValue(event.target.value)} />
          : <textarea className="input mono" value={value} rows={3} spellCheck={false} onChange={(event) => setValue(event.target.value)} />}
      </label>
      {secret && <Hint>It is sealed on this machine and given to the app only. Nobody can read it back here.</Hint>}
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
        <Action kind="primary" run={run} not={name === "" ? "It needs a name" : wrong ?? (secret && value === "" ? "It needs a value" : null)}>Save {name}</Action>
      </div>
    </Dialog>
  );
}
