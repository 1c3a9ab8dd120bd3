// Home: is the house well, what needs somebody, and every app as a tile.
import { useState } from "react";
import { appsByName, type House } from "../../api/house";
import { useHouse } from "../../api/live";
import type { AppSummary } from "../../api/types";
import { PageHead } from "../../parts/page";
import { Loading } from "../../parts/words";
import { isBelow } from "../../words/app-state";
import { houseCount, houseTitle, needs } from "../../words/house";
import { FirstApp } from "./first-app";
import { JustHappened } from "./just-happened";
import { Machines } from "./machines";
import { NeedsYou } from "./needs-you";
import { Tile } from "./tile";

const SHOWN = ["All", "On", "Off"] as const;
type Shown = (typeof SHOWN)[number];

export function HomePage() {
  const house = useHouse();
  if (!house.loaded) return <div className="wrap"><PageHead title="Home" tab="Home" /><Loading rows={3} tall /></div>;
  const apps = appsByName(house);
  return apps.length === 0 ? <div className="wrap"><FirstApp /></div> : <Apps house={house} apps={apps} />;
}

function Apps({ house, apps }: { house: House; apps: AppSummary[] }) {
  const [shown, setShown] = useState<Shown>("All");
  const waiting = needs(house);
  const on = apps.filter((app) => !isBelow(app));
  const off = apps.filter(isBelow);
  return (
    <>
      <div className="wrap">
        <PageHead title={houseTitle(waiting.length)} tab="Home" says={houseCount(apps, house.nodes.length)}>
          <div className="seg" role="group" aria-label="Show">
            {SHOWN.map((name) => <button key={name} type="button" aria-pressed={shown === name} onClick={() => setShown(name)}>{name}</button>)}
          </div>
        </PageHead>
        <div className={waiting.length > 0 ? "top both" : "top"}>
          {waiting.length > 0 && <NeedsYou waiting={waiting} />}
          <Machines nodes={house.nodes} />
        </div>
        {shown !== "Off" && <TileList title="On" apps={on} house={house} aside="The water in a tile is the memory it uses, of what it may use" />}
      </div>
      <div className="below">
        <div className="wrap">
          {shown !== "On" && off.length > 0 && <TileList title="Off" apps={off} house={house} aside="Data, settings and versions are kept" />}
          <JustHappened />
        </div>
      </div>
    </>
  );
}

function TileList({ title, apps, house, aside }: { title: string; apps: AppSummary[]; house: House; aside: string }) {
  return (
    <section aria-labelledby={`tiles-${title}`}>
      <h2 className="sec" id={`tiles-${title}`}>{title} <span className="count">{apps.length}</span><span className="aside wide-only">{aside}</span></h2>
      {apps.length === 0 ? <p className="soft">Every app is off. Turn one on below.</p> : (
        <ul className="tiles">
          {apps.map((app) => <Tile key={app.id} app={app} levels={house.waters[app.id] ?? []} under={app.deployment ? house.deployments[app.deployment.id] : undefined} />)}
        </ul>
      )}
    </section>
  );
}
