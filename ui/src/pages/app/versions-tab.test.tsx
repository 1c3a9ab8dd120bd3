// @vitest-environment jsdom
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { App, Version } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { VersionsTab } from "./versions-tab";

const version = (number: number, state: Version["state"]): Version => ({
  id: `v${number}`, number, commit: "c2f8a13", summary: `change ${number}`, created_at: "2026-11-10T00:00:00Z", state, why: "", manifest_changed: false,
});
const app = { id: "notes", name: "notes", version: { number: 7, id: "v7" }, volumes: [{ name: "data" }] } as unknown as App;

describe("versions", () => {
  afterEach(() => vi.unstubAllGlobals());
  const open = () => {
    const agent = new Agent({
      "GET /apps/notes/versions": [version(8, "failed"), version(7, "serving"), version(6, "kept"), version(5, "purged")],
      "POST /apps/notes/retry": { app: "notes", deployment: "d8", copies: 1, message: "Trying again." },
      "POST /apps/notes/rollback": { app: "notes", deployment: "d9", copies: 1, message: "Going back." },
    });
    render(<House><VersionsTab app={app} /></House>);
    return agent;
  };

  it("only what is kept can be gone back to", async () => {
    open();
    await screen.findByText("change 7");
    expect(screen.getAllByRole("button").map((one) => one.textContent)).toEqual(["Try again", "Go back to v6"]);
    expect(within(screen.getByText("change 8").closest("tr") as HTMLElement).getByText("Failed")).toBeTruthy();
  });
  it("the newest, where it failed, is tried again by one press", async () => {
    const agent = open();
    await userEvent.click(await screen.findByRole("button", { name: "Try v8 again" }));
    await waitFor(() => expect(agent.sent("POST /apps/notes/retry")).toHaveLength(1));
    expect(window.location.pathname).toBe("/deployments/d8");
  });
  it("going back warns that data stays, and goes to the deployment", async () => {
    const agent = open();
    await userEvent.click(await screen.findByRole("button", { name: "Go back to v6" }));
    const dialog = screen.getByRole("dialog");
    expect(dialog.textContent).toContain("Data is not taken back. What newer versions wrote to its volumes stays");
    await userEvent.click(within(dialog).getByRole("button", { name: "Go back to v6" }));
    await waitFor(() => expect(agent.sent("POST /apps/notes/rollback")).toEqual([{ version: "v6" }]));
    expect(window.location.pathname).toBe("/deployments/d9");
  });
});
