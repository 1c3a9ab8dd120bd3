// @vitest-environment jsdom
import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppSummary, Platform } from "../../api/types";
import { StaleStrip } from "../../parts/stale";
import { Agent, House } from "../../test-agent";
import { machine } from "../../test-machine";
import { HomePage } from "./home-page";

const app = (name: string, over: Partial<AppSummary> = {}): AppSummary => ({
  id: name, name, wanted: "on", state: { kind: "running", since: "2026-11-20T09:00:00Z", reason: "On nuc" }, version: { number: 2, id: "v" }, address: "http://10.0.0.2:20001",
  addresses: { localhost: "http://x.localhost", lan: [], port: 20001 }, updated_at: "2026-11-20T09:00:00Z", deployment: null, stats: null, ...over,
});
const node = machine("nuc", { id: "n", leads: true, apps: ["notes"], uptime_ms: 1, standing: { rank: 1 } });
const platform = { name: "home", version: "0", node: "n", leader: { node: "n", name: "nuc", epoch: "1", since: "" }, nodes: 1, apps: 2, addresses: [], isolated: false, doubled: false, why: "" } satisfies Platform;

describe("Home", () => {
  let agent: Agent;
  beforeEach(() => {
    agent = new Agent({ "GET /platform": platform, "GET /nodes": [node], "GET /apps": [app("notes"), app("films", { wanted: "off", state: { kind: "off", since: "", reason: "You turned it off" } })] });
  });
  afterEach(() => vi.unstubAllGlobals());
  const open = () => render(<House><StaleStrip /><HomePage /></House>);
  const tile = async (name: string) => (await screen.findByRole("link", { name })).closest("li") as HTMLElement;

  it("says how the house is, and lays what is off below the waterline", async () => {
    open();
    expect(await screen.findByRole("heading", { level: 1, name: "All calm." })).toBeTruthy();
    expect((await tile("notes")).closest(".below")).toBeNull();
    expect((await tile("films")).closest(".below")).not.toBeNull();
  });
  it("a switch turns its app off and springs back with the reason when it cannot", async () => {
    agent.problems["POST /apps/notes/stop"] = { status: 409, title: "Busy", detail: "It is being updated", next: "Cancel the update first" };
    open();
    const knob = within(await tile("notes")).getByRole("switch", { name: "notes" });
    expect(knob.getAttribute("aria-checked")).toBe("true");
    await userEvent.click(knob);
    expect(agent.sent("POST /apps/notes/stop")).toHaveLength(1);
    expect(await screen.findByText("It is being updated. Cancel the update first.")).toBeTruthy();
    expect(knob.getAttribute("aria-checked")).toBe("true");
  });
  it("a change elsewhere arrives by itself", async () => {
    open();
    await tile("notes");
    act(() => agent.say("app", app("notes", { state: { kind: "crashlooping", since: "", reason: "It exits with 1", next: "Read its log" } })));
    expect(await screen.findByRole("heading", { level: 1, name: "Mostly calm. One thing needs you." })).toBeTruthy();
    expect(screen.getByText("It exits with 1. Read its log.")).toBeTruthy();
    act(() => agent.say("gone", { app: "films" }));
    expect(screen.queryByRole("link", { name: "films" })).toBeNull();
  });
  it("without contact the content stays, says its age, and nothing can be switched", async () => {
    open();
    const knob = within(await tile("notes")).getByRole("switch");
    vi.spyOn(Date, "now").mockReturnValue(Date.now() - 9000);
    act(() => agent.breakOff());
    vi.restoreAllMocks();
    await waitFor(() => expect(screen.getByText(/No contact with this machine/)).toBeTruthy(), { timeout: 3000 });
    expect(knob.getAttribute("aria-disabled")).toBe("true");
    await userEvent.click(knob);
    expect(agent.sent("POST /apps/notes/stop")).toHaveLength(0);
  });
  it("a house without apps asks for the first address at once", async () => {
    agent.answers["GET /apps"] = [];
    open();
    expect(await screen.findByLabelText("Git address")).toBeTruthy();
  });
});
