// The machines: who wants to join, who leads and would be next, each one's card, what runs where, and what the doctor says.
import { useState } from "react";
import { useAskJoining, useHouse } from "../../api/live";
import type { Node } from "../../api/types";
import { FlagView } from "../../draw/flag-view";
import { Icon } from "../../draw/icon";
import { Link } from "../../parts/link";
import { PageHead } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { Loading, Says } from "../../parts/words";
import { appRoute } from "../../route";
import { inLine, leadsSentence } from "../../words/machine";
import { AddMachine } from "./add-machine";
import { Doctor } from "./doctor";
import { Found } from "./found";
import { JoiningPanel } from "./joining-panel";
import { Ship } from "./ship";
import { WhatRunsWhere } from "./what-runs-where";
import { WhoLeads } from "./who-leads";

export function NodesPage() {
  const [adding, setAdding] = useState(false);
  const { loaded, platform, nodes, joining } = useHouse();
  const askJoining = useAskJoining();
  if (!loaded) return <div className="wrap"><PageHead title="Machines" tab="Nodes" /><Loading rows={2} tall /></div>;
  const lone = nodes.length === 1 ? nodes[0] : undefined;
  const here = nodes.find((node) => node.id === platform?.node);
  const name = platform?.name ?? "home";
  return (
    <div className="wrap">
      <PageHead title={`Machines of ${name}`} tab="Nodes" says={leadsSentence(nodes, platform)}>
        <div className="actions"><button type="button" className="btn" onClick={() => setAdding(true)}><Icon name="plus" />Add a machine</button></div>
      </PageHead>
      {(joining?.handshakes ?? []).map((handshake) => <JoiningPanel key={handshake.id} handshake={handshake} after={askJoining} />)}
      {joining?.can_join && <Found joining={joining} after={askJoining} />}
      {!lone && <div className="crew-top"><WhoLeads /></div>}
      <section aria-labelledby="machines">
        <h2 className={lone ? "vh" : "sec"} id="machines">Machines <span className="count">{nodes.length}</span></h2>
        <div className={lone ? "ships few" : "ships"}>
          {inLine(nodes).map((node) => <Ship key={node.id} node={node} />)}
          {lone && <RunsHere node={lone} />}
        </div>
      </section>
      {!lone && <WhatRunsWhere />}
      {joining?.found && !joining.can_join && <Found joining={joining} after={askJoining} />}
      <Doctor of={lone ? null : here?.name ?? null} />
      {adding && <AddMachine platform={name} onClose={() => setAdding(false)} />}
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
