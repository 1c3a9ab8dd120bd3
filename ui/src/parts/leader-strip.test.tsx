// @vitest-environment jsdom
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useHouse } from "../api/live";
import { Agent, House } from "../test-agent";
import { LeaderStrip } from "./leader-strip";

const platform = (leader: string | null, over: object = {}) => ({ name: "home", node: "nuc", nodes: 2, apps: 0, addresses: [], version: "", isolated: false, doubled: false, why: "", leader: leader && { node: leader, name: leader, epoch: `1.${leader}`, since: "" }, ...over });

function open(first: object) {
  const agent = new Agent({ "GET /platform": first, "POST /platform/lead-anyway": { app: null, deployment: null, copies: 1, message: "It leads those it can reach" } });
  render(<House><LeaderStrip /><KnownLeader /><input aria-label="typing" /></House>);
  return agent;
}

/** What the page knows, for tests that must not go on before it does. */
function KnownLeader() {
  return <i>{`known: ${useHouse().platform?.leader?.name ?? "nobody"}`}</i>;
}

describe("who leads, told on every page", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("says nothing while somebody leads", async () => {
    open(platform("nuc"));
    await screen.findByText("known: nuc");
    expect(screen.queryByRole("status", { name: "" })?.textContent ?? "").toBe("");
  });
  it("when another takes over says so once, and keeps what is being typed", async () => {
    const agent = open(platform("nuc"));
    await screen.findByText("known: nuc");
    await userEvent.type(screen.getByLabelText("typing"), "half a sen");
    agent.answers["GET /platform"] = platform("pi4");
    act(() => agent.say("apps", { changed: [] }));
    expect(await screen.findByText("pi4 leads now.")).toBeTruthy();
    expect((screen.getByLabelText("typing") as HTMLInputElement).value).toBe("half a sen");
  });
  it("a machine cut off from all others offers to lead anyway", async () => {
    const agent = open(platform(null, { isolated: true }));
    await userEvent.click(await screen.findByRole("button", { name: "Lead anyway" }));
    await waitFor(() => expect(agent.sent("POST /platform/lead-anyway")).toHaveLength(1));
  });
  it("a moment without a leader is not worth a word, a longer one is", async () => {
    open(platform(null));
    await new Promise((then) => setTimeout(then, 500));
    expect(screen.queryByText("No machine leads just now.")).toBeNull();
    expect(await screen.findByText("No machine leads just now.", undefined, { timeout: 4000 })).toBeTruthy();
  });
  it("a machine whose identity is used twice says how that is mended", async () => {
    open(platform("nuc", { doubled: true }));
    expect(await screen.findByText("kraken reset-identity")).toBeTruthy();
  });
});
