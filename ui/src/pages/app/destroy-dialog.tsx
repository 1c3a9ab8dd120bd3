// Before an app is destroyed: what goes, what stays, and its name typed by hand.
import { useId, useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { Accepted, App, Destruction } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Shape } from "../../draw/shape";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { usePlace } from "../../parts/link";
import { Hint, Loading, Says } from "../../parts/words";
import { bytes, listed } from "../../words/amount";
import { told } from "../../words/accepted";

export function DestroyDialog({ app, onClose }: { app: Pick<App, "id" | "name">; onClose: () => void }) {
  const { go } = usePlace();
  const typing = useId();
  const { data, problem } = useFetched<Destruction>(`/apps/${encodeURIComponent(app.id)}/destruction`);
  const [volumesToo, setVolumesToo] = useState(false);
  const [typed, setTyped] = useState("");
  const destroy = async () => {
    const accepted = await send<Accepted>("DELETE", `/apps/${encodeURIComponent(app.id)}`, { confirm: app.name, volumes: volumesToo ? "delete" : "keep" });
    onClose();
    go({ page: "home" });
    return told(accepted);
  };
  return (
    <Dialog label={`Destroy ${app.name}`} alert onClose={onClose}>
      <h2>Destroy {app.name}?</h2>
      {problem ? <Hint tone="bad">{problem.sentence}</Hint> : !data ? <Loading /> : (
        <>
          <ul className="goes">
            {data.goes.map((line) => <li key={line}><span className="t-bad"><Icon name="trash" small /></span><span><Says text={line} /></span></li>)}
            {data.stays.map((line) => <li key={line}><span className="t-run"><Shape name="done" /></span><span><Says text={line} /></span></li>)}
          </ul>
          {data.volumes.length > 0 && (
            <label className="check">
              <input type="checkbox" checked={volumesToo} onChange={(event) => setVolumesToo(event.target.checked)} />
              <span>Delete {listed(data.volumes.map((v) => `the volume ${v.name}${v.size_bytes ? ` (${bytes(v.size_bytes)})` : ""}`))} too. This cannot be undone.</span>
            </label>
          )}
        </>
      )}
      <label className="field gap-top" htmlFor={typing}><span>Type <b className="mono">{app.name}</b> to confirm</span></label>
      <input id={typing} className="input mono" value={typed} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      <div className="actions">
        <button type="button" className="btn" data-focus onClick={onClose}>Keep it</button>
        <Action kind="destroy" run={destroy} not={!data ? "Not ready yet" : typed !== app.name && `Type ${app.name} first`}>Destroy {app.name}</Action>
      </div>
    </Dialog>
  );
}
