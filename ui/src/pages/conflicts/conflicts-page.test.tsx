// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Conflict } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { ConflictsPage } from "./conflicts-page";

const other = { revision: "b:7", at: "2026-11-20T11:59:00Z", node: "pi4", says: "TZ is Europe/Berlin", restorable: true };
const conflict: Conflict = {
  object: "app/notes/env", app: "notes", what: "Env of notes",
  kept: { revision: "a:2", at: "2026-11-20T12:00:00Z", node: "nuc", says: "TZ is UTC", restorable: true }, others: [other],
};

async function open(conflicts: Conflict[]) {
  const agent = new Agent({ "GET /conflicts": conflicts, "POST /conflicts/settle": { app: "notes", deployment: null, copies: 2, message: "pi4's change counts now" } });
  render(<House><ConflictsPage /></House>);
  await waitFor(() => expect(document.querySelector(".stack[aria-busy]")).toBeNull());
  return { agent, user: userEvent.setup() };
}

describe("what was changed on two sides", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("shows both changes with who took them, the one in force first", async () => {
    await open([conflict]);
    expect(screen.getAllByRole("listitem").map((one) => one.querySelector("p")?.textContent)).toEqual(["TZ is UTC", "TZ is Europe/Berlin"]);
    expect(screen.getByText("In force")).toBeTruthy();
  });
  it("restores the other by one press, and keeps the present by one press", async () => {
    const { agent, user } = await open([conflict]);
    await user.click(screen.getByRole("button", { name: "Restore what pi4 took" }));
    await waitFor(() => expect(agent.sent("POST /conflicts/settle")).toEqual([{ object: "app/notes/env", revision: "b:7" }]));
    expect(await screen.findByText("pi4's change counts now")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Keep what nuc took" }));
    await waitFor(() => expect(agent.sent("POST /conflicts/settle")[1]).toEqual({ object: "app/notes/env", revision: "a:2" }));
  });
  it("what cannot be put in force from here says why and sends nothing", async () => {
    const { agent, user } = await open([{ ...conflict, others: [{ ...other, restorable: false }] }]);
    const button = screen.getByRole("button", { name: "Restore what pi4 took" });
    await user.click(button);
    expect(button.title).toContain("newer Kraken");
    expect(agent.sent("POST /conflicts/settle")).toEqual([]);
  });
  it("where nothing waits it says so and leads home", async () => {
    await open([]);
    expect(screen.getByRole("link", { name: "Go home" })).toBeTruthy();
  });
});
