import { expect, it } from "vitest";
import { areaPath, buckets, linePath, roundTop, up, type Sample } from "./chart";

const frame = { left: 0, right: 100, top: 0, bottom: 50 };
const flat = (n: number): Sample[] => Array.from({ length: n }, (_, at) => ({ at, value: 1 }));

it("the top of a scale is a round number that holds everything", () => {
  expect([3, 17, 38, 60, 100, 148, 1024, 0.3].map((most) => roundTop(most, 0))).toEqual([3, 20, 40, 60, 100, 160, 1200, 0.3]);
  expect(roundTop(0, 10)).toBe(10);
});
it("a spike survives the buckets", () => {
  const samples = flat(1000).map((s) => (s.at === 501 ? { ...s, value: 99 } : s));
  const kept = buckets(samples, 120);
  expect(kept.length).toBeLessThanOrEqual(121);
  expect(kept.some((s) => s.value === 99)).toBe(true);
  expect([...kept].sort((a, b) => a.at - b.at)).toEqual(kept);
});
it("few samples stay as they are", () => {
  expect(buckets(flat(5), 100)).toHaveLength(5);
});
it("a value over the top stays inside the frame", () => {
  expect(up(frame, 10, 99)).toBe(0);
  expect(up(frame, 10, -1)).toBe(50);
});
it("the area closes on zero below its own samples", () => {
  const samples = [{ at: 50, value: 5 }, { at: 100, value: 10 }];
  expect(linePath(samples, frame, 0, 100, 10)).toBe("M50 25L100 0");
  expect(areaPath(samples, frame, 0, 100, 10)).toBe("M50 25L100 0V50H50Z");
  expect(areaPath([], frame, 0, 100, 10)).toBe("");
});
