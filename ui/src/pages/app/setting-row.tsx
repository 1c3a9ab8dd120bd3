// One setting of an app: its value, whether it is set here or as the file says, and the way to change it and back.
import { useState, type ReactNode } from "react";
import type { Accepted, Setting } from "../../api/types";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { Hint } from "../../parts/words";

export interface Field {
  title: string; label: string; text: string; hint: string;
  /** What was typed, or null where it cannot be read. */
  read: (text: string) => unknown;
  /** Null gives it back to the file. */
  put: (value: unknown) => Promise<Accepted>;
  /** One number, not lines of text. */
  short?: boolean;
}

interface RowProps<T> { field: Field; setting: Setting<T>; shown: ReactNode; said: (value: T) => string; unsaid?: string; after: (accepted: Accepted) => string }

export function SettingRow<T>({ field, setting, shown, said, unsaid: chosen = "Chosen by Kraken; the file says nothing.", after }: RowProps<T>) {
  const [open, setOpen] = useState(false);
  const unsaid = setting.file === null || setting.file === undefined;
  const file = unsaid ? "the file says nothing" : `the file says ${said(setting.file as T)}`;
  return (
    <div className="row">
      <div><h3>{field.title}: <span className="mono">{shown}</span></h3><p>{setting.set_here ? `Set here; ${file}.` : unsaid ? chosen : "As the file says."}</p></div>
      <div className="actions">
        <button type="button" className="btn small" aria-label={`Change ${field.title}`} onClick={() => setOpen(true)}>Change</button>
        {setting.set_here && <Action kind="small quiet" label={`Reset ${field.title} to the file`} run={() => field.put(null).then(after)}>Reset</Action>}
      </div>
      {open && <FieldDialog field={field} after={after} onClose={() => setOpen(false)} />}
    </div>
  );
}

function FieldDialog({ field, after, onClose }: { field: Field; after: (accepted: Accepted) => string; onClose: () => void }) {
  const [text, setText] = useState(field.text);
  const value = field.read(text);
  const save = async () => {
    const said = after(await field.put(value));
    onClose();
    return said;
  };
  return (
    <Dialog label={`Change ${field.title}`} onClose={onClose}>
      <h2>Change {field.title}</h2>
      <label className="field gap-top"><span>{field.label}</span>
        {field.short
          ? <input className="input mono" data-focus inputMode="numeric" value={text} autoComplete="off" onChange={(event) => setText(event.target.value)} />
          : <textarea className="input mono" data-focus rows={4} value={text} spellCheck={false} autoCapitalize="none" onChange={(event) => setText(event.target.value)} />}
      </label>
      <Hint tone={value === null ? "bad" : undefined}>{field.hint}</Hint>
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
        <Action kind="primary" run={save} not={value === null && "That cannot be read"}>Save</Action>
      </div>
    </Dialog>
  );
}
