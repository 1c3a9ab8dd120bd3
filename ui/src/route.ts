// Which page does an address mean, and which address does a page have?

export const APP_TABS = ["overview", "logs", "versions", "charts", "env", "scale", "failures", "remove"] as const;
export type AppTab = (typeof APP_TABS)[number];

export type Route =
  | { page: "home" }
  | { page: "deploy"; url?: string }
  | { page: "deployment"; id: string }
  | { page: "app"; app: string; tab: AppTab }
  | { page: "nodes" }
  | { page: "conflicts" }
  | { page: "events" }
  | { page: "settings" }
  | { page: "unknown"; path: string };

export function readRoute(path: string, query = ""): Route {
  const [first = "", second = "", third = ""] = path.split("/").filter(Boolean).map(decode);
  switch (first) {
    case "": return { page: "home" };
    case "deploy": return { page: "deploy", url: new URLSearchParams(query).get("url") ?? undefined };
    case "deployments": return second ? { page: "deployment", id: second } : { page: "events" };
    case "apps": return readApp(path, second, third);
    case "nodes": case "conflicts": case "events": case "settings": return { page: first };
    default: return { page: "unknown", path };
  }
}

function readApp(path: string, app: string, tab: string): Route {
  if (!app) return { page: "home" };
  if (!tab) return { page: "app", app, tab: "overview" };
  const known = APP_TABS.find((name) => name === tab);
  return known ? { page: "app", app, tab: known } : { page: "unknown", path };
}

export function href(route: Route): string {
  switch (route.page) {
    case "home": return "/";
    case "deploy": return route.url ? `/deploy?url=${encodeURIComponent(route.url)}` : "/deploy";
    case "deployment": return `/deployments/${encodeURIComponent(route.id)}`;
    case "app": return `/apps/${encodeURIComponent(route.app)}${route.tab === "overview" ? "" : `/${route.tab}`}`;
    case "unknown": return route.path;
    default: return `/${route.page}`;
  }
}

export function appRoute(app: string, tab: AppTab = "overview"): Route {
  return { page: "app", app, tab };
}

/** What the page's one event stream should carry besides apps and deployments. Those come unfiltered: the bar and the palette know them all. */
export function streamQuery(route: Route): string {
  const query = new URLSearchParams();
  if (route.page === "app") {
    if (route.tab === "logs") query.set("logs", route.app);
    if (route.tab === "charts" || route.tab === "overview") query.set("vitals", "1");
  }
  if (route.page === "deployment") {
    query.set("build", route.id);
  }
  if (route.page === "home" || route.page === "nodes") query.set("vitals", "1");
  return query.toString();
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
