// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Handshake } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { JoiningPanel } from "./joining-panel";

const asks: Handshake = {
  id: "h1", part: "host", state: "comparing", reason: "", name: "raspberrypi-5", address: "192.168.1.57:7373", platform: "home", code: "482 913",
  yes_here: false, yes_there: false, until: new Date(Date.now() + 300_000).toISOString(),
};

function open(handshake: Handshake) {
  const agent = new Agent({ "POST /joining/h1/approve": { ...handshake, yes_here: true }, "POST /joining/h1/refuse": { ...handshake, state: "ended" } });
  const after = vi.fn();
  render(<House><JoiningPanel handshake={handshake} after={after} /></House>);
  return { agent, after, user: userEvent.setup() };
}

describe("a machine that wants to join", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("shows the digits, reads them out singly, and never focuses the yes", () => {
    open(asks);
    expect(screen.getByRole("img", { name: "Pairing code 4 8 2 9 1 3" }).textContent).toBe("482\u00a0913");
    expect(document.activeElement).toBe(document.body);
  });
  it("is let in, or refused, by one press", async () => {
    const { agent, after, user } = open(asks);
    await user.click(screen.getByRole("button", { name: "Same digits, let it in" }));
    await waitFor(() => expect(after).toHaveBeenCalledTimes(1));
    await user.click(screen.getByRole("button", { name: "Not mine" }));
    await waitFor(() => expect(after).toHaveBeenCalledTimes(2));
    expect([agent.sent("POST /joining/h1/approve").length, agent.sent("POST /joining/h1/refuse").length]).toEqual([1, 1]);
  });
  it("on its own page says whom it joins, and that both show the same digits", () => {
    open({ ...asks, part: "joiner", name: "pi4" });
    expect(screen.getByRole("heading", { name: "Join home at pi4?" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Same digits, join home" })).toBeTruthy();
    expect(screen.getByText(/gives up its own platform/)).toBeTruthy();
  });
  it("after the yes waits for the other, and the yes can be taken back", () => {
    open({ ...asks, yes_here: true });
    expect(screen.queryByRole("button", { name: "Same digits, let it in" })).toBeNull();
    expect(screen.getByText(/^You said yes/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Take the yes back" })).toBeTruthy();
  });
  it("when it ended says why, and offers nothing to press", () => {
    open({ ...asks, state: "ended", reason: "The two codes differ", next: "Somebody may be in between" });
    expect(screen.getByText("The two codes differ.")).toBeTruthy();
    expect(screen.queryAllByRole("button")).toEqual([]);
  });
  it("what the agent refuses is said with its next step", async () => {
    const { agent, user } = open(asks);
    agent.problems["POST /joining/h1/approve"] = { status: 404, title: "Gone", detail: "That handshake is over", next: "Start it again" };
    await user.click(screen.getByRole("button", { name: "Same digits, let it in" }));
    expect(await screen.findByText("That handshake is over. Start it again.")).toBeTruthy();
  });
});
