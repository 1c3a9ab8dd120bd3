import { expect, it } from "vitest";
import { sentences } from "./sentence";

it("each part ends once, whoever wrote its stop", () => {
  expect(sentences("port is no number", "Did you mean 80?", "", null, "Try again.")).toBe("port is no number. Did you mean 80? Try again.");
  expect(sentences("It said `x.`")).toBe("It said `x.`");
  expect(sentences(undefined)).toBe("");
});
