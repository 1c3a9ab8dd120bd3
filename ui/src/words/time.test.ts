import { expect, it } from "vitest";
import { about, between, duration, logClock, moment, stopwatch } from "./time";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const now = new Date(2026, 10, 20, 14, 32, 0).getTime();
const ago = (ms: number) => new Date(now - ms).toISOString();

it("a duration has a unit that fits it", () => {
  const cases: [number, string][] = [
    [-5, "0 ms"], [12, "12 ms"], [900, "0.9 s"], [41_800, "41.8 s"], [59_990, "1 min"], [184_000, "3 min 4 s"],
    [22_320_000, "6 h 12 min"], [86_400_000, "1 day"], [31 * 86_400_000, "31 days"],
  ];
  for (const [ms, text] of cases) expect(plain(duration(ms))).toBe(text);
});
it("what is usual is never finer than a second", () => {
  expect(plain(about(180))).toBe("about 1 s");
  expect(plain(about(2400))).toBe("about 2 s");
  expect(plain(about(80_000))).toBe("about 1:20");
});
it("a running clock counts in minutes and seconds", () => {
  expect([0, 48_900, 64_000, 3_849_000].map(stopwatch)).toEqual(["0:00", "0:48", "1:04", "1:04:09"]);
});
it("a moment is relative under an hour, then a clock, then a date", () => {
  expect(moment(ago(3000), now)).toBe("just now");
  expect(plain(moment(ago(40_000), now))).toBe("40 s ago");
  expect(plain(moment(ago(12 * 60_000), now))).toBe("12 min ago");
  expect(moment(ago(5 * 3_600_000), now)).toBe("09:32");
  expect(moment(ago(3 * 86_400_000), now)).toBe("Tue 14:32");
  expect(plain(moment(ago(11 * 86_400_000), now))).toBe("9 Nov");
  expect(plain(moment(ago(400 * 86_400_000), now))).toBe("16 Oct 2025");
});
it("a moment nobody knows is said to be unknown", () => {
  expect(moment(null, now)).toBe("at an unknown time");
  expect(moment("yesterday-ish", now)).toBe("at an unknown time");
});
it("a machine's clock a little ahead of the phone's is still just now", () => {
  expect(moment(ago(-4000), now)).toBe("just now");
});
it("what has no end lasts until now", () => {
  expect(between(ago(5000), null, now)).toBe(5000);
  expect(between(null, null, now)).toBe(0);
  expect(between(ago(5000), ago(9000), now)).toBe(0);
});
it("log lines keep their milliseconds", () => {
  expect(logClock(new Date(2026, 0, 2, 3, 4, 5, 6).toISOString())).toBe("03:04:05.006");
  expect(logClock("no time")).toBe("no time");
});
