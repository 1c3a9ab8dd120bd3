// DEVELOPMENT ONLY: the invented platform, its machine and its apps.
import type { AppState, AppSummary, Conflict, Joining, Node, Platform, Vitals } from "../../src/api/types";

export const MB = 1024 ** 2;
export const GB = 1024 ** 3;
export const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

function wave(n: number, low: number, high: number): number {
  return low + (high - low) * (0.5 + 0.35 * Math.sin(n / 7) + 0.15 * Math.sin(n / 2.3));
}

export function vitals(n = 0): Vitals {
  return {
    at: new Date().toISOString(), cpu_percent: wave(n, 8, 40), load1: 0.62, memory_used: 9.1 * GB, memory_total: 16 * GB, disk_used: 298 * GB,
    disk_total: 466 * GB, temperature_c: 44,
    series: n > 0 ? [] : Array.from({ length: 120 }, (_, k) => ({ at: ago((120 - k) / 2), cpu_percent: wave(k, 5, 60), memory_used: wave(k, 8, 10) * GB })),
  };
}

const PLAIN: AppState = { kind: "running", since: ago(3000), reason: "On nuc since Tuesday; its image is here" };

function app(id: string, number: number, port: number, over: Partial<AppSummary> = {}): AppSummary {
  return {
    id, name: id, wanted: "on", state: PLAIN, version: { number, id: `${id}-v${number}` }, address: `http://192.168.1.20:${port}`,
    addresses: { localhost: `http://${id}.localhost:8080`, lan: [`http://192.168.1.20:${port}`], port }, updated_at: ago(10), deployment: null, lang: "node@22",
    stats: { cpu_percent: 3.4, memory_bytes: (40 + number * 6) * MB, memory_limit: 512 * MB }, ...over,
  };
}

export const apps = new Map<string, AppSummary>([
  app("notes", 12, 20001),
  app("photos", 31, 20002, { state: { ...PLAIN, reason: "On nuc, next to its 212\u00a0GB volume" }, lang: "image" }),
  app("scapenode", 7, 4100, { state: { ...PLAIN, reason: "The update to v8 failed while it was to answer for the first time: `GET /healthz` answered `500` for 60 s. Version 7 still serves.", next: "Set `SCAPE_DB` under Env and secrets, then try again" }, deployment: { id: "d-scape", state: "failed", phase: "waiting_healthy", version_number: 8 } }),
  app("radio", 3, 20004, { state: { kind: "updating", since: ago(1), reason: "Building v4 on nuc. Version 3 still serves" }, deployment: { id: "d-radio", state: "under_way", phase: "building", version_number: 4 } }),
  app("doorbell", 9, 20005, { lang: "python3@3.12" }),
  app("library", 3, 20006, { state: { kind: "waiting", since: ago(4), reason: "Its Git host does not answer.", next: "Nothing to do: it tries again by itself.", retry_at: ago(-1) } }),
  app("homework", 2, 20007, { state: { kind: "crashlooping", since: ago(6), reason: "It exits with 1 right after the start, 5 times in 10 min.", next: "Read its log; the next try is in 5 s." }, lang: "python3@3.11" }),
  app("a-name-as-long-as-names-may-be-x", 1, 20008, { lang: "static" }),
  app("films", 4, 20009, { wanted: "off", state: { kind: "off", since: ago(7000), reason: "You turned it off on Sunday. Its data is kept" }, stats: null }),
  app("chess", 2, 20010, { wanted: "off", state: { kind: "off", since: ago(900), reason: "You turned it off yesterday" }, stats: null }),
].map((one) => [one.id, one]));

const ME = "k4mz7q2xw5hd3yab6tne4rjvuc";
/** MOCK_ALONE: a platform of one machine. */
const alone = process.env.MOCK_ALONE !== undefined;

export function platform(): Platform {
  const leader = process.env.MOCK_NOBODY === undefined ? { node: ME, name: "nuc", epoch: "41.k4mz7q2x", since: ago(17_000) } : null;
  return {
    name: "home", version: "0.1.0", node: ME, leader, nodes: alone ? 1 : 4, apps: apps.size, addresses: ["http://192.168.1.20:8000"],
    isolated: process.env.MOCK_ISOLATED !== undefined, doubled: false, why: alone ? "" : "It has the highest priority of the three that are heard.",
  };
}

