// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Dashboard } from "./app";
import { Agent } from "./test-agent";

const inside = { signed_in: true, has_password: true, platform: "home" };

describe("the dashboard", () => {
  let agent: Agent;
  beforeEach(() => {
    window.history.replaceState(null, "", "/");
    agent = new Agent({ "GET /session": inside, "GET /platform": { name: "home", leader: null, nodes: 1, apps: 0, addresses: [] }, "GET /nodes": [], "GET /apps": [] });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("a session that ends shows the door, and signing in leads back to where one was", async () => {
    window.history.replaceState(null, "", "/events");
    render(<Dashboard />);
    await screen.findByRole("heading", { level: 1, name: "What happened" });
    agent.problems["GET /audit"] = { status: 401, title: "Sign in" };
    await userEvent.click(screen.getAllByRole("link", { name: "Home" })[0] as HTMLElement);
    await userEvent.click(screen.getAllByRole("link", { name: "Events" })[0] as HTMLElement);
    await userEvent.type(await screen.findByLabelText("Password"), "three wet words");
    agent.problems = {};
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByRole("heading", { level: 1, name: "What happened" })).toBeTruthy();
    expect(window.location.pathname).toBe("/events");
  });
  it("keys lead about, but not while somebody types", async () => {
    render(<Dashboard />);
    const field = await screen.findByLabelText("Git address");
    await userEvent.type(field, "gn?d/");
    expect(window.location.pathname).toBe("/");
    field.blur();
    await userEvent.keyboard("gn");
    await screen.findByRole("heading", { level: 1, name: "Machines of home" });
    await userEvent.keyboard("?");
    expect(screen.getByRole("dialog", { name: "Shortcuts" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    await userEvent.keyboard("{Control>}k{/Control}");
    expect(screen.getByRole("combobox")).toBeTruthy();
  });
  it("the way back is the browser's own", async () => {
    render(<Dashboard />);
    await userEvent.click((await screen.findAllByRole("link", { name: "Settings" }))[0] as HTMLElement);
    await screen.findByRole("heading", { level: 1, name: "Settings" });
    window.history.back();
    await waitFor(() => expect(screen.getByLabelText("Git address")).toBeTruthy());
  });
  it("an address that means nothing says so and leads home", async () => {
    window.history.replaceState(null, "", "/usage");
    render(<Dashboard />);
    await userEvent.click(await screen.findByRole("link", { name: "Go home" }));
    expect(window.location.pathname).toBe("/");
  });
});
