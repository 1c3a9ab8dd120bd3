import { expect, it } from "vitest";
import { wrongName } from "./env-name";

it("names are what a shell can set", () => {
  expect([wrongName("SCAPE_DB"), wrongName("_x1")]).toEqual([null, null]);
  expect(wrongName("1A")).toContain("digit");
  for (const name of ["A B", "A=B", "a-b", "Ä"]) expect(wrongName(name)).toContain("letters");
});
