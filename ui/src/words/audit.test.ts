import { expect, it } from "vitest";
import { detailOf, outcomeLook, sentenceOf } from "./audit";

const read = (who: string, verb: string, object: string) => sentenceOf({ who, verb, object });

it("who, what and on what, by name and not by path", () => {
  expect(read("session", "stop", "apps/notes/stop")).toBe("You: stop notes");
  expect(read("token ci", "set secret", "apps/radio/secrets/KEY")).toBe("Token ci: set secret KEY of radio");
  expect(read("local root", "destroy", "apps/notes")).toBe("root on the machine: destroy notes");
  expect(read("session", "forget host key", "sources/hosts/git.home%3A22")).toBe("You: forget host key git.home:22");
});
it("a place without a name adds nothing to the verb", () => {
  expect(read("nobody at 192.0.2.9", "sign in", "session")).toBe("Somebody at 192.0.2.9: sign in");
  expect(read("session", "deploy", "apps")).toBe("You: deploy");
  expect(read("session", "import", "state/import")).toBe("You: import");
});
it("what a newer agent writes is shown as it is", () => {
  expect(read("session", "polish", "lamp")).toBe("You: polish lamp");
  expect(outcomeLook("pending").shape).toBe("todo");
});
it("a detail names its app once", () => {
  expect(detailOf("radio: radio is being updated")).toBe("radio is being updated");
  expect(detailOf("radio: its port was taken")).toBe("radio: its port was taken");
  expect(detailOf("to set the password")).toBe("to set the password");
});
it("every outcome has its shape", () => {
  expect(["done", "refused", "failed: no disk"].map((one) => outcomeLook(one).shape)).toEqual(["done", "bad", "bad"]);
});
