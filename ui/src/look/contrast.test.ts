// Does every colour that carries text or meaning keep its contrast, in both themes?
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contrast } from "../draw/contrast";

const css = readFileSync("src/look/tokens.css", "utf8");

/** The colour tokens of the first rule whose selector is exactly `selector`. */
function tokens(selector: string): Record<string, string> {
  const start = css.indexOf(`${selector} {`);
  expect(start, `tokens.css has a rule for ${selector}`).toBeGreaterThanOrEqual(0);
  const body = css.slice(start, css.indexOf("}", start));
  return Object.fromEntries([...body.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6,8})/g)].map((m) => [m[1], m[2]]));
}

const GROUNDS = ["bg", "bg-deep", "surface", "surface-2", "surface-3"];
const TEXT = ["ink", "ink-2", "ink-3", "sea", "lamp-ink", "run", "sleep", "work", "bad", "off"];
const light = tokens(":root");
const dark = tokens(':root[data-theme="dark"]');
const well = tokens("/* The well: logs, build output, the manifest. Dark in both themes, so ANSI colours need one palette. */\n:root");

function of(theme: Record<string, string>, name: string): string {
  const value = theme[name];
  if (!value) throw new Error(`tokens.css lacks --${name}`);
  return value;
}

describe.each([["light", light], ["dark", dark]])("%s", (_, theme) => {
  it.each(TEXT)("--%s is readable on every ground", (name) => {
    for (const ground of GROUNDS) expect(contrast(of(theme, name), of(theme, ground)), ground).toBeGreaterThanOrEqual(4.5);
  });
  it.each(["sea", "run", "sleep", "work", "bad", "off"])("--%s is readable on its own soft ground", (name) => {
    expect(contrast(of(theme, name), of(theme, `${name}-soft`))).toBeGreaterThanOrEqual(4.5);
  });
  it("text on filled buttons and on lamp-soft is readable", () => {
    for (const fill of ["sea", "bad"]) expect(contrast(of(theme, "on-fill"), of(theme, fill))).toBeGreaterThanOrEqual(4.5);
    for (const ink of ["ink", "lamp-ink"]) expect(contrast(of(theme, ink), of(theme, "lamp-soft"))).toBeGreaterThanOrEqual(4.5);
  });
  it("borders of controls, bars and chart lines can be told from what they lie on", () => {
    for (const ground of GROUNDS) expect(contrast(of(theme, "line-strong"), of(theme, ground)), ground).toBeGreaterThanOrEqual(3);
    for (const mark of ["work-fill", "c1", "c2", "c3", "c4"]) expect(contrast(of(theme, mark), of(theme, "surface")), mark).toBeGreaterThanOrEqual(3);
  });
});

describe("the well", () => {
  it.each(["well-ink", "well-dim", "ansi-red", "ansi-green", "ansi-yellow", "ansi-blue", "ansi-magenta", "ansi-cyan"])(
    "--%s is readable on both its grounds",
    (name) => {
      for (const ground of ["well", "well-2"]) expect(contrast(of(well, name), of(well, ground)), ground).toBeGreaterThanOrEqual(4.5);
    },
  );
});

it("what the system wishes and what the person wishes are the same dark", () => {
  expect(tokens(':root:not([data-theme="light"])')).toEqual(dark);
});
