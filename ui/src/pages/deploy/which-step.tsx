// Which version of it? Branch or tag, and the folder in it.
import type { Inspection } from "../../api/types";
import { Hint } from "../../parts/words";
import { useNow } from "../../parts/now";
import { shortCommit } from "../../words/amount";
import { moment } from "../../words/time";
import { readReferenceKey, referenceKey, type Draft } from "./draft";
import { Step } from "./step";

interface WhichProps { draft: Draft; inspection: Inspection; edit: (change: Partial<Draft>) => void }

export function WhichStep({ draft, inspection, edit }: WhichProps) {
  const now = useNow();
  const { commit } = inspection;
  const asked = referenceKey(draft.reference);
  const options = new Set(["default", ...inspection.branches.map((one) => `branch ${one.name}`), ...inspection.tags.map((one) => `tag ${one.name}`)]);
  return (
    <Step number={2} title="Which version of it?" standing="ok">
      <div className="two">
        <label className="field">
          <span>Branch or tag</span>
          <select className="input" value={asked} onChange={(event) => edit({ reference: readReferenceKey(event.target.value), manifest: null })}>
            <option value="default">Default{inspection.default_branch ? ` (${inspection.default_branch})` : ""}</option>
            {!options.has(asked) && <option value={asked}>{asked}</option>}
            <optgroup label="Branches">{inspection.branches.map((one) => <option key={one.name} value={`branch ${one.name}`}>{one.name}</option>)}</optgroup>
            {inspection.tags.length > 0 && <optgroup label="Tags">{inspection.tags.map((one) => <option key={one.name} value={`tag ${one.name}`}>{one.name}</option>)}</optgroup>}
          </select>
        </label>
        <label className="field">
          <span>Folder in it</span>
          <input className="input mono" value={draft.root} placeholder="the whole repository" spellCheck={false} autoCapitalize="none" autoComplete="off"
            onChange={(event) => edit({ root: event.target.value, manifest: null })} />
        </label>
      </div>
      <Hint>
        <code>{shortCommit(commit.id)}</code>{commit.summary && ` "${commit.summary}"`}{[commit.author ? `, ${commit.author}` : "", commit.at ? `, ${moment(commit.at, now)}` : ""].join("")}
      </Hint>
    </Step>
  );
}
