// What was changed on two sides while they did not hear each other: both changes side by side, and which one shall count.
import { send } from "../../api/http";
import { useHouse, useReload } from "../../api/live";
import type { Accepted, Conflict, ConflictSide } from "../../api/types";
import { Shape } from "../../draw/shape";
import { Action } from "../../parts/action";
import { Link } from "../../parts/link";
import { useNow } from "../../parts/now";
import { PageHead } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Loading, Says } from "../../parts/words";
import { appRoute } from "../../route";
import { moment } from "../../words/time";
import { told } from "../../words/accepted";

export function ConflictsPage() {
  const { conflicts, loaded } = useHouse();
  return (
    <div className="wrap">
      <PageHead title="Changed on two sides" tab="Conflicts" says="Machines that did not hear each other took different changes. The newer one counts until you choose; nothing of the other is lost." />
      {!loaded ? <Loading rows={3} tall /> : conflicts.length === 0 ? (
        <p className="soft">No change waits for you. <Link to={{ page: "home" }}>Go home</Link></p>
      ) : <div className="cols one">{conflicts.map((conflict) => <Choice key={conflict.object} conflict={conflict} />)}</div>}
    </div>
  );
}

function Choice({ conflict }: { conflict: Conflict }) {
  const reload = useReload();
  const settle = (side: ConflictSide) => async () => {
    const accepted = await send<Accepted>("POST", "/conflicts/settle", { object: conflict.object, revision: side.revision });
    reload();
    return told(accepted);
  };
  return (
    <Panel title={conflict.what} aside={conflict.app ? <Link to={appRoute(conflict.app)}>{conflict.app}</Link> : undefined}>
      <ul className="sides">
        <Side side={conflict.kept} inForce settle={settle} />
        {conflict.others.map((side) => <Side key={side.revision} side={side} settle={settle} />)}
      </ul>
    </Panel>
  );
}

interface SideProps { side: ConflictSide; inForce?: boolean; settle: (side: ConflictSide) => () => Promise<string> }

function Side({ side, inForce = false, settle }: SideProps) {
  const now = useNow();
  return (
    <li className={inForce ? "side kept" : "side"}>
      <h3 className="with-state">
        <span className={`state ${inForce ? "t-run" : "t-off"}`}><Shape name={inForce ? "done" : "queue"} />{inForce ? "In force" : "The other change"}</span>
        <span className="dim">{side.node}, {moment(side.at, now)}</span>
      </h3>
      <p><Says text={side.says} /></p>
      <div className="actions">
        {inForce ? <Action kind="small" run={settle(side)} label={`Keep what ${side.node} took`}>Keep this one</Action>
          : <Action kind="small primary" run={settle(side)} label={`Restore what ${side.node} took`} not={!side.restorable && "It cannot be put in force from here; a newer Kraken may have written it"}>Restore this one</Action>}
      </div>
    </li>
  );
}
