import { describe, expect, it } from "vitest";
import { plainText, settled, spans } from "./ansi";

describe("colours in a log line", () => {
  it("plain text stays one plain span", () => {
    expect(spans("listening on :4100")).toEqual([{ text: "listening on :4100", classes: "" }]);
  });
  it("a colour holds until it is reset", () => {
    expect(spans("a\u001b[32mGET\u001b[0m /")).toEqual([
      { text: "a", classes: "" }, { text: "GET", classes: "ansi-green" }, { text: " /", classes: "" },
    ]);
  });
  it("bright colours, bold and underline combine", () => {
    expect(spans("\u001b[1;4;91mno")).toEqual([{ text: "no", classes: "ansi-red ansi-bold ansi-under" }]);
  });
  it("256 colours and true colours are skipped whole, with what follows kept", () => {
    expect(spans("\u001b[38;5;196;1mx\u001b[48;2;1;2;3;31my")).toEqual([
      { text: "x", classes: "ansi-bold" }, { text: "y", classes: "ansi-red ansi-bold" },
    ]);
  });
  it("backgrounds are ignored, inverse is not", () => {
    expect(spans("\u001b[41ma\u001b[7mb")).toEqual([{ text: "a", classes: "" }, { text: "b", classes: "ansi-inverse" }]);
  });
  it("cursor moves, titles and links leave no litter", () => {
    expect(plainText("\u001b[2K\u001b[1Gdone\u001b]0;title\u0007\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\")).toBe("donelink");
  });
  it("a cut escape at the end of a line is dropped, not shown", () => {
    expect(spans("end\u001b[3").map((s) => s.text).join("")).toBe("end[3");
    expect(spans("\u001b[;mx")).toEqual([{ text: "x", classes: "" }]);
  });
  it("never yields markup, only text", () => {
    expect(spans("<script>alert(1)</script>")[0]?.text).toBe("<script>alert(1)</script>");
  });
});

it("a progress bar leaves its last state", () => {
  expect(settled("10%\r50%\r100%\r")).toBe("100%");
  expect(settled("")).toBe("");
});
