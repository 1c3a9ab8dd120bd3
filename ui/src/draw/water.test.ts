import { expect, it } from "vitest";
import { level, water } from "./water";

it("a single sample lies flat from edge to edge", () => {
  expect(water([0], 100, 50)).toEqual({ line: "M0 47C50 47 50 47 100 47", body: "M0 47C50 47 50 47 100 47V50H0Z" });
});
it("more is higher, and nothing leaves the tile", () => {
  expect(water([0, 1], 100, 50).line).toBe("M0 47C50 47 50 6 100 6");
});
it("no sample at all is an empty tile, not an error", () => {
  expect(water([], 100, 50).line).toContain("M0 47");
});
it("a level is the square root of the share, never out of range", () => {
  expect(level(25, 100)).toBe(0.5);
  expect(level(400, 100)).toBe(1);
  expect(level(-1, 100)).toBe(0);
  expect(level(5, 0)).toBe(0);
});
