// The bar above and the dock below: where one is, where one can go, and who leads.
import { useHouse } from "../api/live";
import { Icon, type IconName } from "../draw/icon";
import { Mark } from "../draw/mark";
import type { Route } from "../route";
import { Link, usePlace } from "./link";

interface Place { name: string; to: Route; icon: IconName }
const PLACES: Place[] = [
  { name: "Home", to: { page: "home" }, icon: "home" },
  { name: "Nodes", to: { page: "nodes" }, icon: "nodes" },
  { name: "Events", to: { page: "events" }, icon: "events" },
  { name: "Settings", to: { page: "settings" }, icon: "more" },
];
const DEPLOY: Place = { name: "Deploy", to: { page: "deploy" }, icon: "deploy" };

/** An app and its deployments live under Home. */
function isHere(place: Place, route: Route): boolean {
  if (place.to.page === "home") return ["home", "app", "deployment", "conflicts"].includes(route.page);
  return place.to.page === route.page;
}

export function Bar({ onFind }: { onFind: () => void }) {
  const { route } = usePlace();
  const { platform } = useHouse();
  return (
    <header className="bar">
      <div className="bar-in">
        <Link className="brand" to={{ page: "home" }} aria-label="Kraken, home"><Mark /><span>Kraken <span className="at">{platform?.name}</span></span></Link>
        <nav className="nav" aria-label="Main">
          {PLACES.map((place) => <Link key={place.name} to={place.to} aria-current={isHere(place, route) ? "page" : undefined}>{place.name}</Link>)}
        </nav>
        <span className="grow" />
        <button type="button" className="find" onClick={onFind}><Icon name="search" small /><span>Find or do anything</span><kbd>Ctrl</kbd><kbd>K</kbd></button>
        <Helm />
        <button type="button" className="btn icon quiet find-s" aria-label="Find or do anything" onClick={onFind}><Icon name="search" /></button>
        <Link className="btn primary deploy" to={DEPLOY.to}><Icon name="deploy" />Deploy</Link>
      </div>
    </header>
  );
}

function Helm() {
  const { platform, nodes } = useHouse();
  if (!platform) return null;
  const heard = nodes.filter((node) => node.standing.live).length;
  const { leader } = platform;
  const title = leader ? `${leader.name} leads, reign ${leader.epoch}` : "No machine leads just now";
  return (
    <Link className="helm" to={{ page: "nodes" }} title={title}>
      <Icon name="light" />
      <span>{leader ? <><b>{leader.name}</b> leads{heard < nodes.length && `, ${heard} of ${nodes.length} machines`}</> : "Nobody leads"}</span>
    </Link>
  );
}

export function Dock({ waiting }: { waiting: number }) {
  const { route } = usePlace();
  const [home, nodes, events, settings] = PLACES as [Place, Place, Place, Place];
  return (
    <nav className="dock" aria-label="Main, below">
      {[home, nodes, DEPLOY, events, settings].map((place) => (
        <Link key={place.name} to={place.to} aria-current={isHere(place, route) ? "page" : undefined}>
          <Icon name={place.icon} />{place.name}
          {place === home && waiting > 0 && <span className="pip"><span className="vh">, waiting: </span>{waiting}</span>}
        </Link>
      ))}
    </nav>
  );
}
