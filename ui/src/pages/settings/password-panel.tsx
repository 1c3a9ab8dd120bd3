// A new password, after the old one.
import { useState, type FormEvent } from "react";
import { send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import { Panel } from "../../parts/panel";
import { useVoice } from "../../parts/say";
import { Hint } from "../../parts/words";
import { weakness } from "../door/password";

export function PasswordPanel() {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const { say } = useVoice();
  const weak = password === "" ? null : weakness(password);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (weakness(password)) return;
    send("PUT", "/password", { current, password }).then(() => {
      setCurrent("");
      setPassword("");
      setProblem(null);
      say("The new password is set.");
    }, (error: unknown) => setProblem(asProblem(error)));
  };
  return (
    <Panel title="Password">
      <form onSubmit={submit}>
        <input className="vh" tabIndex={-1} aria-hidden="true" autoComplete="username" defaultValue="kraken" readOnly />
        <div className="two">
          <label className="field"><span>Password now</span><input className="input" type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} /></label>
          <label className="field"><span>New password</span><input className="input" type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} /></label>
        </div>
        <div role="alert">{weak && <Hint tone="bad">{weak}</Hint>}{problem && <Hint tone="bad">{problem.sentence}</Hint>}</div>
        <div className="actions gap-top"><button type="submit" className="btn" aria-disabled={current === "" || password === "" || weak !== null}>Change the password</button></div>
      </form>
    </Panel>
  );
}
