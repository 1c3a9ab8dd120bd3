// Before a machine is removed for good, dead or alive: what goes, what stays, which values to change, and its name typed by hand.
import { useId, useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { Accepted, KnownValue, Node, NodeRemoval } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Shape } from "../../draw/shape";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { Link } from "../../parts/link";
import { Hint, Loading, Says } from "../../parts/words";
import { appRoute } from "../../route";
import { listed } from "../../words/amount";
import { told } from "../../words/accepted";

interface RemoveProps { node: Pick<Node, "id" | "name">; onClose: () => void }

export function RemoveDialog({ node, onClose }: RemoveProps) {
  const path = `/nodes/${encodeURIComponent(node.id)}`;
  const { data, problem } = useFetched<NodeRemoval>(`${path}/removal`);
  const [removed, setRemoved] = useState<KnownValue[] | null>(null);
  const remove = async () => {
    const accepted = await send<Accepted>("DELETE", path, { confirm: node.name });
    const known = data?.to_change ?? [];
    if (known.length === 0) onClose();
    else setRemoved(known);
    return told(accepted);
  };
  return (
    <Dialog label={`Remove ${node.name}`} alert onClose={onClose}>
      {removed ? <ToChange name={node.name} values={removed} onClose={onClose} />
        : <Ask name={node.name} removal={data} problem={problem?.sentence ?? null} remove={remove} onClose={onClose} />}
    </Dialog>
  );
}

interface AskProps { name: string; removal: NodeRemoval | null; problem: string | null; remove: () => Promise<string>; onClose: () => void }

function Ask({ name, removal, problem, remove, onClose }: AskProps) {
  const typing = useId();
  const [typed, setTyped] = useState("");
  return (
    <>
      <h2>Remove {name}?</h2>
      {problem ? <Hint tone="bad">{problem}</Hint> : !removal ? <Loading /> : (
        <>
          <ul className="goes">
            {removal.goes.map((line) => <li key={line}><span className="t-bad"><Icon name="trash" small /></span><span><Says text={line} /></span></li>)}
            {removal.stays.map((line) => <li key={line}><span className="t-run"><Shape name="done" /></span><span><Says text={line} /></span></li>)}
          </ul>
          {removal.apps.length > 0 && <Hint tone="bad">{listed(removal.apps)} {removal.apps.length === 1 ? "has its" : "have their"} data there and cannot run without it.</Hint>}
          {removal.to_change.length > 0 && <Hint tone="warn">It could read {removal.to_change.length === 1 ? "one sealed value" : `${removal.to_change.length} sealed values`}. Kraken seals them anew; where they came from, only you can change them. The list comes next.</Hint>}
        </>
      )}
      <label className="field gap-top" htmlFor={typing}><span>Type <b className="mono">{name}</b> to confirm</span></label>
      <input id={typing} className="input mono" value={typed} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      <div className="actions">
        <button type="button" className="btn" data-focus onClick={onClose}>Keep it</button>
        <Action kind="destroy" run={remove} not={!removal ? "Not ready yet" : typed !== name && `Type ${name} first`}>Remove {name}</Action>
      </div>
    </>
  );
}

/** What a stolen machine could know: shown once it is out, until somebody has read it. */
function ToChange({ name, values, onClose }: { name: string; values: KnownValue[]; onClose: () => void }) {
  return (
    <>
      <h2>{name} is out. Change what it knew</h2>
      <p className="soft gap-top">If somebody else has it, change these where they came from, then set the new ones here.</p>
      <ul className="goes">
        {values.map((value) => (
          <li key={`${value.app ?? ""} ${value.name}`}>
            <span className="t-work"><Icon name="key" small /></span>
            <span><code>{value.name}</code>{value.app && <> of <Link to={appRoute(value.app, "env")}>{value.app}</Link></>}</span>
          </li>
        ))}
      </ul>
      <div className="actions"><button type="button" className="btn primary" data-focus onClick={onClose}>I have the list</button></div>
    </>
  );
}
