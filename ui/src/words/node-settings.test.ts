import { expect, it } from "vitest";
import { readLabels, readPriority } from "./node-settings";

it("no priority is the machine's own, nought is never, and more than 254 is none", () => {
  expect(["", " 0 ", "254", "255", "-1", "high"].map(readPriority)).toEqual([{ value: null }, { value: 0 }, { value: 254 }, null, null, null]);
});
it("labels are small words, each once", () => {
  expect(readLabels("Camera, attic  camera")).toEqual({ value: ["camera", "attic"] });
  expect(readLabels("")).toEqual({ value: null });
  expect([readLabels("a_b"), readLabels("x".repeat(33))]).toEqual([null, null]);
});
