// What does the house need? The sentence on top of the page, and the rows below it.
import type { AppSummary, Check, Node } from "../api/types";
import { appRoute, type Route } from "../route";
import { isBelow, isSerious, lastFailed, lookOf, type Tone } from "./app-state";
import { count, share, spelled } from "./amount";
import type { ShapeName } from "../draw/shape";
import { sentences } from "./sentence";

export interface Need {
  key: string; tone: Tone; shape: ShapeName; title: string; says: string;
  action: { label: string; to: Route } | null;
}

/** Failed first, then what asks for something, then what is merely degraded. */
export function needs(apps: AppSummary[], nodes: Node[], checks: Check[] = []): Need[] {
  const rows = [...nodes.flatMap(nodeNeeds), ...apps.flatMap(appNeeds), ...checks.flatMap(checkNeeds)];
  const rank = (need: Need) => (need.tone === "bad" ? 0 : need.tone === "sea" ? 1 : 2);
  return rows.map((need, n) => ({ need, n })).sort((a, b) => rank(a.need) - rank(b.need) || a.n - b.n).map(({ need }) => need);
}

function appNeeds(app: AppSummary): Need[] {
  if (app.wanted === "off") return [];
  const { kind, reason, next } = app.state;
  const look = lookOf(kind);
  const says = sentences(reason, next);
  if (lastFailed(app) && app.deployment) {
    const version = app.deployment.version_number ? ` to v${app.deployment.version_number}` : "";
    return [{
      key: `${app.id} update`, tone: "bad", shape: "bad", title: `${app.name} could not be updated${version}`,
      says,
      action: { label: "See why", to: { page: "deployment", id: app.deployment.id } },
    }];
  }
  if (isSerious(kind)) {
    return [{ key: app.id, tone: "bad", shape: look.shape, title: `${app.name}: ${look.word.toLowerCase()}`, says, action: { label: "Look at it", to: appRoute(app.id) } }];
  }
  if (kind === "degraded" || kind === "waiting") {
    return [{ key: app.id, tone: "work", shape: look.shape, title: `${app.name}: ${look.word.toLowerCase()}`, says, action: { label: "Look at it", to: appRoute(app.id) } }];
  }
  return [];
}

function nodeNeeds(node: Node): Need[] {
  const rows: Need[] = [];
  const see = { label: "Look at it", to: { page: "nodes" } as const };
  if (!node.docker.reachable) {
    rows.push({
      key: `${node.id} docker`, tone: "bad", shape: "bad", title: `Docker does not answer on ${node.name}`,
      says: sentences(node.docker.reason, node.docker.next) || "Apps that run keep running; nothing new can start.", action: see,
    });
  }
  if (node.vitals && share(node.vitals.disk_used, node.vitals.disk_total) >= 90) {
    rows.push({
      key: `${node.id} disk`, tone: "work", shape: "warn", title: `The disk of ${node.name} is nearly full`,
      says: "Builds need room. Destroy what you no longer use, or empty the trash in Settings.", action: see,
    });
  }
  return rows;
}

function checkNeeds(check: Check): Need[] {
  if (check.state !== "failed") return [];
  return [{ key: `check ${check.name}`, tone: "sea", shape: "warn", title: check.says, says: check.next ?? "", action: null }];
}

/** The page's title is a sentence about the house. */
export function houseTitle(waiting: number): string {
  if (waiting === 0) return "All calm.";
  return `Mostly calm. ${spelled(waiting)} ${waiting === 1 ? "thing needs" : "things need"} you.`;
}

/** "12 apps on one machine: 8 on, 4 off." */
export function houseCount(apps: AppSummary[], nodes: number): string {
  const off = apps.filter(isBelow).length;
  const machines = nodes === 1 ? "one machine" : count(nodes, "machine");
  return `${count(apps.length, "app")} on ${machines}: ${apps.length - off} on, ${off} off.`;
}
