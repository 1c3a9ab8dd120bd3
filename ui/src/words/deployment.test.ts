import { describe, expect, it } from "vitest";
import type { Deployment, Step } from "../api/types";
import { deploymentLook, deploymentTitle, lane, logMark, phaseWord, stepTime, usualTotal } from "./deployment";

const now = Date.parse("2026-11-20T14:00:10Z");
const step = (over: Partial<Step>): Step => ({ phase: "building", state: "done", why: "", ...over });

describe("a phase", () => {
  it("reads as words, also one this page has never heard of", () => {
    expect(phaseWord("waiting_healthy")).toBe("Waiting until healthy");
    expect(phaseWord("reticulating_splines")).toBe("Reticulating splines");
  });
  it("says how long it took, takes, or usually takes", () => {
    const started_at = "2026-11-20T14:00:00Z";
    expect(stepTime(step({ started_at, ended_at: "2026-11-20T14:00:01.4Z" }), true, undefined, now)).toBe("1.4\u00a0s");
    expect(stepTime(step({ state: "now", started_at }), false, undefined, now)).toBe("0:10");
    expect(stepTime(step({ state: "todo" }), false, 2000, now)).toBe("about 2\u00a0s");
    expect(stepTime(step({ state: "todo" }), false, undefined, now)).toBe("");
    expect(stepTime(step({ state: "todo" }), true, 2000, now)).toBe("not reached");
  });
  it("has its place in the whole", () => {
    const whole = { asked_at: "2026-11-20T14:00:00Z", ended_at: null };
    expect(lane(step({ started_at: "2026-11-20T14:00:05Z", ended_at: "2026-11-20T14:00:10Z" }), whole, now)).toEqual({ left: 50, width: 50 });
    expect(lane(step({ state: "todo" }), whole, now)).toBeNull();
  });
  it("never leaves its lane when clocks disagree", () => {
    const whole = { asked_at: "2026-11-20T14:00:00Z", ended_at: "2026-11-20T14:00:10Z" };
    expect(lane(step({ started_at: "2026-11-20T14:00:08Z", ended_at: "2026-11-20T14:09:00Z" }), whole, now)).toEqual({ left: 80, width: 20 });
  });
});

it("a deployment's state always has a shape and a word", () => {
  expect(deploymentLook("failed")).toEqual({ word: "Failed", shape: "bad", tone: "bad" });
  expect(deploymentLook("simmering").word).toBe("Simmering");
});
it("a title says what is being done, and afterwards what was", () => {
  expect(deploymentTitle({ kind: "update", state: "under_way", version_number: 4 }, "radio")).toBe("Updating radio v4");
  expect(deploymentTitle({ kind: "rollback", state: "done", version_number: 3 }, "radio")).toBe("Rollback of radio v3");
  expect(deploymentTitle({ kind: "deploy", state: "failed", version_number: null }, "radio")).toBe("Deployment of radio");
});
it("a log's rule tells how a deployment ended", () => {
  const one = { asked_at: "2026-11-20T14:00:00Z", ended_at: "2026-11-20T14:00:09Z", version_number: 8, phase: "waiting_healthy" } as Deployment;
  expect(logMark({ ...one, state: "done" })).toEqual({ at: Date.parse("2026-11-20T14:00:09Z"), text: "v8 took over" });
  expect(logMark({ ...one, state: "failed", failure: { step: "waiting_healthy", reason: "", log_tail: [] } })?.text).toBe("v8 failed at: waiting until healthy");
  expect(logMark({ ...one, asked_at: "", ended_at: null, state: "under_way" })).toBeNull();
});
it("nothing is called usual before anything was measured", () => {
  expect(usualTotal({})).toBeNull();
  expect(usualTotal({ building: 60_000, starting: 2000 })).toBe(62_000);
});
