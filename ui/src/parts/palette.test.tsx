// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Agent, House } from "../test-agent";
import { Palette } from "./palette";

const notes = {
  id: "notes", name: "notes", wanted: "on", state: { kind: "running", since: "", reason: "" }, version: { number: 2, id: "v" }, address: "http://10.0.0.2:20001",
  addresses: { localhost: "", lan: [], port: null }, updated_at: "", deployment: null, stats: null,
};

describe("the palette", () => {
  let agent: Agent;
  const onClose = vi.fn();
  beforeEach(async () => {
    onClose.mockClear();
    agent = new Agent({ "GET /platform": { name: "home", leader: null }, "GET /nodes": [], "GET /apps": [notes], "POST /apps/notes/stop": { app: "notes", deployment: null, copies: 1, message: "Turning notes off." } });
    render(<House><Palette onClose={onClose} onShortcuts={vi.fn()} /></House>);
    await screen.findByRole("option", { name: /^notes/ });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("is typed into at once, and Enter goes where the first row says", async () => {
    expect(document.activeElement).toBe(screen.getByRole("combobox"));
    await userEvent.keyboard("logs{Enter}");
    expect(window.location.pathname).toBe("/apps/notes/logs");
    expect(onClose).toHaveBeenCalled();
  });
  it("arrows choose, round and round", async () => {
    await userEvent.keyboard("n");
    const chosen = () => screen.getByRole("option", { selected: true }).textContent;
    const first = chosen();
    await userEvent.keyboard("{ArrowDown}");
    expect(chosen()).not.toBe(first);
    await userEvent.keyboard("{ArrowUp}{ArrowUp}{ArrowDown}");
    expect(chosen()).toBe(first);
  });
  it("does what a row says and tells what came of it", async () => {
    await userEvent.keyboard("turn off{Enter}");
    await waitFor(() => expect(agent.sent("POST /apps/notes/stop")).toHaveLength(1));
    expect(await screen.findByText("Turning notes off.")).toBeTruthy();
  });
  it("says when nothing is called that", async () => {
    await userEvent.keyboard("zzz");
    expect(screen.getByText("Nothing here is called that.")).toBeTruthy();
  });
});
