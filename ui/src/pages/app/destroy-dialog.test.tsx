// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { Agent, House } from "../../test-agent";
import { DestroyDialog } from "./destroy-dialog";

afterEach(() => vi.unstubAllGlobals());
const destruction = { goes: ["1 running copy goes"], stays: ["The repository stays"], versions: 2, volumes: [{ id: "v", app: "notes", name: "data", path: "/data", node: "n", state: "in_use" }] };

function open() {
  const agent = new Agent({ "GET /apps/notes/destruction": destruction, "DELETE /apps/notes": { app: "notes", deployment: null, copies: 1, message: "Destroying notes." } });
  const onClose = vi.fn();
  render(<House><DestroyDialog app={{ id: "notes", name: "notes" }} onClose={onClose} /></House>);
  return { agent, onClose };
}

it("says what goes and what stays, and starts at the way out", async () => {
  open();
  expect(await screen.findByText("1 running copy goes")).toBeTruthy();
  expect(screen.getByText("The repository stays")).toBeTruthy();
  expect(document.activeElement?.textContent).toBe("Keep it");
});
it("nothing is destroyed before the whole name is typed", async () => {
  const { agent, onClose } = open();
  const user = userEvent.setup();
  const button = screen.getByRole("button", { name: "Destroy notes" });
  await screen.findByText("1 running copy goes");
  await user.type(screen.getByRole("textbox"), "note");
  await user.click(button);
  expect(agent.sent("DELETE /apps/notes")).toHaveLength(0);
  await user.type(screen.getByRole("textbox"), "s");
  await user.click(button);
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(agent.sent("DELETE /apps/notes")).toEqual([{ confirm: "notes", volumes: "keep" }]);
});
it("volumes are deleted only when their box was ticked", async () => {
  const { agent } = open();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("checkbox"));
  await user.type(screen.getByRole("textbox"), "notes");
  await user.click(screen.getByRole("button", { name: "Destroy notes" }));
  await waitFor(() => expect(agent.sent("DELETE /apps/notes")).toEqual([{ confirm: "notes", volumes: "delete" }]));
});
