import { expect, it } from "vitest";
import { readHosts, readWhole } from "./reach";

it("a port is a whole number in its range, and nothing else", () => {
  expect(readWhole(" 20001 ", 1024, 65_535)).toBe(20_001);
  for (const text of ["80", "70000", "abc", "", "2e4", "20001.5", "-20001"]) expect([text, readWhole(text, 1024, 65_535)]).toEqual([text, null]);
});
it("names are full, lower-case and said once", () => {
  expect(readHosts("Notes.example.org, notes.example.org\nn.home")).toEqual(["notes.example.org", "n.home"]);
  expect(readHosts("")).toEqual([]);
  for (const text of ["notes", "a b.c", "-a.b", "http://a.b"]) expect([text, readHosts(text)]).toEqual([text, null]);
});
