import { expect, it } from "vitest";
import { appsByName, EMPTY_HOUSE, fold, furnish, withJoining } from "./house";
import type { AppSummary, Node, Platform, Vitals } from "./types";

const app = (id: string): AppSummary => ({
  id, name: id, wanted: "on", state: { kind: "running", since: "", reason: "" }, version: null, address: null,
  addresses: { localhost: "", lan: [], port: null }, updated_at: "", deployment: null, stats: { cpu_percent: 1, memory_bytes: 25, memory_limit: 100 },
});
const vitals = (over: Partial<Vitals> = {}): Vitals => ({
  at: "t", cpu_percent: 5, load1: 0, memory_used: 1, memory_total: 2, disk_used: 1, disk_total: 2, series: [], ...over,
});
const node = { id: "n", vitals: vitals({ series: [{ at: "t", cpu_percent: 1, memory_used: 1 }] }) } as Node;
const house = furnish(EMPTY_HOUSE, { name: "home" } as Platform, [node], [app("b"), app("a")], []);

it("apps stand by name, whatever order they came in", () => {
  expect(appsByName(house).map((a) => a.id)).toEqual(["a", "b"]);
});
it("a changed app replaces itself only", () => {
  const next = fold(house, { name: "app", data: { ...app("a"), wanted: "off" } });
  expect(next.apps.a?.wanted).toBe("off");
  expect(next.apps.b).toBe(house.apps.b);
});
it("an app that is gone takes its water with it", () => {
  const next = fold(house, { name: "gone", data: { app: "a" } });
  expect(Object.keys(next.apps)).toEqual(["b"]);
  expect(next.waters).not.toHaveProperty("a");
});
it("a reload forgets apps that went while nobody listened", () => {
  expect(Object.keys(furnish(house, house.platform as Platform, [], [app("b")], []).apps)).toEqual(["b"]);
});
it("an answer about joining that says nothing new changes nothing", () => {
  const joining = { can_join: false, found: [], handshakes: [] };
  const asked = withJoining(house, joining);
  expect(asked.joining).toEqual(joining);
  expect(withJoining(asked, { ...joining })).toBe(asked);
});
it("vitals move meters and water, and keep the hour that is known", () => {
  const next = fold(house, { name: "vitals", data: { node: "n", vitals: vitals({ cpu_percent: 50 }), apps: { a: { cpu_percent: 9, memory_bytes: 100, memory_limit: 100 } } } });
  expect(next.nodes[0]?.vitals?.cpu_percent).toBe(50);
  expect(next.nodes[0]?.vitals?.series).toHaveLength(1);
  expect(next.waters.a).toEqual([0.5, 1]);
});
it("stats of an app nobody knows invent no app", () => {
  const next = fold(house, { name: "vitals", data: { node: "x", vitals: vitals(), apps: { ghost: { cpu_percent: 1, memory_bytes: 1, memory_limit: 1 } } } });
  expect(next.apps).not.toHaveProperty("ghost");
});
it("events that change nothing here change nothing", () => {
  expect(fold(house, { name: "hello", data: { at: "", node: "" } })).toBe(house);
});
