// The app at a glance: what matters now, its last deployment, where to open it, and why it is where it is.
import type { App } from "../../api/types";
import { useHouse } from "../../api/live";
import { Link } from "../../parts/link";
import { Panel } from "../../parts/panel";
import { Timeline } from "../../parts/timeline";
import { Hint, StateWord } from "../../parts/words";
import { deploymentLook, deploymentTitle } from "../../words/deployment";
import { whoWord } from "../../words/audit";
import { clockOf } from "../../words/time";
import { Before, Facts, Notes, OpenIt, Why } from "./overview-side";
import { StateBanner } from "./state-banner";

export function OverviewTab({ app }: { app: App }) {
  const house = useHouse();
  const kept = app.deployments[0];
  const last = kept && (house.deployments[kept.id] ?? kept);
  return (
    <div className="wrap cols">
      <div className="stack-l">
        <StateBanner app={app} last={last} />
        {app.one_copy && house.nodes.length > 1 && <Hint tone="warn">Its newest changes are saved on one machine only, until another one that is heard has them too.</Hint>}
        {last && (
          <Panel title={deploymentTitle(last, last.version_number ? "" : app.name).replace(/ {2,}/g, " ")}
            beside={<StateWord {...deploymentLook(last.state)}>{deploymentLook(last.state).word}</StateWord>}
            aside={<>{clockOf(last.asked_at)}{last.ended_at && ` to ${clockOf(last.ended_at)}`}, asked for by {last.asked_by === "session" ? "you" : whoWord(last.asked_by)}. <Link to={{ page: "deployment", id: last.id }}>Log</Link></>}>
            <Timeline deployment={last} usual={app.usual_ms} wide />
          </Panel>
        )}
        <Notes app={app} />
      </div>
      <aside className="stack-l" aria-label="At a glance">
        <OpenIt app={app} />
        <Why app={app} />
        <Facts app={app} />
        <Before app={app} />
      </aside>
    </div>
  );
}
