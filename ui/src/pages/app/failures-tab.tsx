// What failed or was cancelled before: when, at which step, why, and its last lines. The last hundred of each are kept.
import { useFetched } from "../../api/live";
import type { App, Failure } from "../../api/types";
import { Link } from "../../parts/link";
import { useNow } from "../../parts/now";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading, Says, StateWord } from "../../parts/words";
import { count } from "../../words/amount";
import { phaseWord } from "../../words/deployment";
import { begun, sentences } from "../../words/sentence";
import { moment } from "../../words/time";

export function FailuresTab({ app }: { app: App }) {
  const { data, problem } = useFetched<Failure[]>(`/apps/${encodeURIComponent(app.id)}/failures`, (event) => event.name === "deployment" && event.data.app === app.id);
  return (
    <div className="wrap cols one">
      {problem && !data && <ProblemNote problem={problem} />}
      <Panel title="Failures" aside="the last 100 failed and 100 cancelled are kept">
        {!data ? <Loading /> : data.length === 0 ? <p className="soft">Nothing has failed. May it stay so.</p> : data.map((failure) => <Row key={failure.deployment} failure={failure} />)}
      </Panel>
    </div>
  );
}

function Row({ failure }: { failure: Failure }) {
  const now = useNow();
  const failed = failure.kind === "failed";
  return (
    <div className="row">
      <div>
        <h3 className="with-state">
          <StateWord shape={failed ? "bad" : "stop"} tone={failed ? "bad" : "off"}>{failed ? "Failed" : "Cancelled"}</StateWord>
          <span>{failure.version_number ? `v${failure.version_number}, ` : ""}at {phaseWord(failure.step).toLowerCase()}</span><span className="dim">{moment(failure.at, now)}</span>
        </h3>
        <p><Says text={begun(sentences(failure.reason, failure.next))} /></p>
        {failure.log_tail.length > 0 && <details><summary className="small">Its last {failure.log_tail.length === 1 ? "line" : count(failure.log_tail.length, "line")}</summary><pre className="tail">{failure.log_tail.join("\n")}</pre></details>}
      </div>
      <Link className="btn small" to={{ page: "deployment", id: failure.deployment }}>See it</Link>
    </div>
  );
}
