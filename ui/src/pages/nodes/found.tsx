// Machines of other platforms on this network: the way into theirs while this one is fresh, or a word on how they come here.
import { useId, useState, type FormEvent } from "react";
import { send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import type { FoundMachine, Handshake, Joining } from "../../api/types";
import { Shape } from "../../draw/shape";
import { Action } from "../../parts/action";
import { Panel } from "../../parts/panel";
import { Hint, Says } from "../../parts/words";
import { sentences } from "../../words/sentence";

interface FoundProps { joining: Joining; after: () => void }

export function Found({ joining, after }: FoundProps) {
  const begun = new Set(joining.handshakes.map((handshake) => handshake.node));
  const found = joining.found.filter((machine) => !begun.has(machine.node));
  if (!joining.can_join && found.length === 0) return null;
  return (
    <div className={joining.can_join ? "found" : "gap-top-l"}>
      <Panel title={joining.can_join ? "Join a platform" : "Also on this network"} aside={joining.can_join ? "this machine is alone and has no app yet" : "not of this platform"}>
        {found.length > 0 && <ul className="crew">{found.map((machine) => <Row key={machine.node} machine={machine} joining={joining} after={after} />)}</ul>}
        {joining.can_join ? <ByHand none={found.length === 0} after={after} /> : <Hint><Says text={sentences(`To let one in, run \`kraken join\` on it while it has no app`)} /></Hint>}
      </Panel>
    </div>
  );
}

function Row({ machine, joining, after }: { machine: FoundMachine; joining: Joining; after: () => void }) {
  const join = async () => {
    await send<Handshake>("POST", "/joining", { at: machine.address });
    after();
  };
  return (
    <li>
      <span className="t-sea"><Shape name="join" /></span>
      <span className="who"><b>{machine.name}</b></span>
      <span className="vit">{joining.can_join && <Action kind="small" run={join} label={`Join the platform of ${machine.name}`}>Join it</Action>}</span>
      <span className="sub">{machine.address.replace(/:7373$/, "")}, platform {machine.platform.slice(0, 8)}</span>
    </li>
  );
}

/** With a token from the other side, or at an address that is not found by itself. */
function ByHand({ none, after }: { none: boolean; after: () => void }) {
  const id = useId();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const typed = text.trim().replace(/^kraken join (--at )?/, "");
  const join = (event: FormEvent) => {
    event.preventDefault();
    if (busy || typed === "") return;
    setBusy(true);
    setProblem(null);
    send<Handshake>("POST", "/joining", isToken(typed) ? { token: typed } : { at: typed })
      .then(() => { setText(""); after(); }, (error: unknown) => setProblem(asProblem(error)))
      .finally(() => setBusy(false));
  };
  return (
    <form className="gap-top" onSubmit={join}>
      <label className="field" htmlFor={id}><span>{none ? "No other platform is found yet. Its address, or an invite from it" : "Or an address, or an invite"}</span></label>
      <div className="urlbar">
        <input id={id} className="input mono" value={text} autoComplete="off" autoCapitalize="none" spellCheck={false} placeholder="192.168.1.20" onChange={(event) => setText(event.target.value)} />
        <button type="submit" className="btn" aria-disabled={typed === "" || busy} aria-busy={busy}>Join it</button>
      </div>
      <div role="alert">{problem && <Hint tone="bad">{problem.sentence}</Hint>}</div>
    </form>
  );
}

/** An invite is a key's fingerprint, a dot and a secret: far longer than any address. */
export function isToken(text: string): boolean {
  return /^[a-z0-9]{20,}\.[a-z0-9]{20,}$/i.test(text);
}
