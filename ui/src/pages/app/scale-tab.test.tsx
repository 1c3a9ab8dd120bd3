// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { App } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { ScaleTab } from "./scale-tab";

const notes = {
  id: "notes", name: "notes", volumes: [], scale: { value: 3, set_here: true, file: 2 },
  route: { publish: { value: 20_001, set_here: true, file: null }, hosts: { value: [], set_here: false, file: [] } },
} as unknown as App;
const accepted = { app: "notes", deployment: null, copies: 1, message: "Taken." };

function open(app: App = notes) {
  const agent = new Agent({ "PUT /apps/notes/scale": accepted, "PUT /apps/notes/route": accepted });
  const refetch = vi.fn();
  render(<House><ScaleTab app={app} refetch={refetch} /></House>);
  return { agent, refetch, user: userEvent.setup() };
}

describe("copies and address", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("the number of copies says that it is set here and what the file says, and goes back by one press", async () => {
    const { agent, refetch, user } = open();
    expect(screen.getByRole("heading", { name: "Copies: 3" })).toBeTruthy();
    expect(screen.getByText("Set here; the file says 2.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Reset Copies to the file" }));
    await waitFor(() => expect(agent.sent("PUT /apps/notes/scale")).toEqual([{ replicas: null }]));
    expect(refetch).toHaveBeenCalled();
  });
  it("another number is sent as a number, and none or a word is not sent at all", async () => {
    const { agent, user } = open();
    await user.click(screen.getByRole("button", { name: "Change Copies" }));
    const field = screen.getByLabelText("Copies");
    for (const wrong of ["0", "many", "101"]) {
      await user.clear(field);
      await user.type(field, wrong);
      await user.click(screen.getByRole("button", { name: "Save" }));
    }
    expect(agent.sent("PUT /apps/notes/scale")).toEqual([]);
    await user.clear(field);
    await user.type(field, "5");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(agent.sent("PUT /apps/notes/scale")).toEqual([{ replicas: 5 }]));
    expect(screen.queryByRole("dialog")).toBeNull();
  });
  it("what the agent refuses stays open with its reason", async () => {
    const { agent, user } = open({ ...notes, volumes: [{ name: "data" }] } as unknown as App);
    agent.problems["PUT /apps/notes/scale"] = { status: 422, title: "Invalid", detail: "notes has a volume that only one replica may use", next: "Say shared = true." };
    await user.click(screen.getByRole("button", { name: "Change Copies" }));
    expect(screen.getByText(/With a volume it is one/)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("notes has a volume that only one replica may use. Say shared = true.")).toBeTruthy();
    expect(screen.getByRole("dialog")).toBeTruthy();
  });
  it("where the file says nothing, one copy runs and the page says why", () => {
    open({ ...notes, scale: { value: 1, set_here: false, file: null } } as unknown as App);
    expect(screen.getByText("The file says nothing, so one runs.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Reset Copies to the file" })).toBeNull();
  });
  it("a port of one's own is a number or nothing, and can be given back", async () => {
    const { agent, user } = open();
    await user.click(screen.getByRole("button", { name: "Change LAN port" }));
    await user.clear(screen.getByLabelText("Port"));
    await user.type(screen.getByLabelText("Port"), "80");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(agent.sent("PUT /apps/notes/route")).toHaveLength(0);
    await user.type(screen.getByLabelText("Port"), "80");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(agent.sent("PUT /apps/notes/route")).toEqual([{ publish: 8080 }]));
    await user.click(screen.getByRole("button", { name: "Reset LAN port to the file" }));
    await waitFor(() => expect(agent.sent("PUT /apps/notes/route")).toEqual([{ publish: 8080 }, { publish: null }]));
  });
});
