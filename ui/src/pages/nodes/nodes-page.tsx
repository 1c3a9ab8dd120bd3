// The machines: vitals, Docker, addresses, what runs on them, and what the doctor says.
import { useHouse } from "../../api/live";
import type { Node } from "../../api/types";
import { FlagView } from "../../draw/flag-view";
import { Link } from "../../parts/link";
import { PageHead } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Loading, Says } from "../../parts/words";
import { appRoute } from "../../route";
import { Doctor } from "./doctor";
import { Ship } from "./ship";

export function NodesPage() {
  const house = useHouse();
  const lone = house.nodes.length === 1 ? house.nodes[0] : undefined;
  if (!house.loaded) return <div className="wrap"><PageHead title="Machines" tab="Nodes" /><Loading rows={2} tall /></div>;
  const leader = house.platform?.leader;
  return (
    <div className="wrap">
      <PageHead title={`Machines of ${house.platform?.name ?? "home"}`} tab="Nodes"
        says={lone ? `${lone.name} is the only machine, so it leads.` : leader ? `${leader.name} leads.` : "No machine leads just now; apps keep running."} />
      <div className={lone ? "ships few" : "ships"}>
        {house.nodes.map((node) => <Ship key={node.id} node={node} />)}
        {lone && <RunsHere node={lone} />}
      </div>
      <Doctor />
    </div>
  );
}

function RunsHere({ node }: { node: Node }) {
  const house = useHouse();
  const apps = node.apps.flatMap((id) => house.apps[id] ?? []);
  return (
    <Panel title={`What runs on ${node.name}`}>
      {apps.length === 0 ? <p className="soft">Nothing yet. <Link to={{ page: "deploy" }}>Deploy an app</Link></p> : (
        <ul className="crew">
          {apps.map((app) => (
            <li key={app.id}>
              <FlagView name={app.name} size="xs" /><Link to={appRoute(app.id)}>{app.name}</Link>
              <span className="vit">{app.addresses.port && <span>port {app.addresses.port}</span>}</span>
              <span className="sub"><Says text={app.state.reason} /></span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
