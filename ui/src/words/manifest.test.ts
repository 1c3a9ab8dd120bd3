import { describe, expect, it } from "vitest";
import type { Finding } from "../api/types";
import { fixed, paint, placeOf, underlined } from "./manifest";

const finding = (over: Partial<Finding>): Finding => ({ severity: "warning", key: "sleep.aftr", message: "", ...over });
const joined = (line: string) => paint(line).map((piece) => piece.text).join("");

describe("painting", () => {
  it("loses no character, whatever the line", () => {
    for (const line of ["", "[app]", "[[volume]] # data", "name = \"a # b\"", "x = 'y", "port = 8080 # http", "  broken = [1, 2", "a.b-c = true"]) expect(joined(line)).toBe(line);
  });
  it("knows tables, strings, numbers and comments", () => {
    expect(paint("[app]")[0]).toEqual({ text: "[app]", classes: "ansi-blue" });
    expect(paint("port = 80 # x").map((p) => p.classes)).toEqual(["", "ansi-yellow", "", "ansi-dim"]);
    expect(paint("a = \"1 # 2\"")[1]).toEqual({ text: "\"1 # 2\"", classes: "ansi-green" });
  });
});

describe("a finding", () => {
  it("points at exactly the characters that are meant", () => {
    expect(placeOf("aftr = \"5m\"", finding({ column: 1, length: 4 }))).toEqual({ from: 0, to: 4 });
  });
  it("counts characters as the agent does, also past an emoji", () => {
    expect(placeOf("a = \"🦑\" # x", finding({ column: 5, length: 3 }))).toEqual({ from: 4, to: 8 });
  });
  it("without a place points at the whole line, and at an empty line at nothing", () => {
    expect(placeOf("  [slep]  ", finding({}))).toEqual({ from: 2, to: 8 });
    expect(placeOf("ab", finding({ column: 9, length: 2 }))).toEqual({ from: 0, to: 2 });
    expect(placeOf("", finding({ key: "" }))).toBeNull();
  });
});

describe("a fix", () => {
  const text = "[sleep]\naftr = \"5m\"\n";
  it("changes the named place and nothing else", () => {
    expect(fixed(text, finding({ line: 2, column: 1, length: 4, suggestion: "after" }))).toBe("[sleep]\nafter = \"5m\"\n");
  });
  it("is not offered where its place is unknown", () => {
    expect(fixed(text, finding({ suggestion: "after" }))).toBeNull();
    expect(fixed(text, finding({ line: 99, column: 1, length: 4, suggestion: "after" }))).toBeNull();
    expect(fixed(text, finding({ line: 2, suggestion: "after" }))).toBeNull();
    expect(fixed(text, finding({ line: 2 }))).toBeNull();
  });
});

it("an underline crosses colours and keeps every letter", () => {
  const cut = underlined(paint("a = \"xy\" # z"), { from: 2, to: 6 });
  expect(cut.filter((p) => p.under).map((p) => p.text).join("")).toBe("= \"x");
  expect(cut.map((p) => p.text).join("")).toBe("a = \"xy\" # z");
});
