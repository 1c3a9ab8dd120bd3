import { describe, expect, it } from "vitest";
import type { AppState, AppSummary } from "../api/types";
import { isBelow, isSerious, lastFailed, lookOf, stateWord } from "./app-state";

const state = (kind: AppState["kind"]): AppState => ({ kind, since: "", reason: "" });
const open = { id: "d", state: "under_way", phase: "building", version_number: 8 } as const;
const failed = { ...open, state: "failed" } as const;

describe("an app's state", () => {
  it("has a shape and a word, also one of a newer agent", () => {
    expect(lookOf("crashlooping")).toEqual({ word: "Crashing again and again", shape: "bad", tone: "bad" });
    expect(lookOf("shape_shifting").word).toBe("Shape shifting");
  });
  it("names the version while one serves, and only then", () => {
    const version = { number: 7, id: "v" };
    expect(stateWord({ state: state("running"), version })).toBe("Running v7");
    expect(stateWord({ state: state("off"), version })).toBe("Off");
    expect(stateWord({ state: state("running"), version: null })).toBe("Running");
  });
  it("tells an update that failed from one under way, and from an app that never served", () => {
    expect(lastFailed({ state: state("running"), deployment: failed })).toBe(true);
    expect(lastFailed({ state: state("degraded"), deployment: failed })).toBe(true);
    expect(lastFailed({ state: state("running"), deployment: null })).toBe(false);
    expect(lastFailed({ state: state("updating"), deployment: open })).toBe(false);
    expect(lastFailed({ state: state("failed"), deployment: failed })).toBe(false);
  });
  it("below the waterline is what was turned off, not what failed", () => {
    expect(isBelow({ wanted: "off", state: state("stopping") } as AppSummary)).toBe(true);
    expect(isBelow({ wanted: "on", state: state("failed") } as AppSummary)).toBe(false);
    expect([isSerious("failed"), isSerious("waiting"), isSerious("destroying")]).toEqual([true, false, false]);
  });
});
