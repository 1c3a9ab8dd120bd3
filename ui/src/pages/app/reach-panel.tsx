// Where the app answers and in how many copies: what is set here, what the file says, and the way back to the file.
import { useState, type ReactNode } from "react";
import { send } from "../../api/http";
import type { Accepted, App, Setting } from "../../api/types";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { Panel } from "../../parts/panel";
import { Hint } from "../../parts/words";
import { listed } from "../../words/amount";
import { readHosts, readWhole } from "../../words/reach";

interface Field { title: string; label: string; text: string; hint: string; read: (text: string) => unknown; put: (value: unknown) => Promise<Accepted> }

export function ReachPanel({ app, after }: { app: App; after: (accepted: Accepted) => string }) {
  const [open, setOpen] = useState<Field | null>(null);
  const path = `/apps/${encodeURIComponent(app.id)}`;
  const { publish, hosts } = app.route;
  const port: Field = {
    title: "LAN port", label: "Port", text: String(publish.value ?? ""), hint: "1024 to 65535, free on every machine. Who uses the old one has to learn the new one.",
    read: (text) => readWhole(text, 1024, 65_535), put: (value) => send("PUT", `${path}/route`, { publish: value }),
  };
  const names: Field = {
    title: "Other names", label: "Full names, one per line", text: hosts.value.join("\n"), hint: "Names that your network already resolves to this machine, such as notes.example.org.",
    read: readHosts, put: (value) => send("PUT", `${path}/route`, { hosts: value }),
  };
  return (
    <Panel title="Where it answers" aside="Saved at once; nothing is started again">
      <SettingRow field={port} setting={publish} shown={publish.value ?? "none"} said={(value) => (value === null ? "none" : String(value))} onOpen={setOpen} after={after} />
      <SettingRow field={names} setting={hosts} shown={hosts.value.length > 0 ? listed(hosts.value) : "none"} said={(value) => listed(value) || "none"} onOpen={setOpen} after={after} />
      {open && <FieldDialog field={open} after={after} onClose={() => setOpen(null)} />}
    </Panel>
  );
}

interface RowProps<T> { field: Field; setting: Setting<T>; shown: ReactNode; said: (value: T) => string; onOpen: (field: Field) => void; after: (accepted: Accepted) => string }

function SettingRow<T>({ field, setting, shown, said, onOpen, after }: RowProps<T>) {
  const unsaid = setting.file === null || setting.file === undefined;
  const file = unsaid ? "the file says nothing" : `the file says ${said(setting.file as T)}`;
  return (
    <div className="row">
      <div><h3>{field.title}: <span className="mono">{shown}</span></h3><p>{setting.set_here ? `Set here; ${file}.` : unsaid ? "Chosen by Kraken; the file says nothing." : "As the file says."}</p></div>
      <div className="actions">
        <button type="button" className="btn small" aria-label={`Change ${field.title}`} onClick={() => onOpen(field)}>Change</button>
        {setting.set_here && <Action kind="small quiet" label={`Reset ${field.title} to the file`} run={() => field.put(null).then(after)}>Reset</Action>}
      </div>
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
        <textarea className="input mono" data-focus rows={field.text.includes("\n") ? 4 : 1} value={text} spellCheck={false} autoCapitalize="none" onChange={(event) => setText(event.target.value)} />
      </label>
      <Hint tone={value === null ? "bad" : undefined}>{field.hint}</Hint>
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
        <Action kind="primary" run={save} not={value === null && "That cannot be read"}>Save</Action>
      </div>
    </Dialog>
  );
}
