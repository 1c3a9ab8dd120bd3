// @vitest-environment jsdom
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { BuildLine, Deployment } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { DeploymentPage } from "./deployment-page";

const under: Deployment = {
  id: "d1", app: "radio", version_number: 4, kind: "update", asked_by: "session", asked_at: new Date().toISOString(), state: "under_way", phase: "building", before_version_number: 3,
  steps: [{ phase: "building", state: "now", started_at: new Date().toISOString(), why: "step 9 of 11" }, { phase: "starting", state: "todo", why: "beside v3" }],
};
const built = (n: number, text: string): BuildLine => ({ n, at: "2026-11-20T14:00:00Z", stream: "out", text });
const app = { id: "radio", name: "radio", address: "http://10.0.0.2:20004", usual_ms: { building: 60_000, starting: 2000 }, state: { kind: "updating", reason: "Another build is under way; its turn comes next" } };

describe("a deployment, live", () => {
  let agent: Agent;
  beforeEach(() => {
    agent = new Agent({
      "GET /deployments/d1": under, "GET /apps/radio": app, "GET /deployments/d1/log": { lines: [], next: 0, ended: false },
      "POST /deployments/d1/abort": { app: "radio", deployment: "d1", copies: 1, message: "Cancelling." },
      "POST /apps/radio/retry": { app: "radio", deployment: "d2", copies: 1, message: "Trying again." },
    });
  });
  afterEach(() => vi.unstubAllGlobals());
  const open = async () => {
    render(<House><DeploymentPage id="d1" /></House>);
    await screen.findByRole("heading", { level: 1, name: "Updating radio v4" });
  };

  it("says what still serves, what is done now and why, and how long the rest usually takes", async () => {
    await open();
    expect(screen.getByText("Version 3 still serves")).toBeTruthy();
    expect(screen.getByText("step 9 of 11")).toBeTruthy();
    expect(await screen.findByText(/^about 2.s$/)).toBeTruthy();
    expect(screen.getByText("Another build is under way; its turn comes next")).toBeTruthy();
  });
  it("build lines arrive by themselves, in their order, each once", async () => {
    await open();
    act(() => agent.say("build", { deployment: "d1", lines: [built(2, "second"), built(3, "third")] }));
    act(() => agent.say("build", { deployment: "d1", lines: [built(1, "first"), built(2, "second")] }));
    expect(screen.getAllByText(/^(first|second|third)$/).map((one) => one.textContent)).toEqual(["first", "second", "third"]);
  });
  it("can be cancelled while it runs, and not afterwards", async () => {
    await open();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(agent.sent("POST /deployments/d1/abort")).toHaveLength(1);
    act(() => agent.say("deployment", { ...under, state: "aborted", ended_at: new Date().toISOString(), aborted_because: "Cancelled in the dashboard" }));
    expect(screen.getByRole("heading", { name: "This deployment was cancelled" })).toBeTruthy();
    expect(screen.getByText("Cancelled in the dashboard.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Cancel" })).toBeNull();
  });
  it("a failure says why, what is next, its last lines, and offers the next step", async () => {
    await open();
    act(() => agent.say("deployment", {
      ...under, state: "failed", ended_at: new Date().toISOString(),
      failure: { step: "waiting_healthy", reason: "It answered `500`", next: "Set `KEY`", log_tail: ["KEY is not set"] },
    }));
    expect(screen.getByRole("heading", { name: "Failed at: waiting until healthy. Version 3 still serves." })).toBeTruthy();
    expect(screen.getByText("KEY is not set")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(window.location.pathname).toBe("/deployments/d2"));
  });
  it("a wait that is nobody's fault says so and when it goes on", async () => {
    await open();
    act(() => agent.say("deployment", { ...under, state: "waiting", waiting: { reason: "the Git host does not answer", next: null, attempt: 2, retry_at: new Date(Date.now() + 60_000).toISOString() } }));
    expect(screen.getByRole("heading", { name: "Waiting, and trying again by itself" })).toBeTruthy();
    expect(screen.getByText(/the Git host does not answer/)).toBeTruthy();
    expect(screen.getByText(/^Try 3 in/)).toBeTruthy();
  });
  it("ends at the app", async () => {
    await open();
    act(() => agent.say("deployment", { ...under, state: "done", phase: "running", ended_at: new Date().toISOString() }));
    expect((await screen.findByRole("link", { name: "Open it" })).getAttribute("href")).toBe("http://10.0.0.2:20004");
  });
});
