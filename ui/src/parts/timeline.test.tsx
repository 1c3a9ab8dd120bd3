// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Deployment } from "../api/types";
import { Timeline } from "./timeline";

const deployment: Deployment = {
  id: "d", app: "a", kind: "update", asked_by: "session", asked_at: "2026-11-20T14:00:00Z", ended_at: "2026-11-20T14:01:00Z",
  state: "failed", phase: "waiting_healthy",
  steps: [
    { phase: "building", state: "done", started_at: "2026-11-20T14:00:00Z", ended_at: "2026-11-20T14:00:41.8Z", why: "on nuc, `npm run build`" },
    { phase: "waiting_healthy", state: "failed", started_at: "2026-11-20T14:00:42Z", ended_at: "2026-11-20T14:01:00Z", why: "answered 500" },
    { phase: "running", state: "todo", why: "" },
  ],
};

it("each phase says what became of it, how long it took and why", () => {
  render(<Timeline deployment={deployment} wide />);
  const rows = screen.getAllByRole("listitem").map((row) => row.textContent);
  expect(rows[0]).toBe("Building, done41.8\u00a0son nuc, npm run build");
  expect(rows[1]).toContain("Waiting until healthy, failed18.0\u00a0s");
  expect(rows[2]).toBe("Running, to comenot reached");
});
it("what stands between backticks is code, never markup", () => {
  render(<Timeline deployment={{ ...deployment, steps: [{ phase: "testing", state: "done", why: "<b>`<i>`" }] }} />);
  expect(screen.getByText("<i>").tagName).toBe("CODE");
  expect(screen.getByText(/<b>/)).toBeTruthy();
});
