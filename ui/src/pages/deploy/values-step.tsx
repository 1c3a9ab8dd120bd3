// Env values and secrets that are there from the first start.
import { useEffect, useState } from "react";
import type { Inspection } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Hint } from "../../parts/words";
import { listed } from "../../words/amount";
import { withFile, type Draft, type EnvRow } from "./draft";
import { Step } from "./step";

interface ValuesProps { draft: Draft; inspection: Inspection; edit: (change: Partial<Draft>) => void }

export function ValuesStep({ draft, inspection, edit }: ValuesProps) {
  const [nextKey, setNextKey] = useState(1);
  const known = JSON.stringify(inspection.env);
  // The file's own values stand in the form, ready to be changed; what is unchanged is not sent.
  useEffect(() => {
    const env = withFile(draft.env, JSON.parse(known) as Record<string, string>, nextKey);
    if (JSON.stringify(env) === JSON.stringify(draft.env)) return;
    setNextKey((key) => key + env.length);
    edit({ env });
    // Only a new answer changes rows; removing one by hand must not bring it back.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [known]);
  const change = (key: number, part: Partial<EnvRow>) => edit({ env: draft.env.map((row) => (row.key === key ? { ...row, ...part } : row)) });
  const add = () => {
    edit({ env: [...draft.env, { key: nextKey, name: "", value: "" }] });
    setNextKey(nextKey + 1);
  };
  const unset = inspection.secrets.filter((name) => !draft.secrets[name]);
  return (
    <Step number={4} title="Env and secrets" standing={unset.length > 0 && !inspection.app?.exists ? "warn" : "open"}>
      {draft.env.map((row) => (
        <div className="kv" key={row.key}>
          <input className="input mono" value={row.name} aria-label="Name" placeholder="NAME" readOnly={row.name in inspection.env} autoCapitalize="none" autoComplete="off" spellCheck={false} onChange={(event) => change(row.key, { name: event.target.value })} />
          <input className="input mono" value={row.value} aria-label={`Value of ${row.name || "the new name"}`} placeholder="value" autoCapitalize="none" autoComplete="off" spellCheck={false} onChange={(event) => change(row.key, { value: event.target.value })} />
          {row.name in inspection.env ? <span className="mid small" title="From shipwreck.toml">file</span>
            : <button type="button" className="btn icon quiet" aria-label={`Remove ${row.name || "this row"}`} onClick={() => edit({ env: draft.env.filter((one) => one.key !== row.key) })}><Icon name="x" /></button>}
        </div>
      ))}
      {inspection.secrets.map((name) => (
        <div className="kv" key={name}>
          <input className="input mono" value={name} readOnly aria-label="Name of a secret" />
          <input className="input mono" type="password" autoComplete="off" placeholder={inspection.app?.exists ? "stays as it is" : "asked for by the file"} aria-label={`Value of ${name}, secret`} value={draft.secrets[name] ?? ""}
            onChange={(event) => edit({ secrets: { ...draft.secrets, [name]: event.target.value } })} />
          <span className="mid" title="Sealed: nobody can read it back"><Icon name="lock" /></span>
        </div>
      ))}
      {unset.length > 0 && !inspection.app?.exists && <Hint tone="warn">Without {listed(unset)} the deployment stops at Validating.</Hint>}
      <p className="gap-top"><button type="button" className="btn small quiet" onClick={add}><Icon name="plus" small />Add a value</button></p>
    </Step>
  );
}