const STANDING: Node["standing"] = { live: true, direct: true, linked: true, since: ago(17_000), in_sync: true, priority: 140, rank: 1, machine: "anchor", labels: [] };

export function nodes(): Node[] {
  const on = [...apps.values()].filter((one) => one.wanted === "on").map((one) => one.id);
  const nuc: Node = {
    id: ME, name: "nuc", arch: "amd64", leads: platform().leader !== null, state: "ready", reason: "It leads.", since: ago(17_000), version: "0.1.0", standing: STANDING,
    kernel: "Linux 6.1.0-28-amd64", docker: { reachable: true, version: "20.10.24" }, vitals: vitals(), ingress_port: 8080, api_port: 8000,
    addresses: ["192.168.1.20", "fd00::20"], uptime_ms: 31 * 86_400_000, incarnation: 4, apps: alone ? on : on.slice(0, 5),
  };
  const other = (name: string, from: number, to: number, standing: Partial<Node["standing"]>, over: Partial<Node> = {}): Node => ({
    ...nuc, id: `${name}q2xw5hd3yab6tne4rjvucabcde`.replace(/-/g, "").slice(0, 26), name, leads: false, reason: "It works for whoever leads.", docker: { reachable: true }, vitals: null, kernel: null, uptime_ms: null,
    incarnation: null, arch: "arm64", addresses: [`192.168.1.${from + 30}`], apps: on.slice(from, to), standing: { ...STANDING, machine: "ordinary", ...standing }, ...over,
  });
  const others = [
    other("thinkpad", 0, 1, { priority: 96, rank: 2, machine: "spare" }, { arch: "amd64" }), other("pi-4-attic", 5, 7, { priority: 64, rank: 3, labels: ["attic", "camera"], in_sync: false, direct: false, linked: false }),
    other("pi-3-shed", 7, 8, { live: false, direct: false, linked: false, priority: 40, rank: null, since: ago(30) }, { state: "silent", reason: "It is not heard; its apps keep running if it does." }),
  ];
  return alone ? [nuc] : [nuc, ...others];
}

/** MOCK_JOIN: host, joiner, ended or found. */
export function joining(): Joining {
  const what = process.env.MOCK_JOIN;
  const handshake: Joining["handshakes"][number] = {
    id: "h1", part: what === "joiner" ? "joiner" : "host", state: what === "ended" ? "ended" : "comparing", reason: what === "ended" ? "Nobody said yes within 10 min" : "", next: what === "ended" ? "Run kraken join on it again" : null,
    name: what === "joiner" ? "pi4" : "raspberrypi-5", address: "192.168.1.57:7373", platform: "home", code: what === "ended" ? null : "482 913", yes_here: false, yes_there: false, until: ago(-8),
  };
  const found = what === "found" || what === "fresh" ? [{ node: "zz", name: "pi4", platform: "9f3c0a1b2c3d4e5f", address: "192.168.1.60:7373" }] : [];
  return { can_join: what === "joiner" || what === "fresh", found, handshakes: what && found.length === 0 ? [handshake] : [] };
}

/** MOCK_CONFLICTS: two of them. */
export function conflicts(): Conflict[] {
  if (process.env.MOCK_CONFLICTS === undefined) return [];
  const side = (revision: string, node: string, minutes: number, says: string) => ({ revision, node, at: ago(minutes), says, restorable: true });
  return [
    { object: "app/notes/env", app: "notes", what: "Env of notes", kept: side("a:1", "nuc", 12, "TZ is UTC, CACHE is 64"), others: [side("b:2", "pi-4-attic", 14, "TZ is Europe/Berlin, CACHE is 128")] },
    { object: "app/radio/scale", app: "radio", what: "Copies of radio", kept: side("a:3", "pi-4-attic", 9, "3 copies"), others: [side("b:4", "nuc", 11, "as the file says")] },
  ];
}

export function vitalsEvent(n: number) {
  const stats = [...apps.values()].filter((one) => one.stats).map((one, k) => [one.id, { cpu_percent: wave(n + k * 9, 0.2, 14), memory_bytes: wave(n + k * 5, 40, 300) * MB, memory_limit: 512 * MB }]);
  return { node: ME, vitals: vitals(n), apps: Object.fromEntries(stats) };
}
