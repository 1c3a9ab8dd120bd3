import { describe, expect, it } from "vitest";
import type { AppSummary, Node } from "../api/types";
import { houseCount, houseTitle, needs } from "./house";

const app = (name: string, over: Partial<AppSummary> = {}): AppSummary => ({
  id: name, name, wanted: "on", state: { kind: "running", since: "", reason: "" }, version: { number: 7, id: "v" }, address: null,
  addresses: { localhost: "", lan: [], port: null }, updated_at: "", deployment: null, stats: null, ...over,
});
const node = (over: Partial<Node> = {}): Node => ({
  id: "n", name: "nuc", arch: "x86_64", leads: true, state: "ready", reason: "", since: "", version: "", kernel: "",
  docker: { reachable: true }, vitals: null, ingress_port: null, api_port: 8000, addresses: [], uptime_ms: 0, incarnation: 1, apps: [], ...over,
});

describe("what needs somebody", () => {
  it("is nothing when all is well, also when apps are off", () => {
    expect(needs([app("a"), app("b", { wanted: "off", state: { kind: "failed", since: "", reason: "x" } })], [node()])).toEqual([]);
  });
  it("a failed update says which version still serves", () => {
    const [need] = needs([app("radio", { state: { kind: "running", since: "", reason: "It answered 500. Version 7 still serves", next: "Set KEY" }, deployment: { id: "d1", state: "failed", phase: "waiting_healthy", version_number: 8 } })], []);
    expect(need).toMatchObject({ title: "radio could not be updated to v8", says: "It answered 500. Version 7 still serves. Set KEY.", action: { to: { page: "deployment", id: "d1" } } });
  });
  it("an update that is under way needs nobody", () => {
    expect(needs([app("radio", { state: { kind: "updating", since: "", reason: "" }, deployment: { id: "d1", state: "under_way", phase: "building" } })], [])).toEqual([]);
  });
  it("what failed stands above what only waits", () => {
    const waiting = app("a", { state: { kind: "waiting", since: "", reason: "Git host away" } });
    const broken = app("b", { state: { kind: "crashlooping", since: "", reason: "exits with 1", next: "Read its log." } });
    expect(needs([waiting, broken], [node({ docker: { reachable: false, reason: "no socket" } })]).map((n) => n.key)).toEqual(["n docker", "b", "a"]);
  });
  it("a disk that is nearly full asks for room", () => {
    const vitals = { at: "", cpu_percent: 1, load1: 0, memory_used: 1, memory_total: 2, disk_used: 95, disk_total: 100, series: [] };
    expect(needs([], [node({ vitals })])[0]?.title).toContain("nearly full");
  });
});

it("the title is a sentence", () => {
  expect([0, 1, 3].map(houseTitle)).toEqual(["All calm.", "Mostly calm. One thing needs you.", "Mostly calm. Three things need you."]);
  expect(houseCount([app("a"), app("b", { wanted: "off" })], 1).replaceAll("\u00a0", " ")).toBe("2 apps on one machine: 1 on, 1 off.");
});
