import { describe, expect, it } from "vitest";
import type { AppSummary, Node } from "../api/types";
import type { House } from "../api/house";
import { machine } from "../test-machine";
import { houseCount, houseTitle, needs } from "./house";

const app = (name: string, over: Partial<AppSummary> = {}): AppSummary => ({
  id: name, name, wanted: "on", state: { kind: "running", since: "", reason: "" }, version: { number: 7, id: "v" }, address: null,
  addresses: { localhost: "", lan: [], port: null }, updated_at: "", deployment: null, stats: null, ...over,
});
const node = (over: Partial<Node> = {}): Node => machine("nuc", { id: "n", leads: true, ...over });
const house = (apps: AppSummary[], nodes: Node[] = [], over: Partial<Pick<House, "conflicts" | "joining">> = {}) =>
  ({ apps: Object.fromEntries(apps.map((one) => [one.id, one])), nodes, conflicts: [], joining: null, ...over });

describe("what needs somebody", () => {
  it("is nothing when all is well, also when apps are off", () => {
    expect(needs(house([app("a"), app("b", { wanted: "off", state: { kind: "failed", since: "", reason: "x" } })], [node()]))).toEqual([]);
  });
  it("a failed update says which version still serves", () => {
    const [need] = needs(house([app("radio", { state: { kind: "running", since: "", reason: "It answered 500. Version 7 still serves", next: "Set KEY" }, deployment: { id: "d1", state: "failed", phase: "waiting_healthy", version_number: 8 } })]));
    expect(need).toMatchObject({ title: "radio could not be updated to v8", says: "It answered 500. Version 7 still serves. Set KEY.", action: { to: { page: "deployment", id: "d1" } } });
  });
  it("an update that is under way needs nobody", () => {
    expect(needs(house([app("radio", { state: { kind: "updating", since: "", reason: "" }, deployment: { id: "d1", state: "under_way", phase: "building" } })]))).toEqual([]);
  });
  it("what failed stands above what only waits", () => {
    const waiting = app("a", { state: { kind: "waiting", since: "", reason: "Git host away" } });
    const broken = app("b", { state: { kind: "crashlooping", since: "", reason: "exits with 1", next: "Read its log." } });
    expect(needs(house([waiting, broken], [node({ docker: { reachable: false, reason: "no socket" } })])).map((n) => n.key)).toEqual(["n docker", "b", "a"]);
  });
  it("a disk that is nearly full asks for room", () => {
    const vitals = { at: "", cpu_percent: 1, load1: 0, memory_used: 1, memory_total: 2, disk_used: 95, disk_total: 100, series: [] };
    expect(needs(house([], [node({ vitals })]))[0]?.title).toContain("nearly full");
  });
  it("a machine that wants to join stands above what is degraded, with its digits", () => {
    const handshake = { id: "h", part: "host", state: "comparing", reason: "", name: "pi5", address: "10.0.0.5:7373", code: "482 913", yes_here: false, yes_there: false, until: "" } as const;
    const lost = machine("shed", { apps: ["homework"], standing: { live: false } });
    const rows = needs(house([], [node(), lost], { joining: { can_join: false, found: [], handshakes: [handshake] } }));
    expect(rows.map((row) => row.title)).toEqual(["pi5 wants to join", "No contact with shed"]);
    expect(rows[0]?.says).toContain("482\u00a0913");
    expect(rows[1]?.says).toBe("homework had a copy on it. Check its power and cable; it rejoins by itself.");
  });
  it("what was changed on two sides asks for a choice, whatever their number, in one row", () => {
    const side = { revision: "a:1", at: "", node: "nuc", says: "", restorable: true };
    const conflict = (what: string) => ({ object: what, app: null, what, kept: side, others: [side] });
    const [need] = needs(house([], [node()], { conflicts: [conflict("Env of notes"), conflict("Scale of radio")] }));
    expect(need).toMatchObject({ title: "Two things were changed on two sides", says: "Env of notes and Scale of radio. The newer change counts until you choose.", action: { to: { page: "conflicts" } } });
  });
});

it("the title is a sentence", () => {
  expect([0, 1, 3].map(houseTitle)).toEqual(["All calm.", "Mostly calm. One thing needs you.", "Mostly calm. Three things need you."]);
  expect(houseCount([app("a"), app("b", { wanted: "off" })], 1).replaceAll("\u00a0", " ")).toBe("2 apps on one machine: 1 on, 1 off.");
});
