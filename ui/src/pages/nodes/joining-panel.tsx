// A machine wants to be one platform with this one: the six digits, where the others are, and yes or no.
import { send } from "../../api/http";
import type { Handshake } from "../../api/types";
import { Shape } from "../../draw/shape";
import { Action } from "../../parts/action";
import { Note } from "../../parts/panel";
import { useNow } from "../../parts/now";
import { Says } from "../../parts/words";
import { asksHere, handshakeSays, handshakeTitle, isOpen, otherName, shownCode, spokenCode } from "../../words/joining";
import { stopwatch } from "../../words/time";

interface JoiningProps { handshake: Handshake; after: () => void }

export function JoiningPanel({ handshake, after }: JoiningProps) {
  if (!isOpen(handshake)) return <Ended handshake={handshake} />;
  const answer = (word: "approve" | "refuse") => async () => {
    await send<Handshake>("POST", `/joining/${encodeURIComponent(handshake.id)}/${word}`);
    after();
  };
  const title = handshakeTitle(handshake);
  return (
    <section className="panel pair" aria-label={title}>
      <div>
        <h2><Shape name={handshake.state === "comparing" ? "join" : "work"} />{title}</h2>
        <p><Says text={handshakeSays(handshake)} /></p>
        {handshake.state === "comparing" && <Left until={handshake.until} yesThere={handshake.yes_there} name={otherName(handshake)} />}
      </div>
      {handshake.code && <p className="code num" role="img" aria-label={`Pairing code ${spokenCode(handshake.code)}`}>{shownCode(handshake.code)}</p>}
      {asksHere(handshake) && (
        <div className="actions">
          <Action kind="primary" run={answer("approve")}>{handshake.part === "joiner" ? `Same digits, join ${handshake.platform ?? "it"}` : "Same digits, let it in"}</Action>
          <Action kind="quiet" run={answer("refuse")}>{handshake.part === "joiner" ? "Stay alone" : "Not mine"}</Action>
        </div>
      )}
      {handshake.state === "comparing" && handshake.yes_here && <div className="actions"><Action kind="quiet" run={answer("refuse")}>Take the yes back</Action></div>}
    </section>
  );
}

function Left({ until, yesThere, name }: { until: string; yesThere: boolean; name: string }) {
  const now = useNow(1000);
  const left = Date.parse(until) - now;
  return <p className="small dim">{yesThere && `${name} has its yes. `}{left > 0 && <>The digits are good for <span className="num">{stopwatch(left)}</span>.</>}</p>;
}

function Ended({ handshake }: { handshake: Handshake }) {
  const joined = handshake.state === "joined";
  const next = joined && handshake.part === "joiner" ? `Sign in with the password of ${handshake.platform ?? "that platform"}.` : handshake.next;
  return <Note tone={joined ? "run" : "off"} shape={joined ? "done" : "stop"} title={handshakeTitle(handshake)} why={handshake.reason || null} next={next} />;
}
