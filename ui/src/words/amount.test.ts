import { expect, it } from "vitest";
import { bytes, bytesOf, count, listed, percent, share, shortCommit, spelled } from "./amount";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const MB = 1024 ** 2;

it("a size has three figures and a unit", () => {
  expect([0, 512, 1536, 148 * MB, 4.1 * 1024 * MB, 298 * 1024 * MB].map(bytes).map(plain))
    .toEqual(["0 B", "512 B", "1.5 kB", "148 MB", "4.1 GB", "298 GB"]);
  expect(plain(bytes(1000 * MB))).toBe("1.0 GB");
});
it("of what is said in the unit of the whole", () => {
  expect(plain(bytesOf(9.1 * 1024 * MB, 16 * 1024 * MB))).toBe("9.1 of 16.0 GB");
  expect(plain(bytesOf(84 * MB, 512 * MB))).toBe("84 of 512 MB");
  expect(plain(bytesOf(0, 1024 * MB))).toBe("0.0 of 1.0 GB");
});
it("what is little of a large whole keeps its own unit, so that it is not nothing", () => {
  expect(plain(bytesOf(17 * MB, 1024 * MB))).toBe("17 MB of 1.0 GB");
  expect(plain(bytesOf(2 * MB, 512 * MB))).toBe("2 of 512 MB");
});
it("a share never leaves 0 to 100, whatever the machine says", () => {
  expect([share(5, 10), share(11, 10), share(-1, 10), share(1, 0)]).toEqual([50, 100, 0, 0]);
});
it("small loads are not rounded away", () => {
  expect([0, 0.04, 0.4, 3.6, 99.7].map(percent).map(plain)).toEqual(["0 %", "0 %", "0.4 %", "4 %", "100 %"]);
});
it("words follow their number", () => {
  expect(plain(count(1, "app"))).toBe("1 app");
  expect(plain(count(1284, "line"))).toBe("1,284 lines");
  expect([spelled(1), spelled(3), spelled(40)]).toEqual(["One", "Three", "40"]);
  expect([listed([]), listed(["a"]), listed(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]);
});
it("a commit is known by seven characters", () => {
  expect(shortCommit("c2f8a13f9d1be2a0c2f8a13f9d1be2a0c2f8a13f")).toBe("c2f8a13");
  expect(shortCommit("main")).toBe("main");
});
