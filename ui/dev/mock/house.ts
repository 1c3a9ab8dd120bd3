// DEVELOPMENT ONLY: the invented platform, its machine and its apps.
import type { AppState, AppSummary, Node, Platform, Vitals } from "../../src/api/types";

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

export function platform(): Platform {
  return {
    name: "home", version: "0.1.0", node: "n1", leader: { node: "n1", name: "nuc", epoch: "3.n1", since: ago(17_000) }, nodes: 1, apps: apps.size,
    addresses: ["http://192.168.1.20:8000"],
  };
}

export function node(): Node {
  return {
    id: "k4mz7q2xw5hd3yab6tne4rjvuc", name: "nuc", arch: "x86_64", leads: true, state: "ready", reason: "Ready; leads because it is alone", since: ago(17_000), version: "0.1.0",
    kernel: "Linux 6.1.0-28-amd64", docker: { reachable: true, version: "20.10.24" }, vitals: vitals(), ingress_port: 8080, api_port: 8000,
    addresses: ["192.168.1.20", "fd00::20"], uptime_ms: 31 * 86_400_000, incarnation: 4, apps: [...apps.values()].filter((one) => one.wanted === "on").map((one) => one.id),
  };
}

export function vitalsEvent(n: number) {
  const stats = [...apps.values()].filter((one) => one.stats).map((one, k) => [one.id, { cpu_percent: wave(n + k * 9, 0.2, 14), memory_bytes: wave(n + k * 5, 40, 300) * MB, memory_limit: 512 * MB }]);
  return { node: node().id, vitals: vitals(n), apps: Object.fromEntries(stats) };
}
