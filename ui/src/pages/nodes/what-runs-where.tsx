// What runs where: every app against every machine, and why it is there.
import { appsByName } from "../../api/house";
import { useHouse } from "../../api/live";
import type { AppSummary, Node } from "../../api/types";
import { FlagView } from "../../draw/flag-view";
import { Shape } from "../../draw/shape";
import { Link } from "../../parts/link";
import { Says } from "../../parts/words";
import { appRoute } from "../../route";
import { lookOf } from "../../words/app-state";
import { inLine } from "../../words/machine";

export function WhatRunsWhere() {
  const house = useHouse();
  const nodes = inLine(house.nodes);
  const apps = appsByName(house);
  if (apps.length === 0) return null;
  return (
    <section className="panel gap-top-l" aria-labelledby="grid">
      <header><h2 id="grid">What runs where</h2><span className="aside">every app, and how it stands</span></header>
      <div className="body scroll" tabIndex={0} role="region" aria-labelledby="grid">
        <table className="grid-t">
          <thead><tr><th scope="col">App</th>{nodes.map((node) => <th key={node.id} scope="col">{node.name}</th>)}<th scope="col">Why</th></tr></thead>
          <tbody>
            {apps.map((app) => (
              <tr key={app.id}>
                <th scope="row"><span><FlagView name={app.name} size="xs" /><Link to={appRoute(app.id)}>{app.name}</Link></span></th>
                {nodes.map((node) => <td key={node.id}><Cell app={app} node={node} /></td>)}
                <td><Says text={app.state.reason} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ app, node }: { app: AppSummary; node: Node }) {
  if (!node.apps.includes(app.id)) return <><span aria-hidden="true" className="dim">·</span><span className="vh">none</span></>;
  const look = node.standing.live ? lookOf(app.state.kind) : { shape: "lost" as const, tone: "off" as const, word: "not heard" };
  return <span className={`state t-${look.tone}`}><Shape name={look.shape} /><span className="vh">{look.word}</span></span>;
}
