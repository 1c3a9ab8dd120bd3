import { describe, expect, it } from "vitest";
import type { LogLine } from "../api/types";
import { atLeast, cutAt, levelOf, matching, merge, withMarks } from "./lines";
import { atEnd, windowOf } from "./window";

const line = (n: number, over: Partial<LogLine> = {}): LogLine => ({
  cursor: String(n), at: "2026-11-20T14:00:00Z", replica: "r", node: "n", version_number: 7, stream: "out", text: `line ${n}`, ...over,
});
const key = (l: LogLine) => l.cursor;
const order = { key, at: (l: LogLine) => Number(l.cursor) };

describe("lines that stream in", () => {
  it("what a reconnect sends twice is kept once", () => {
    expect(merge([line(1), line(2)], [line(2), line(3)], order).map(key)).toEqual(["1", "2", "3"]);
  });
  it("an answer overtaken by the stream lands before it, also in a log that is long already", () => {
    const long = Array.from({ length: 5000 }, (_, n) => line(n));
    expect(merge([line(9)], [line(7), line(8), line(9)], order).map(key)).toEqual(["7", "8", "9"]);
    expect(merge(long, long.slice(0, 200), order)).toBe(long);
  });
  it("lines of one moment keep the order they came in", () => {
    const same = { key, at: () => 1 };
    expect(merge([line(5), line(3)], [line(4)], same).map(key)).toEqual(["5", "3", "4"]);
  });
  it("nothing new changes nothing, so nothing is painted again", () => {
    const have = [line(1)];
    expect(merge(have, [line(1)], order)).toBe(have);
    expect(merge(have, [], order)).toBe(have);
  });
  it("the oldest leave when there are too many", () => {
    expect(merge([line(1), line(2)], [line(3), line(4)], order, 3).map(key)).toEqual(["2", "3", "4"]);
  });
});

describe("levels", () => {
  it("the app's own level wins over its words", () => {
    expect(levelOf(line(1, { level: "info", text: "error page rendered" }))).toBe("info");
  });
  it("words decide where the app says none, and the error stream alone does not", () => {
    expect(levelOf(line(1, { text: "npm \u001b[33mwarn\u001b[0m deprecated" }))).toBe("warn");
    expect(levelOf(line(1, { text: "listening", stream: "err" }))).toBe("info");
    expect(levelOf(line(1, { text: "terror in the night" }))).toBe("info");
  });
  it("a level shows itself and what is worse", () => {
    const lines = [line(1), line(2, { level: "warn" }), line(3, { level: "error" })];
    expect(atLeast(lines, "warn").map(key)).toEqual(["2", "3"]);
    expect(atLeast(lines, "all")).toBe(lines);
  });
});

describe("search", () => {
  it("finds text across colours and cases", () => {
    expect(matching([line(1, { text: "SCAPE\u001b[31m_DB\u001b[0m" }), line(2)], "scape_db")).toEqual([0]);
    expect(matching([line(1)], "  ")).toEqual([]);
  });
  it("cuts a line at its hits and loses no letter", () => {
    const parts = cutAt("aXbxc", "x");
    expect(parts.filter((p) => p.hit).map((p) => p.text)).toEqual(["X", "x"]);
    expect(parts.map((p) => p.text).join("")).toBe("aXbxc");
  });
});

describe("deployment marks", () => {
  const at = (n: number) => `2026-11-20T14:00:0${n}Z`;
  const shown = (marks: { at: number; text: string }[]) =>
    withMarks([line(1, { at: at(1) }), line(3, { at: at(3) })], marks).map((row) => (row.kind === "line" ? row.line.cursor : row.text));
  it("stand between the lines where they happened, also after the last", () => {
    expect(shown([{ at: Date.parse(at(5)), text: "v9" }, { at: Date.parse(at(2)), text: "v8" }])).toEqual(["1", "v8", "3", "v9"]);
  });
  it("older than what is shown are left out, and so are all without a line", () => {
    expect(shown([{ at: Date.parse(at(0)), text: "old" }])).toEqual(["1", "3"]);
    expect(withMarks([], [{ at: 1, text: "x" }])).toEqual([]);
  });
});

describe("the window", () => {
  it("draws what is seen and a little more, and keeps the height of the rest", () => {
    const w = windowOf(100_000, 22_000, 440);
    expect(w.to - w.from).toBeLessThan(60);
    expect(w.above + w.below + (w.to - w.from) * 22).toBe(100_000 * 22);
  });
  it("is empty for an empty log and never runs past its end", () => {
    expect(windowOf(0, 0, 400)).toEqual({ from: 0, to: 0, above: 0, below: 0 });
    expect(windowOf(3, 9999, 400)).toMatchObject({ to: 3, below: 0 });
  });
  it("two rows from the end still counts as following", () => {
    expect(atEnd(1000 - 400 - 30, 400, 1000)).toBe(true);
    expect(atEnd(0, 400, 1000)).toBe(false);
  });
});
