// A set-up link was followed: the password that opens the platform is chosen here.
import { useState, type FormEvent } from "react";
import { send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import { Title } from "../../parts/page";
import { Hint } from "../../parts/words";
import { weakness } from "./password";

interface SetUpProps { token: string; platform: string | undefined; onEnter: () => void }

export function SetUp({ token, platform, onEnter }: SetUpProps) {
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const weak = weakness(password);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (busy || weak) return;
    setBusy(true);
    setProblem(null);
    send("POST", "/setup", { token, password }).then(onEnter, (error: unknown) => setProblem(asProblem(error))).finally(() => setBusy(false));
  };
  return (
    <>
      <Title tab="Set up">Choose the password</Title>
      <p className="soft">It opens the platform <b>{platform ?? "home"}</b>, on every machine of it.</p>
      <form className="stack" onSubmit={submit}>
        <input className="vh" tabIndex={-1} aria-hidden="true" autoComplete="username" defaultValue="kraken" readOnly />
        <label className="field">
          <span>New password</span>
          <input className="input" type="password" autoComplete="new-password" autoFocus value={password} aria-invalid={tried && weak !== null}
            aria-describedby="new-password-hint" onChange={(event) => setPassword(event.target.value)} />
        </label>
        <div id="new-password-hint" role="alert">
          {tried && weak && <Hint tone="bad">{weak}</Hint>}
          {problem && <Hint tone="bad">{problem.sentence}</Hint>}
        </div>
        <button type="submit" className="btn primary" aria-busy={busy}>{busy ? "Opening" : "Open the platform"}</button>
        <p className="small dim">The link that brought you here works once.</p>
      </form>
    </>
  );
}
