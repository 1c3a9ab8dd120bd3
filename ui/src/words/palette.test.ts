import { expect, it } from "vitest";
import type { AppSummary } from "../api/types";
import { find } from "./palette";

const app = (name: string, over: Partial<AppSummary> = {}): AppSummary => ({
  id: name, name, wanted: "on", state: { kind: "running", since: "", reason: "" }, version: { number: 2, id: "v" }, address: `http://${name}.localhost`,
  addresses: { localhost: "", lan: [], port: null }, updated_at: "", deployment: null, stats: null, ...over,
});
const labels = (search: string, apps = [app("notes"), app("radio")]) => find(apps, search).map((hit) => hit.label);

it("an app is found by the beginning of its name, itself first", () => {
  expect(labels("no")[0]).toBe("notes");
  expect(labels("no")).not.toContain("radio");
});
it("verb and app together find the deed", () => {
  expect(labels("turn off ra")).toEqual(["Turn off radio"]);
  expect(labels("logs notes")).toEqual(["Logs of notes"]);
});
it("what is off can be turned on, and is not offered to be opened", () => {
  const off = [app("films", { wanted: "off" })];
  expect(labels("films", off)).toContain("Turn on films");
  expect(labels("open films", off)).toEqual([]);
});
it("an empty search offers apps and pages, never more than fit", () => {
  expect(labels("")).toContain("Deploy an app");
  expect(find(Array.from({ length: 900 }, (_, n) => app(`app${n}`)), "app").length).toBeLessThanOrEqual(12);
});
it("nonsense finds nothing", () => {
  expect(labels("zzz")).toEqual([]);
});
