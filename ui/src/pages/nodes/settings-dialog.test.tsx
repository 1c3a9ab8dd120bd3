// @vitest-environment jsdom
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Agent, House } from "../../test-agent";
import { SettingsDialog } from "./settings-dialog";

function open(settings: object = {}) {
  const agent = new Agent({ "GET /nodes/n1/settings": settings, "PUT /nodes/n1/settings": { app: null, deployment: null, copies: 1, message: "Saved." } });
  const onClose = vi.fn();
  render(<House><SettingsDialog node={{ id: "n1", name: "nuc" }} onClose={onClose} /></House>);
  return { agent, onClose, user: userEvent.setup() };
}

describe("a machine's settings", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("shows what is set, and sends all of it", async () => {
    const { agent, onClose, user } = open({ priority: 200, labels: ["attic"], machine: "anchor" });
    expect((await screen.findByLabelText("Priority") as HTMLInputElement).value).toBe("200");
    await user.click(screen.getByRole("radio", { name: /^Often away/ }));
    await user.clear(screen.getByLabelText("Priority"));
    await user.type(screen.getByLabelText("Labels"), " camera");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(onClose).toHaveBeenCalled());
    expect(agent.sent("PUT /nodes/n1/settings")).toEqual([{ machine: "spare", priority: null, labels: ["attic", "camera"] }]);
  });
  it("what cannot be read is not sent", async () => {
    const { agent, user } = open();
    await user.type(await screen.findByLabelText("Priority"), "999");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(agent.sent("PUT /nodes/n1/settings")).toEqual([]);
  });
  it("what is typed stays when the leader changes and the stream begins anew", async () => {
    const { agent, user } = open({ priority: 10 });
    await user.type(await screen.findByLabelText("Labels"), "half a lab");
    act(() => { agent.breakOff(); agent.say("hello", { at: "", node: "n2" }); });
    await new Promise((then) => setTimeout(then, 200));
    expect((screen.getByLabelText("Labels") as HTMLInputElement).value).toBe("half a lab");
  });
});
