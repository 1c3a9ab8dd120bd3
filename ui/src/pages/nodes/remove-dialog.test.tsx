// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, House } from "../../test-agent";
import { RemoveDialog } from "./remove-dialog";

const removal = {
  goes: ["The data in texts of essays", "Its place in the platform"], stays: ["Its containers and files, on its own disk"], apps: ["essays"],
  to_change: [{ app: "notes", name: "KEY" }, { app: null, name: "deploy key of git.home/max/notes" }],
};

function open(known = removal) {
  const agent = new Agent({ "GET /nodes/n3/removal": known, "DELETE /nodes/n3": { app: null, deployment: null, copies: 2, message: "pi-3-shed is removed" } });
  const onClose = vi.fn();
  render(<House><RemoveDialog node={{ id: "n3", name: "pi-3-shed" }} onClose={onClose} /></House>);
  return { agent, onClose, user: userEvent.setup() };
}

describe("removing a machine", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("spells out what goes and what stays, and which apps lose their data", async () => {
    open();
    expect((await screen.findAllByRole("listitem")).map((one) => one.textContent)).toEqual([...removal.goes, ...removal.stays]);
    expect(screen.getByText("essays has its data there and cannot run without it.")).toBeTruthy();
    expect(screen.getByText(/^It could read 2 sealed values/)).toBeTruthy();
  });
  it("waits until the name is typed, and begins at the harmless button", async () => {
    const { agent, user } = open();
    await screen.findAllByRole("listitem");
    expect(document.activeElement?.textContent).toBe("Keep it");
    const sure = screen.getByRole("button", { name: "Remove pi-3-shed" });
    await user.type(screen.getByRole("textbox"), "pi-3");
    await user.click(sure);
    expect(agent.sent("DELETE /nodes/n3")).toEqual([]);
    await user.type(screen.getByRole("textbox"), "-shed");
    await user.click(sure);
    await waitFor(() => expect(agent.sent("DELETE /nodes/n3")).toEqual([{ confirm: "pi-3-shed" }]));
  });
  it("afterwards lists the values to change, each with its app, until they were read", async () => {
    const { onClose, user } = open();
    await screen.findAllByRole("listitem");
    await user.type(screen.getByRole("textbox"), "pi-3-shed");
    await user.click(screen.getByRole("button", { name: "Remove pi-3-shed" }));
    expect(await screen.findByRole("heading", { name: "pi-3-shed is out. Change what it knew" })).toBeTruthy();
    expect(screen.getAllByRole("listitem").map((one) => one.textContent)).toEqual(["KEY of notes", "deploy key of git.home/max/notes"]);
    expect(onClose).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "I have the list" }));
    expect(onClose).toHaveBeenCalled();
  });
  it("where it knew nothing the dialog closes at once", async () => {
    const { onClose, user } = open({ ...removal, to_change: [] });
    await screen.findAllByRole("listitem");
    await user.type(screen.getByRole("textbox"), "pi-3-shed");
    await user.click(screen.getByRole("button", { name: "Remove pi-3-shed" }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
  });
});
