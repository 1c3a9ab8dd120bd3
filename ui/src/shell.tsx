// What surrounds every page: the bar, the dock, the strip that says the page is stale, the palette, and the keys.
import { useState } from "react";
import { useHouse } from "./api/live";
import { AppPage } from "./pages/app/app-page";
import { ConflictsPage } from "./pages/conflicts/conflicts-page";
import { DeployPage } from "./pages/deploy/deploy-page";
import { DeploymentPage } from "./pages/deployment/deployment-page";
import { EventsPage } from "./pages/events/events-page";
import { HomePage } from "./pages/home/home-page";
import { NodesPage } from "./pages/nodes/nodes-page";
import { SettingsPage } from "./pages/settings/settings-page";
import { UnknownPage } from "./pages/unknown-page";
import { Bar, Dock } from "./parts/bar";
import { LeaderStrip } from "./parts/leader-strip";
import { usePlace } from "./parts/link";
import { Palette } from "./parts/palette";
import { Shortcuts } from "./parts/shortcuts";
import { StaleStrip } from "./parts/stale";
import { useKeys } from "./parts/keys";
import { needs } from "./words/house";

export function Shell({ onSignOut }: { onSignOut: () => void }) {
  const [open, setOpen] = useState<"palette" | "shortcuts" | null>(null);
  const house = useHouse();
  useKeys({ onPalette: () => setOpen("palette"), onShortcuts: () => setOpen("shortcuts") });
  const waiting = needs(house).length;
  return (
    <>
      <a className="skip" href="#main">Skip to content</a>
      <Bar onFind={() => setOpen("palette")} />
      <StaleStrip />
      <LeaderStrip />
      <main id="main"><Page onSignOut={onSignOut} /></main>
      <Dock waiting={waiting} />
      {open === "palette" && <Palette onClose={() => setOpen(null)} onShortcuts={() => setOpen("shortcuts")} />}
      {open === "shortcuts" && <Shortcuts onClose={() => setOpen(null)} />}
    </>
  );
}

function Page({ onSignOut }: { onSignOut: () => void }) {
  const { route } = usePlace();
  switch (route.page) {
    case "home": return <HomePage />;
    case "deploy": return <DeployPage key={route.url} url={route.url} />;
    case "deployment": return <DeploymentPage key={route.id} id={route.id} />;
    case "app": return <AppPage key={route.app} app={route.app} tab={route.tab} />;
    case "nodes": return <NodesPage />;
    case "conflicts": return <ConflictsPage />;
    case "events": return <EventsPage />;
    case "settings": return <SettingsPage onSignOut={onSignOut} />;
    case "unknown": return <UnknownPage path={route.path} />;
  }
}
