// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { App } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { EnvTab } from "./env-tab";

const app = {
  id: "notes", name: "notes",
  env: [{ name: "TZ", value: "Europe/Berlin", set_here: true, file: "UTC" }, { name: "CACHE", value: "64", set_here: false, file: "64" }],
  secrets: [{ name: "KEY", is_set: false, wanted: true }, { name: "MAIL", is_set: true, wanted: true, set_at: "2026-11-12T00:00:00Z" }],
} as unknown as App;
const accepted = { app: "notes", deployment: null, copies: 1, message: "Taken." };

function open() {
  const agent = new Agent({ "PUT /apps/notes/env": accepted, "PUT /apps/notes/secrets/KEY": accepted, "PUT /apps/notes/secrets/NEW_ONE": accepted });
  const refetch = vi.fn();
  render(<House><EnvTab app={app} refetch={refetch} /></House>);
  return { agent, refetch, user: userEvent.setup() };
}

describe("env and secrets", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("says where each value comes from, and never shows a secret", () => {
    open();
    expect(screen.getByText(/set here; the file says/).textContent).toBe("set here; the file says UTC");
    expect(screen.getByText("Not set, the file asks for it")).toBeTruthy();
    expect(screen.getByRole("img", { name: "sealed" })).toBeTruthy();
  });
  it("a value set here goes back to the file by one press", async () => {
    const { agent, refetch, user } = open();
    await user.click(screen.getByRole("button", { name: "Reset TZ to the file" }));
    await waitFor(() => expect(refetch).toHaveBeenCalled());
    expect(agent.sent("PUT /apps/notes/env")).toEqual([{ set: {}, reset: ["TZ"] }]);
    expect(await screen.findByText("Taken.")).toBeTruthy();
  });
  it("a secret is typed into a hidden field and sent once", async () => {
    const { agent, user } = open();
    await user.click(screen.getByRole("button", { name: "Set KEY" }));
    const field = screen.getByLabelText("Value") as HTMLInputElement;
    expect(field.type).toBe("password");
    await user.type(field, "s3cret");
    await user.click(screen.getByRole("button", { name: "Save KEY" }));
    await waitFor(() => expect(agent.sent("PUT /apps/notes/secrets/KEY")).toEqual([{ value: "s3cret" }]));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  it("a new name is checked before it is sent", async () => {
    const { agent, user } = open();
    await user.click(screen.getByRole("button", { name: "Add a secret" }));
    await user.type(screen.getByLabelText("Name"), "NEW-ONE");
    await user.type(screen.getByLabelText("Value"), "x");
    expect(screen.getByText(/letters, digits and underscores/)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Save NEW-ONE" }));
    expect(agent.sent("PUT /apps/notes/secrets/NEW-ONE")).toHaveLength(0);
  });
});
