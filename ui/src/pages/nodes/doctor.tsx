// What does the doctor say? First what is not well, with the next step; then, close together, all that is.
import { useFetched } from "../../api/live";
import type { Check } from "../../api/types";
import { Shape } from "../../draw/shape";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading, Says, StateWord } from "../../parts/words";
import { count } from "../../words/amount";
import { sentences } from "../../words/sentence";

const RANK = { failed: 0, warning: 1, ok: 2 } as const;

/** `of`: whose, where there are several machines; it looks at the one that answers. */
export function Doctor({ of }: { of: string | null }) {
  const { data, problem, refetch } = useFetched<Check[]>("/doctor");
  return (
    <div className="gap-top-l">
      <Panel title={of ? `Doctor of ${of}` : "Doctor"} aside={<button type="button" className="btn small" onClick={refetch}>Look again</button>}>
        {problem && !data ? <ProblemNote problem={problem} /> : !data ? <Loading /> : <Checks checks={data} />}
      </Panel>
    </div>
  );
}

function Checks({ checks }: { checks: Check[] }) {
  const ill = checks.filter((check) => check.state !== "ok").sort((a, b) => RANK[a.state] - RANK[b.state]);
  const well = checks.filter((check) => check.state === "ok");
  return (
    <>
      {ill.map((check) => (
        <div className="row" key={check.name}>
          <div><h3>{check.name}</h3><p><Says text={sentences(check.says, check.next)} /></p></div>
          {check.state === "failed" ? <StateWord shape="bad" tone="bad">Not well</StateWord> : <StateWord shape="warn" tone="work">Look at it</StateWord>}
        </div>
      ))}
      {well.length > 0 && (
        <section className="well-list" aria-labelledby="all-well">
          <h3 id="all-well" className="t-run">{ill.length === 0 ? "All is well" : `${count(well.length, "thing is", "things are")} well`}</h3>
          <ul>{well.map((check) => <li key={check.name}><span className="t-run"><Shape name="done" /></span><p><b>{check.name}.</b> <Says text={sentences(check.says)} /></p></li>)}</ul>
        </section>
      )}
    </>
  );
}
