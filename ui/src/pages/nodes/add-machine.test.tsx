// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, House } from "../../test-agent";
import { AddMachine } from "./add-machine";

const SOON = new Date(Date.now() + 3_600_000).toISOString();
const NOW = new Date().toISOString();

function open() {
  const agent = new Agent({
    "POST /invites": { id: "new", token: "abc.0123", expires_at: SOON }, "DELETE /invites/old": null,
    "GET /invites": [{ id: "old", by: "session", created_at: NOW, expires_at: SOON }],
  });
  render(<House><AddMachine platform="home" onClose={() => undefined} /></House>);
  return { agent, user: userEvent.setup() };
}

describe("adding a machine", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("names the way without a token first, and makes no invite unasked", async () => {
    const { agent } = open();
    await screen.findByText("Invites nobody used yet");
    expect(screen.getAllByRole("heading", { level: 3 })[0]?.textContent).toBe("You are beside it");
    expect(agent.sent("POST /invites")).toEqual([]);
  });
  it("shows the token of a new invite once, as the command to type", async () => {
    const { agent, user } = open();
    await user.click(screen.getByRole("button", { name: "Make an invite" }));
    expect(await screen.findByText("kraken join abc.0123")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Make an invite" })).toBeNull();
    expect(agent.sent("POST /invites")).toHaveLength(1);
  });
  it("withdraws one that nobody used", async () => {
    const { agent, user } = open();
    await user.click(await screen.findByRole("button", { name: /^Withdraw the invite/ }));
    await waitFor(() => expect(agent.sent("DELETE /invites/old")).toHaveLength(1));
    expect(await screen.findByText("That invite opens nothing any more.")).toBeTruthy();
  });
});
