// Where is it? The address, whether it was reached, and how to be let in.
import { useState } from "react";
import { send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import { Action } from "../../parts/action";
import { Copy } from "../../parts/copy";
import { Hint, Says } from "../../parts/words";
import { count } from "../../words/amount";
import { duration } from "../../words/time";
import { isSsh, looksLikeAddress, type Draft } from "./draft";
import type { Looked } from "./inspection";
import { Step } from "./step";

/** Problems that no token and no key can cure; Git hosts hide most others behind "not found". */
const NOT_ABOUT_RIGHTS = new Set(["bad-address", "bad-commit", "missing-branch", "host-key-changed", "unreachable", "source-unreachable", "internal", "only-here"]);

interface SourceProps { draft: Draft; looked: Looked; edit: (change: Partial<Draft>) => void }

export function SourceStep({ draft, looked, edit }: SourceProps) {
  const { inspection, problem, busy } = looked;
  const private_ = problem !== null && !NOT_ABOUT_RIGHTS.has(problem.kind);
  const ssh = isSsh(draft.url);
  return (
    <Step number={1} title="Where is it?" standing={problem ? "bad" : inspection ? "ok" : "open"}>
      <label className="field">
        <span>Git address</span>
        <input className="input mono" value={draft.url} autoFocus={!draft.url} spellCheck={false} autoCapitalize="none" autoComplete="off" inputMode="url" placeholder="https://github.com/you/notes"
          aria-describedby="source-says" onChange={(event) => edit({ url: event.target.value, reference: { kind: "default" }, manifest: null })} />
      </label>
      <div id="source-says" aria-live="polite"><Reached looked={looked} typed={draft.url} /></div>
      {problem && !busy && <p className="gap-top"><button type="button" className="btn small" onClick={looked.again}>Look again</button></p>}
      {problem?.kind === "host-key-changed" && <Hint>If the host really was set up anew, forget its old key in Settings, then try again.</Hint>}
      {!busy && ssh && (private_ || inspection?.public_key) && <DeployKey url={draft.url} known={inspection?.public_key ?? null} />}
      {!ssh && (
        <details open={private_ || draft.token !== "" || undefined}>
          <summary>It is private</summary>
          <label className="field">
            <span>Access token</span>
            <input className="input mono" type="password" autoComplete="off" value={draft.token} onChange={(event) => edit({ token: event.target.value })} />
          </label>
          <Hint>A token that may read this repository, from your Git host's settings. It is kept sealed and shown nowhere. Or use the ssh address: Kraken then makes a deploy key.</Hint>
        </details>
      )}
    </Step>
  );
}

function Reached({ looked: { inspection, problem, busy, tookMs }, typed }: { looked: Looked; typed: string }) {
  if (busy && !inspection) return <Hint>Looking…</Hint>;
  if (problem) return <Hint tone="bad"><Says text={problem.sentence} /></Hint>;
  if (inspection) {
    const host = inspection.host_key;
    return (
      <>
        <Hint tone="ok">Reached in {duration(tookMs)}. {count(inspection.branches.length, "branch", "branches")}{inspection.tags.length > 0 && `, ${count(inspection.tags.length, "tag")}`}.</Hint>
        {host?.new && <Hint tone="warn"><span>First visit to {host.host}. Its key is <code>{host.fingerprint}</code>; it is remembered from now on.</span></Hint>}
      </>
    );
  }
  const text = typed.trim();
  return text && !looksLikeAddress(text) ? <Hint>An address such as <code>https://host/owner/repository</code> or <code>git@host:owner/repository</code>.</Hint> : null;
}

function DeployKey({ url, known }: { url: string; known: string | null }) {
  const [made, setMade] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const key = known ?? made;
  const make = () => send<{ public_key: string }>("POST", "/sources/keys", { url: url.trim() }).then((answer) => { setMade(answer.public_key); setProblem(null); }, (error: unknown) => setProblem(asProblem(error)));
  return (
    <div className="pubkey">
      <b>Deploy key</b>
      {key ? <><code>{key}</code><Copy text={key} what="the deploy key" /><Hint>Add it at your Git host as a deploy key with read access, then look again.</Hint></>
        : <><p className="soft">Kraken can make a key for this one repository.</p><div className="gap-top"><Action kind="small" run={make}>Make a deploy key</Action></div></>}
      {problem && <Hint tone="bad">{problem.sentence}</Hint>}
    </div>
  );
}
