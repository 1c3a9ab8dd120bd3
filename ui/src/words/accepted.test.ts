import { expect, it } from "vitest";
import { told } from "./accepted";

it("a wish that was taken is said in the agent's words", () => {
  expect(told({ message: "notes is stopping" })).toBe("notes is stopping");
});
it("a wish that waits for a leader says so, so that nobody asks twice", () => {
  expect(told({ message: "Taken by pi4", queued: "pi4:17" })).toBe("Taken by pi4. It waits for a leader; you need not ask again.");
});
