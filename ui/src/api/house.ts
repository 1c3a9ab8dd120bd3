// What does this page know of the house? Folded from answers and stream events; pure.
import { level } from "../draw/water";
import type { AppStats, AppSummary, Conflict, Deployment, Joining, Node, Platform, StreamEvent, Vitals } from "./types";

/** Samples of a tile's water that are kept: an hour at one per 30 s. */
const WATER_SAMPLES = 120;

export interface House {
  loaded: boolean;
  platform: Platform | null;
  nodes: Node[];
  apps: Record<string, AppSummary>;
  /** The newest view of each deployment the stream told of. */
  deployments: Record<string, Deployment>;
  /** Memory of its limit per app, 0..1, old to new. */
  waters: Record<string, number[]>;
  /** What was changed on two sides and waits for a person. */
  conflicts: Conflict[];
  /** Machines on their way into the platform; null until it was asked. */
  joining: Joining | null;
}

export const EMPTY_HOUSE: House = { loaded: false, platform: null, nodes: [], apps: {}, deployments: {}, waters: {}, conflicts: [], joining: null };

export function furnish(house: House, platform: Platform, nodes: Node[], apps: AppSummary[], conflicts: Conflict[]): House {
  const known = Object.fromEntries(apps.map((app) => [app.id, app]));
  return { ...house, loaded: true, platform, nodes, conflicts, apps: known, waters: addSamples(house.waters, statsOf(apps)) };
}

export function fold(house: House, event: StreamEvent): House {
  switch (event.name) {
    case "app": return { ...house, apps: { ...house.apps, [event.data.id]: event.data } };
    case "gone": return { ...house, apps: without(house.apps, event.data.app), waters: without(house.waters, event.data.app) };
    case "deployment": return { ...house, deployments: { ...house.deployments, [event.data.id]: event.data } };
    case "vitals": return foldVitals(house, event.data.node, event.data.vitals, event.data.apps);
    default: return house;
  }
}

export function withJoining(house: House, joining: Joining): House {
  return JSON.stringify(joining) === JSON.stringify(house.joining) ? house : { ...house, joining };
}

function foldVitals(house: House, node: string, vitals: Vitals, stats: Record<string, AppStats>): House {
  const apps = { ...house.apps };
  for (const [id, sample] of Object.entries(stats)) {
    const app = apps[id];
    if (app) apps[id] = { ...app, stats: sample };
  }
  const nodes = house.nodes.map((one) => (one.id === node ? { ...one, vitals: withSeries(one.vitals, vitals) } : one));
  return { ...house, apps, nodes, waters: addSamples(house.waters, Object.entries(stats)) };
}

/** A short stream sample carries no hour of history: keep the one we have. */
function withSeries(before: Vitals | null | undefined, now: Vitals): Vitals {
  return now.series && now.series.length > 0 ? now : { ...now, series: before?.series ?? [] };
}

function statsOf(apps: AppSummary[]): [string, AppStats][] {
  return apps.flatMap((app): [string, AppStats][] => (app.stats ? [[app.id, app.stats]] : []));
}

function addSamples(waters: Record<string, number[]>, stats: [string, AppStats][]): Record<string, number[]> {
  const next = { ...waters };
  for (const [id, sample] of stats) {
    next[id] = [...(next[id] ?? []), level(sample.memory_bytes, sample.memory_limit)].slice(-WATER_SAMPLES);
  }
  return next;
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

export function appsByName(house: Pick<House, "apps">): AppSummary[] {
  return Object.values(house.apps).sort((a, b) => a.name.localeCompare(b.name));
}
