// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { App } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { machine } from "../../test-machine";
import { PlacePanel } from "./place-panel";

const notes = {
  id: "notes", name: "notes", volumes: [], placement: [{ node: "nuc", node_name: "nuc", why: "most room" }],
  place: { node: null, choices: [{ node: "nuc", node_name: "nuc", fits: true, why: "6.2 GB free" }, { node: "shed", node_name: "shed", fits: false, why: "it is not heard" }] },
} as unknown as App;

function open(app: App = notes, machines = ["nuc", "shed"]) {
  const agent = new Agent({ "GET /platform": { name: "home", node: "nuc" }, "GET /nodes": machines.map((name) => machine(name)), "PUT /apps/notes/place": { app: "notes", deployment: null, copies: 2, message: "notes goes to shed" } });
  const after = vi.fn(() => "Taken.");
  render(<House><PlacePanel app={app} after={after} /></House>);
  return { agent, after, user: userEvent.setup() };
}

describe("where an app runs", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is Kraken's choice until somebody chooses, with what each machine has to offer", async () => {
    const { agent, user } = open();
    expect(await screen.findByText("It goes where there is most room. It runs on nuc.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Change the machine" }));
    expect((screen.getByRole("radio", { name: /^Let Kraken choose/ }) as HTMLInputElement).checked).toBe(true);
    expect(screen.getByRole("radio", { name: /^nuc ?, 6.2 GB free/ })).toBeTruthy();
    await user.click(screen.getByRole("radio", { name: /^shed ?, would wait: it is not heard/ }));
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(agent.sent("PUT /apps/notes/place")).toEqual([{ node: "shed" }]));
  });
  it("goes back to Kraken by one press", async () => {
    const { agent, after, user } = open({ ...notes, place: { ...notes.place, node: "shed" } });
    expect(await screen.findByText(/It waits there: it is not heard/)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Let Kraken choose" }));
    await waitFor(() => expect(after).toHaveBeenCalled());
    expect(agent.sent("PUT /apps/notes/place")).toEqual([{ node: null }]);
  });
  it("is no question with one machine", async () => {
    open(notes, ["nuc"]);
    await new Promise((then) => setTimeout(then, 300));
    expect(screen.queryByText("Where it runs")).toBeNull();
  });
});
