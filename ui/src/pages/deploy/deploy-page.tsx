// From a Git address to a running app: what is there, what will run, with which values, and Deploy.
import { useState } from "react";
import { newKey, send } from "../../api/http";
import { useContact } from "../../api/live";
import { asProblem, type Problem } from "../../api/problem";
import type { Accepted, Inspection } from "../../api/types";
import { Icon } from "../../draw/icon";
import { ManifestEditor } from "../../parts/manifest-editor";
import { PageHead } from "../../parts/page";
import { usePlace } from "../../parts/link";
import { Hint, Says } from "../../parts/words";
import { shortCommit } from "../../words/amount";
import { sentences } from "../../words/sentence";
import { emptyDraft, obstacle, order, question, type Draft } from "./draft";
import { useFindings, useInspection } from "./inspection";
import { PlaceStep } from "./place-step";
import { RunStep } from "./run-step";
import { SourceStep } from "./source-step";
import { ValuesStep } from "./values-step";
import { WhichStep } from "./which-step";

export function DeployPage({ url }: { url?: string }) {
  const [draft, setDraft] = useState<Draft>(() => emptyDraft(url));
  const looked = useInspection(question(draft));
  const { inspection } = looked;
  const findings = useFindings(draft.manifest, inspection?.findings ?? looked.problem?.findings ?? []);
  const edit = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const text = draft.manifest ?? inspection?.manifest.text ?? null;
  return (
    <div className="wrap">
      <PageHead title="Deploy an app" tab="Deploy" says="From a Git address to one that every phone in the house can open." />
      <div className="cols deploy-cols">
        <section className="panel" aria-label="New app">
          <ol className="body">
            <SourceStep draft={draft} looked={looked} edit={edit} />
            {inspection && <WhichStep draft={draft} inspection={inspection} edit={edit} />}
            {inspection && <RunStep draft={draft} inspection={inspection} findings={findings} edit={edit} />}
            {inspection && <ValuesStep draft={draft} inspection={inspection} edit={edit} />}
            {inspection && <PlaceStep draft={draft} inspection={inspection} edit={edit} />}
          </ol>
          <Submit draft={draft} inspection={looked.busy ? null : inspection} not={looked.busy ? "Still looking" : looked.problem ? "The repository has to be reached first" : obstacle(inspection, findings)} />
        </section>
        {text === null ? <Ways /> : (
          <section className="manifest" aria-labelledby="manifest">
            <div className="sec"><h2 id="manifest">shipwreck.toml</h2><span className="aside">{inspection ? `at ${shortCommit(inspection.commit.id)}, ` : ""}checked as you type</span></div>
            {inspection?.manifest.why && inspection.manifest.text && draft.manifest === null && <Hint><Says text={sentences("The repository has none. This one would fit", inspection.manifest.why)} /></Hint>}
            <ManifestEditor text={text} findings={findings} onEdit={(manifest) => edit({ manifest })} foot="Your changes are used for this app; the repository stays as it is." />
            {draft.manifest !== null && <p className="gap-top"><button type="button" className="btn small quiet" onClick={() => edit({ manifest: null })}>Back to what the repository says</button></p>}
          </section>
        )}
      </div>
    </div>
  );
}

/** Beside the form while there is no file to show: what Kraken makes of a repository, and the other way in. */
function Ways() {
  return (
    <section className="ways soft" aria-labelledby="ways">
      <h2 id="ways">What Kraken needs</h2>
      <p>A repository with a <code>shipwreck.toml</code>, or one it can tell by itself: Node, Python, a static page, a Dockerfile. The file then stands here, checked as you type.</p>
      <p>From a folder instead, on the command line: <code>kraken deploy .</code></p>
    </section>
  );
}

function Submit({ draft, inspection, not }: { draft: Draft; inspection: Inspection | null; not: string | null }) {
  const { go } = usePlace();
  const { since } = useContact();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  // One key per filled-in form: a second press after a lost answer is the same deployment.
  const [key, setKey] = useState({ of: draft, key: newKey() });
  const reason = since !== null ? "No contact with the machine" : not;
  const name = inspection?.app?.name;
  const deploy = async () => {
    if (busy || reason || !inspection) return;
    const mine = key.of === draft ? key : { of: draft, key: newKey() };
    setKey(mine);
    setBusy(true);
    setProblem(null);
    try {
      const accepted = await send<Accepted>("POST", "/apps", order(draft, inspection), mine.key);
      go(accepted.deployment ? { page: "deployment", id: accepted.deployment } : { page: "app", app: accepted.app ?? inspection.app?.id ?? "", tab: "overview" });
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="submit">
      <div role="alert">{problem && <Hint tone="bad">{problem.sentence}</Hint>}</div>
      <p>{reason ?? <><b>{name}</b> at <code>{shortCommit(inspection?.commit.id ?? "")}</code></>}</p>
      <button type="button" className="btn primary" aria-disabled={busy || reason !== null} aria-busy={busy} onClick={() => void deploy()}>
        <Icon name="deploy" />{verb(inspection)} {name ?? "app"}
      </button>
    </div>
  );
}

function verb(inspection: Inspection | null): string {
  return inspection?.app?.exists ? "Update" : "Deploy";
}
