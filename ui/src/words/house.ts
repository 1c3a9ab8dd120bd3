// What does the house need? The sentence on top of the page, and the rows below it.
import { appsByName, type House } from "../api/house";
import type { AppSummary, Conflict, Joining, Node } from "../api/types";
import { appRoute, type Route } from "../route";
import { isBelow, isSerious, lastFailed, lookOf, type Tone } from "./app-state";
import { count, listed, share, spelled } from "./amount";
import type { ShapeName } from "../draw/shape";
import { asksHere, handshakeTitle, shownCode } from "./joining";
import { sentences } from "./sentence";

export interface Need {
  key: string; tone: Tone; shape: ShapeName; title: string; says: string;
  action: { label: string; to: Route } | null;
}

/** Failed first, then what asks for something, then what is merely degraded. */
export function needs(house: Pick<House, "apps" | "nodes" | "conflicts" | "joining">): Need[] {
  const rows = [...joinNeeds(house.joining), ...conflictNeeds(house.conflicts), ...house.nodes.flatMap(nodeNeeds), ...appsByName(house).flatMap(appNeeds)];
  const rank = (need: Need) => (need.tone === "bad" ? 0 : need.tone === "sea" ? 1 : 2);
  return rows.map((need, n) => ({ need, n })).sort((a, b) => rank(a.need) - rank(b.need) || a.n - b.n).map(({ need }) => need);
}

function conflictNeeds(conflicts: Conflict[]): Need[] {
  if (conflicts.length === 0) return [];
  return [{
    key: "conflicts", tone: "sea", shape: "warn", title: `${spelled(conflicts.length)} ${conflicts.length === 1 ? "thing was" : "things were"} changed on two sides`,
    says: sentences(`${listed(conflicts.slice(0, 3).map((conflict) => conflict.what))}${conflicts.length > 3 ? " and more" : ""}`, "The newer change counts until you choose"),
    action: { label: "Compare and choose", to: { page: "conflicts" } },
  }];
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

/** Who waits for a yes here: the digits stand in the row, the answer is given beside all that one has to know. */
function joinNeeds(joining: Joining | null): Need[] {
  return (joining?.handshakes ?? []).filter(asksHere).map((handshake) => ({
    key: `join ${handshake.id}`, tone: "sea", shape: "join", title: handshakeTitle(handshake),
    says: `Compare this code with the one on its screen: \`${shownCode(handshake.code ?? "")}\``, action: { label: "Compare and answer", to: { page: "nodes" } },
  }));
}

function nodeNeeds(node: Node): Need[] {
  const rows: Need[] = [];
  const see = { label: "Look at it", to: { page: "nodes" } as const };
  if (!node.standing.live) {
    rows.push({
      key: `${node.id} silent`, tone: "work", shape: "lost", title: `No contact with ${node.name}`,
      says: sentences(node.apps.length > 0 ? `${listed(node.apps)} had a copy on it` : "", "Check its power and cable; it rejoins by itself"), action: see,
    });
    return rows;
  }
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
