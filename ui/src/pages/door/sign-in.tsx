// Signing in: one password, and what a wrong one means.
import { useState, type FormEvent } from "react";
import { send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import { Title } from "../../parts/page";
import { Hint } from "../../parts/words";

export function SignIn({ platform, onEnter }: { platform: string; onEnter: () => void }) {
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (busy || password === "") return;
    setBusy(true);
    setProblem(null);
    send("POST", "/session", { password }).then(onEnter, (error: unknown) => setProblem(asProblem(error))).finally(() => setBusy(false));
  };
  return (
    <>
      <Title tab="Sign in">Welcome home</Title>
      <p className="soft">Sign in to the platform <b>{platform}</b>.</p>
      <form className="stack" onSubmit={submit}>
        <input className="vh" tabIndex={-1} aria-hidden="true" autoComplete="username" defaultValue="kraken" readOnly />
        <label className="field">
          <span>Password</span>
          <input className="input" type="password" autoComplete="current-password" autoFocus required value={password} aria-invalid={problem !== null}
            aria-describedby="password-hint" onChange={(event) => setPassword(event.target.value)} />
        </label>
        <div id="password-hint" role="alert">{problem && <Hint tone="bad">{problem.sentence}</Hint>}</div>
        <button type="submit" className="btn primary" aria-busy={busy}>{busy ? "Signing in" : "Sign in"}</button>
        <p className="small dim">Forgot it? On the machine, run <code>kraken login --reset</code>. It prints a link that lets you set a new one.</p>
      </form>
    </>
  );
}
