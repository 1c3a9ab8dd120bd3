// How does the water in a tile lie? A smooth line through samples between 0 and 1, and the body below it.

/** Square root, so that a quiet app still shows water beside a busy one. */
export function level(value: number, most: number): number {
  return most > 0 ? Math.sqrt(Math.min(1, Math.max(0, value / most))) : 0;
}

export interface Water { line: string; body: string }

/** `levels` from old to new, each 0..1; one sample lies flat. The top 12 % stay air, the lowest 6 % stay water. */
export function water(levels: number[], width: number, height: number): Water {
  const kept = levels.length === 0 ? [0] : levels;
  const points = (kept.length === 1 ? [kept[0], kept[0]] : kept).map((v) => height * (0.94 - 0.82 * (v as number)));
  const step = width / (points.length - 1);
  const line = points.slice(1).reduce((path, y, n) => {
    const before = points[n] as number;
    const middle = (n + 0.5) * step;
    return `${path}C${round(middle)} ${round(before)} ${round(middle)} ${round(y)} ${round((n + 1) * step)} ${round(y)}`;
  }, `M0 ${round(points[0] as number)}`);
  return { line, body: `${line}V${height}H0Z` };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
