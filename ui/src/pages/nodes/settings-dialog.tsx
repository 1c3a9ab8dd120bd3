// What people set about a machine: whether to rely on it, who leads first, and its labels; the way back is to leave it empty.
import { useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { Accepted, Node, NodeSettings, Reliance } from "../../api/types";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { Hint, Loading } from "../../parts/words";
import { readLabels, readPriority } from "../../words/node-settings";
import { told } from "../../words/accepted";

const RELIANCE: [Reliance | "", string, string][] = [
  ["", "As its config says", ""],
  ["anchor", "Always on", "leads and runs apps before the others"],
  ["ordinary", "Neither", ""],
  ["spare", "Often away", "a laptop, say: used when nothing else is there"],
];

interface SettingsProps { node: Pick<Node, "id" | "name">; onClose: () => void }

export function SettingsDialog({ node, onClose }: SettingsProps) {
  const { data, problem } = useFetched<NodeSettings>(`/nodes/${encodeURIComponent(node.id)}/settings`);
  return (
    <Dialog label={`Settings of ${node.name}`} onClose={onClose}>
      <h2>Settings of {node.name}</h2>
      {/* Filled once: what is typed is not lost when an answer comes again, as it does after a change of the leader. */}
      {data ? <Form node={node} first={data} onClose={onClose} /> : problem ? <Hint tone="bad">{problem.sentence}</Hint> : <Loading />}
    </Dialog>
  );
}

function Form({ node, first, onClose }: SettingsProps & { first: NodeSettings }) {
  const [machine, setMachine] = useState<Reliance | "">(first.machine ?? "");
  const [priority, setPriority] = useState(first.priority?.toString() ?? "");
  const [labels, setLabels] = useState(first.labels?.join(" ") ?? "");
  const read = { priority: readPriority(priority), labels: readLabels(labels) };
  const save = async () => {
    const body: NodeSettings = { machine: machine || null, priority: read.priority?.value ?? null, labels: read.labels?.value ?? null };
    const accepted = await send<Accepted>("PUT", `/nodes/${encodeURIComponent(node.id)}/settings`, body);
    onClose();
    return told(accepted);
  };
  return (
    <>
      <fieldset className="field gap-top"><legend className="label">Can one rely on it?</legend>
        {RELIANCE.map(([value, label, says]) => (
          <label className="check" key={value}><input type="radio" name="reliance" checked={machine === value} onChange={() => setMachine(value)} /><span>{label}{says && <span className="dim">, {says}</span>}</span></label>
        ))}
      </fieldset>
      <label className="field gap-top"><span>Priority</span>
        <input className="input mono" inputMode="numeric" value={priority} autoComplete="off" placeholder="by what it is made of" onChange={(event) => setPriority(event.target.value)} />
      </label>
      <Hint tone={read.priority ? undefined : "bad"}>The highest that is heard leads: 1 to 254. 0 never leads. Empty: Kraken works it out.</Hint>
      <label className="field gap-top"><span>Labels</span>
        <input className="input mono" value={labels} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder="camera attic" onChange={(event) => setLabels(event.target.value)} />
      </label>
      <Hint tone={read.labels ? undefined : "bad"}>Apps ask for them with <code>[place] labels</code>. Small letters, digits and hyphens.</Hint>
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>Cancel</button>
        <Action kind="primary" run={save} not={!read.priority ? "That is no priority" : !read.labels && "Those are no labels"}>Save</Action>
      </div>
    </>
  );
}
