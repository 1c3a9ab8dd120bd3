import { expect, it } from "vitest";
import { readProblem, unreachable } from "./problem";

it("a problem document keeps its reason and its next step", () => {
  const problem = readProblem(404, {
    type: "urn:kraken:problem:missing-branch", title: "No such branch", detail: "The repository has no branch dev",
    next: "Choose one of main, next",
  });
  expect(problem.kind).toBe("missing-branch");
  expect(problem.sentence).toBe("The repository has no branch dev. Choose one of main, next.");
});
it("an answer that is no problem document still says something and what to do", () => {
  for (const body of [null, "<html>", {}, { title: 7 }]) {
    const problem = readProblem(502, body);
    expect(problem.message).toBe("The machine answered 502");
    expect(problem.next).not.toBeNull();
  }
});
it("findings come through, anything else in their place does not", () => {
  expect(readProblem(422, { title: "x", findings: [{ severity: "error", key: "a", message: "b" }] }).findings).toHaveLength(1);
  expect(readProblem(422, { title: "x", findings: "no" }).findings).toEqual([]);
});
it("silence says that nothing was changed", () => {
  expect(unreachable().sentence).toContain("nothing was changed");
});
