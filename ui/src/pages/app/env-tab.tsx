// Plain values and sealed secrets: what is set here, what the file says, and the way back to the file.
import { useState } from "react";
import { send } from "../../api/http";
import type { Accepted, App, EnvVar, SecretName } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Action } from "../../parts/action";
import { useNow } from "../../parts/now";
import { Panel } from "../../parts/panel";
import { StateWord } from "../../parts/words";
import { moment } from "../../words/time";
import { ValueDialog, type Asked } from "./value-dialog";
import { told } from "../../words/accepted";

export function EnvTab({ app, refetch }: { app: App; refetch: () => void }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const path = `/apps/${encodeURIComponent(app.id)}`;
  const after = (accepted: Accepted) => {
    refetch();
    return told(accepted);
  };
  const reset = (name: string) => () => send<Accepted>("PUT", `${path}/env`, { set: {}, reset: [name] }).then(after);
  const unset = (name: string) => () => send<Accepted>("DELETE", `${path}/secrets/${encodeURIComponent(name)}`).then(after);
  const save = async ({ kind }: Asked, name: string, value: string) => after(kind === "secret"
    ? await send<Accepted>("PUT", `${path}/secrets/${encodeURIComponent(name)}`, { value })
    : await send<Accepted>("PUT", `${path}/env`, { set: { [name]: value }, reset: [] }));
  return (
    <div className="wrap cols one">
      <Panel title="Env and secrets" aside="Saving starts a new revision without a build">
        {app.env.length + app.secrets.length === 0 ? <p className="soft">No value is set, and the file asks for none.</p> : (
          <table className="table cards">
            <thead><tr><th>Name</th><th>Value</th><th>From</th><th><span className="vh">Action</span></th></tr></thead>
            <tbody>
              {app.secrets.map((secret) => <SecretRow key={secret.name} secret={secret} onSet={() => setAsked({ kind: "secret", name: secret.name, value: "" })} unset={unset(secret.name)} />)}
              {app.env.map((one) => <EnvRow key={one.name} one={one} onEdit={() => setAsked({ kind: "env", name: one.name, value: one.value })} reset={reset(one.name)} />)}
            </tbody>
          </table>
        )}
        <div className="actions gap-top">
          <button type="button" className="btn" onClick={() => setAsked({ kind: "env", name: null, value: "" })}><Icon name="plus" />Add a value</button>
          <button type="button" className="btn quiet" onClick={() => setAsked({ kind: "secret", name: null, value: "" })}><Icon name="lock" />Add a secret</button>
        </div>
      </Panel>
      {asked && <ValueDialog asked={asked} save={save} onClose={() => setAsked(null)} />}
    </div>
  );
}

function EnvRow({ one, onEdit, reset }: { one: EnvVar; onEdit: () => void; reset: () => Promise<string> }) {
  return (
    <tr>
      <td className="val"><b>{one.name}</b></td>
      <td className="val">{one.value === "" ? <span className="dim">empty</span> : one.value}</td>
      <td className="dim">{one.set_here ? (one.file === null ? "set here" : <>set here; the file says <code>{one.file || "nothing"}</code></>) : "shipwreck.toml"}</td>
      <td>
        <div className="actions">
          <button type="button" className="btn small" aria-label={`${one.set_here ? "Edit" : "Override"} ${one.name}`} onClick={onEdit}>{one.set_here ? "Edit" : "Override"}</button>
          {one.set_here && <Action kind="small quiet" label={one.file === null ? `Remove ${one.name}` : `Reset ${one.name} to the file`} run={reset}>{one.file === null ? "Remove" : "Reset"}</Action>}
        </div>
      </td>
    </tr>
  );
}

function SecretRow({ secret, onSet, unset }: { secret: SecretName; onSet: () => void; unset: () => Promise<string> }) {
  const now = useNow();
  return (
    <tr>
      <td><b className="val">{secret.name}</b>{secret.purpose && <><br /><span className="dim">{secret.purpose}</span></>}</td>
      <td>
        {secret.is_set ? <><span className="secret" role="img" aria-label="sealed">••••••••</span> <span className="dim">sealed{secret.set_at ? `, set ${moment(secret.set_at, now)}` : ""}</span></>
          : <StateWord shape="warn" tone={secret.wanted ? "bad" : "off"}>Not set{secret.wanted ? ", the file asks for it" : ""}</StateWord>}
      </td>
      <td className="dim">secret{secret.wanted ? "" : ", the file does not ask for it"}</td>
      <td>
        <div className="actions">
          <button type="button" className={secret.is_set ? "btn small" : "btn small primary"} aria-label={`${secret.is_set ? "Replace" : "Set"} ${secret.name}`} onClick={onSet}>{secret.is_set ? "Replace" : "Set"}</button>
          {secret.is_set && <Action kind="small quiet" label={`Remove ${secret.name}`} run={unset}>Remove</Action>}
        </div>
      </td>
    </tr>
  );
}
