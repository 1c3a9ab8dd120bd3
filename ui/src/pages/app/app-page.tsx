// One app: its head, its tabs, and whichever tab is open.
import { useEffect, useRef } from "react";
import { useFetched, useHouse } from "../../api/live";
import type { App, AppSummary } from "../../api/types";
import { PageHead } from "../../parts/page";
import { ProblemNote } from "../../parts/panel";
import { Link } from "../../parts/link";
import { Loading } from "../../parts/words";
import { appRoute, type AppTab } from "../../route";
import { AppHead } from "./app-head";
import { ChartsTab } from "./charts-tab";
import { EnvTab } from "./env-tab";
import { FailuresTab } from "./failures-tab";
import { LogsTab } from "./logs-tab";
import { OverviewTab } from "./overview-tab";
import { RemoveTab } from "./remove-tab";
import { ScaleTab } from "./scale-tab";
import { VersionsTab } from "./versions-tab";

const TABS: [AppTab, string][] = [
  ["overview", "Overview"], ["logs", "Logs"], ["versions", "Versions"], ["charts", "Charts"], ["env", "Env and secrets"],
  ["scale", "Copies and address"], ["failures", "Failures"], ["remove", "Turn off, destroy"],
];

export function AppPage({ app: id, tab }: { app: string; tab: AppTab }) {
  const house = useHouse();
  const { data, problem, refetch } = useFetched<App>(`/apps/${encodeURIComponent(id)}`, (event) =>
    (event.name === "app" && event.data.id === id) || (event.name === "deployment" && event.data.app === id));
  if (!data) {
    return (
      <div className="wrap">
        <PageHead title={id} tab={id} />
        {problem ? <ProblemNote problem={problem}><div className="actions"><Link className="btn" to={{ page: "home" }}>Go home</Link></div></ProblemNote> : <Loading rows={6} />}
      </div>
    );
  }
  const app = newest(data, house.apps[id]);
  return (
    <>
      <div className="wrap"><AppHead app={app} /></div>
      <Tabs app={app} tab={tab} />
      <Tab tab={tab} app={app} refetch={refetch} />
    </>
  );
}

function Tabs({ app, tab }: { app: App; tab: AppTab }) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a phone the open tab may lie outside the row. Only the row moves, never the page.
    const open = row.current?.querySelector<HTMLElement>("[aria-current]");
    if (row.current && open) row.current.scrollLeft = open.offsetLeft - (row.current.clientWidth - open.offsetWidth) / 2;
  }, [tab]);
  return (
    <nav className="tabs" aria-label={app.name}>
      <div className="wrap" ref={row}>
        {TABS.map(([name, label]) => <Link key={name} to={appRoute(app.id, name)} aria-current={name === tab ? "page" : undefined}>{label}</Link>)}
      </div>
    </nav>
  );
}

/** The stream is ahead of the answer by one refetch: its summary wins where it is newer. */
function newest(app: App, summary: AppSummary | undefined): App {
  return summary && summary.updated_at >= app.updated_at ? { ...app, ...summary } : app;
}

function Tab({ tab, app, refetch }: { tab: AppTab; app: App; refetch: () => void }) {
  switch (tab) {
    case "overview": return <OverviewTab app={app} />;
    case "logs": return <LogsTab app={app} />;
    case "versions": return <VersionsTab app={app} />;
    case "charts": return <ChartsTab app={app} />;
    case "env": return <EnvTab app={app} refetch={refetch} />;
    case "scale": return <ScaleTab app={app} refetch={refetch} />;
    case "failures": return <FailuresTab app={app} />;
    case "remove": return <RemoveTab app={app} />;
  }
}
