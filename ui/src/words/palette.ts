// What can one find or do from the palette? Each row says its effect.
import type { AppSummary } from "../api/types";
import { appRoute, type AppTab, type Route } from "../route";
import { openAddress, stateWord } from "./app-state";

export interface Hit {
  key: string; group: "Apps" | "Do" | "Pages"; label: string; effect: string; app?: string;
  does: { kind: "go"; to: Route } | { kind: "open"; address: string } | { kind: "post"; path: string } | { kind: "shortcuts" };
}

const TABS: [AppTab, string][] = [["logs", "Logs of"], ["env", "Env and secrets of"], ["scale", "Copies and address of"], ["versions", "Versions of"], ["charts", "Charts of"]];

function ofApp(app: AppSummary): Hit[] {
  const path = `/apps/${encodeURIComponent(app.id)}`;
  const post = (verb: string, label: string, effect: string): Hit => (
    { key: `${app.id} ${verb}`, group: "Do", label: `${label} ${app.name}`, effect, app: app.name, does: { kind: "post", path: `${path}/${verb}` } }
  );
  const address = openAddress(app);
  const open: Hit[] = address ? [{ key: `${app.id} open`, group: "Apps", label: `Open ${app.name}`, effect: address, app: app.name, does: { kind: "open", address } }] : [];
  return [
    { key: app.id, group: "Apps", label: app.name, effect: stateWord(app), app: app.name, does: { kind: "go", to: appRoute(app.id) } },
    ...open,
    ...TABS.map(([tab, label]): Hit => ({ key: `${app.id} ${tab}`, group: "Apps", label: `${label} ${app.name}`, effect: "", app: app.name, does: { kind: "go", to: appRoute(app.id, tab) } })),
    post("update", "Update", "to the newest commit"),
    post("restart", "Restart", "a new copy, then the old one stops"),
    app.wanted === "on" ? post("stop", "Turn off", "stops answering; data stays") : post("start", "Turn on", "starts its last version"),
  ];
}

const PAGES: Hit[] = [
  { key: "deploy", group: "Do", label: "Deploy an app", effect: "from a Git address", does: { kind: "go", to: { page: "deploy" } } },
  { key: "home", group: "Pages", label: "Home", effect: "", does: { kind: "go", to: { page: "home" } } },
  { key: "nodes", group: "Pages", label: "Nodes", effect: "", does: { kind: "go", to: { page: "nodes" } } },
  { key: "conflicts", group: "Pages", label: "Conflicts", effect: "what was changed on two sides", does: { kind: "go", to: { page: "conflicts" } } },
  { key: "events", group: "Pages", label: "Events", effect: "what happened and who asked", does: { kind: "go", to: { page: "events" } } },
  { key: "settings", group: "Pages", label: "Settings", effect: "tokens, password, trash, state", does: { kind: "go", to: { page: "settings" } } },
  { key: "shortcuts", group: "Pages", label: "Shortcuts", effect: "?", does: { kind: "shortcuts" } },
];

/** Every word of the search must begin a word of the row; rows whose label begins with the search come first. At most twelve. */
export function find(apps: AppSummary[], search: string): Hit[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = words.length === 0
    ? [...apps.slice(0, 5).map((app) => ofApp(app)[0] as Hit), ...PAGES]
    : [...apps.flatMap(ofApp), ...PAGES].filter((hit) => words.every((word) => begins(hit.label, word)));
  const first = (hit: Hit) => (hit.label.toLowerCase().startsWith(words.join(" ")) ? 0 : 1);
  const ranked = rows.map((hit, n) => ({ hit, n })).sort((a, b) => first(a.hit) - first(b.hit) || a.n - b.n).map(({ hit }) => hit).slice(0, 12);
  const groups = ["Apps", "Do", "Pages"] as const;
  return groups.flatMap((group) => ranked.filter((hit) => hit.group === group));
}

function begins(label: string, word: string): boolean {
  return label.toLowerCase().split(/[\s-]+/).some((part) => part.startsWith(word));
}
