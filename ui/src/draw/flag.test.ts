import { describe, expect, it } from "vitest";
import { contrast } from "./contrast";
import { FLAG_COUNT, flagOf, hash } from "./flag";

describe("an app's flag", () => {
  it("is the same for the same name, for ever", () => {
    expect(hash("notes")).toBe(hash("notes"));
    expect(flagOf("notes")).toEqual(flagOf("notes"));
    // Pinned: reordering colours or patterns would change every flag in the house.
    expect([flagOf("notes"), flagOf("radio")]).toMatchInlineSnapshot(`
      [
        {
          "figure": "#ebc98b",
          "ground": "#d9795c",
          "path": "M0 24l20-16 20 16v10L20 18 0 34z",
        },
        {
          "figure": "#9ccad7",
          "ground": "#7b5e8d",
          "path": "M30.5 20a10.5 10.5 0 1 1-21 0 10.5 10.5 0 0 1 21 0z",
        },
      ]
    `);
  });
  it("can always be told apart from its ground", () => {
    for (let n = 0; n < 400; n += 1) {
      const { ground, figure } = flagOf(`app-${n}`);
      expect(contrast(ground, figure)).toBeGreaterThanOrEqual(1.8);
    }
  });
  it("is drawn from hundreds, so that neighbours seldom share one", () => {
    expect(FLAG_COUNT).toBeGreaterThan(300);
    const seen = new Set(Array.from({ length: 40 }, (_, n) => JSON.stringify(flagOf(`app-${n}`))));
    expect(seen.size).toBeGreaterThan(32);
  });
});
