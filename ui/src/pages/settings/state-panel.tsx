// The whole state as a readable file: saved, checked, and taken back in.
import { useRef, useState, type ChangeEvent } from "react";
import { get, send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import { Action } from "../../parts/action";
import { Panel } from "../../parts/panel";
import { Hint } from "../../parts/words";
import { saveFile } from "../app/log-download";

interface Checked { name: string; document: unknown; message: string }

export function StatePanel() {
  const picker = useRef<HTMLInputElement>(null);
  const [checked, setChecked] = useState<Checked | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async () => {
    const state = await get<unknown>("/state/export");
    saveFile(`kraken-state-${new Date().toISOString().slice(0, 10)}.json`, "application/json", JSON.stringify(state, null, 2));
    return "Saved. Secrets in it are sealed.";
  };
  const pick = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    setChecked(null);
    setProblem(null);
    if (!file) return;
    try {
      const document: unknown = JSON.parse(await file.text());
      const { message } = await send<{ message: string }>("POST", "/state/import?check=1", document);
      setChecked({ name: file.name, document, message });
    } catch (error) {
      setProblem(asProblem(error instanceof SyntaxError ? new Error(`${file.name} is no JSON: ${error.message}.`) : error));
    }
  };
  const take = async () => {
    if (!checked) return;
    const { message } = await send<{ message: string }>("POST", "/state/import", checked.document);
    setChecked(null);
    return message;
  };
  return (
    <Panel title="State" aside="apps, settings and versions as readable JSON">
      <div className="row"><div><h3>Save to a file</h3><p>Secrets stay sealed in it. The last 20 states are kept on the machine as well.</p></div><Action run={save}>Save the state</Action></div>
      <div className="row">
        <div>
          <h3>Take from a file</h3><p>It is checked first; nothing changes until you say so.</p>
          <div aria-live="polite">
            {problem && <Hint tone="bad">{problem.sentence || problem.message}</Hint>}
            {checked && <Hint tone="ok">{checked.name}: {checked.message}</Hint>}
          </div>
        </div>
        <div className="actions">
          <input ref={picker} className="vh" type="file" accept="application/json,.json" tabIndex={-1} aria-label="State file" onChange={(event) => void pick(event)} />
          <button type="button" className="btn" onClick={() => picker.current?.click()}>Choose a file</button>
          {checked && <Action kind="danger" run={take}>Take it in</Action>}
        </div>
      </div>
    </Panel>
  );
}
