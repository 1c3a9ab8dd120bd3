// @vitest-environment jsdom
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent, House } from "../../test-agent";
import { SettingsPage } from "./settings-page";

const volume = { id: "vol1", app: "essays", name: "texts", path: "/data", node: "n", state: "trash", deleted_after: "2026-11-27T00:00:00Z" };

describe("settings", () => {
  let agent: Agent;
  const onSignOut = vi.fn();
  beforeEach(() => {
    agent = new Agent({
      "GET /trash": [{ app: "essays", destroyed_at: "2026-11-20T00:00:00Z", restorable: true, volumes: [volume] }],
      "POST /apps/essays/restore": { app: "essays", deployment: "d3", copies: 1, message: "Bringing essays back." },
      "POST /tokens": { id: "t1", name: "ci", scopes: ["read"], token: "krk_once" },
      "POST /state/import": { applied: 3, message: "3 apps would come back." },
    });
    render(<House><SettingsPage onSignOut={onSignOut} /></House>);
  });
  afterEach(() => vi.unstubAllGlobals());

  it("what was destroyed comes back by one press", async () => {
    await userEvent.click(await screen.findByRole("button", { name: "Restore essays" }));
    await waitFor(() => expect(agent.sent("POST /apps/essays/restore")).toHaveLength(1));
    expect(window.location.pathname).toBe("/deployments/d3");
  });
  it("a volume goes for good only after its name was typed", async () => {
    await userEvent.click(await screen.findByRole("button", { name: "Delete texts…" }));
    const sure = screen.getByRole("button", { name: "Delete texts" });
    await userEvent.click(sure);
    expect(agent.sent("DELETE /volumes/vol1")).toHaveLength(0);
    await userEvent.type(screen.getByLabelText("Type texts to confirm"), "texts");
    await userEvent.click(sure);
    await waitFor(() => expect(agent.sent("DELETE /volumes/vol1")).toEqual([{ confirm: "texts" }]));
  });
  it("a token is shown once, with the rights that were ticked", async () => {
    await userEvent.click(await screen.findByRole("button", { name: "Make a token" }));
    await userEvent.type(screen.getByLabelText("Name"), "ci");
    await userEvent.click(screen.getByLabelText(/^Write/));
    await userEvent.click(screen.getByRole("button", { name: "Make it" }));
    expect(await screen.findByText("krk_once")).toBeTruthy();
    expect(agent.sent("POST /tokens")).toEqual([{ name: "ci", scopes: ["read", "write"] }]);
    await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Done" }));
    expect(screen.queryByText("krk_once")).toBeNull();
  });
  it("a state file is checked first and taken in only when told to", async () => {
    const file = new File(["{\"version\":1}"], "state.json", { type: "application/json" });
    await userEvent.upload(screen.getByLabelText("State file"), file);
    expect(await screen.findByText(/3 apps would come back/)).toBeTruthy();
    expect(agent.sent("POST /state/import")).toHaveLength(1);
    await userEvent.click(screen.getByRole("button", { name: "Take it in" }));
    await waitFor(() => expect(agent.sent("POST /state/import")).toHaveLength(2));
  });
  it("a file that is no JSON never reaches the machine", async () => {
    await userEvent.upload(screen.getByLabelText("State file"), new File(["{"], "broken.json", { type: "application/json" }));
    expect(await screen.findByText(/broken\.json is no JSON/)).toBeTruthy();
    expect(agent.sent("POST /state/import")).toHaveLength(0);
  });
  it("the look is kept for the next visit", async () => {
    await userEvent.click(screen.getByRole("button", { name: "Dark" }));
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(localStorage.getItem("kraken-theme")).toBe("dark");
    await userEvent.click(screen.getByRole("button", { name: "As the system" }));
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });
  it("signing out ends this session", async () => {
    await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
    await waitFor(() => expect(onSignOut).toHaveBeenCalled());
    expect(agent.sent("DELETE /session")).toHaveLength(1);
  });
});
