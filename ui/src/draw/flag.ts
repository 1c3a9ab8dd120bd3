// Which signal flag does this name fly? A pattern and an ordered pair of colours; the same name always gets the same flag.
import { contrast } from "./contrast";

/** Eight muted colours. Their order is part of every flag ever shown: append, never reorder. */
const COLOURS = {
  sea: "#1d6473", sand: "#ebc98b", ink: "#17323b", coral: "#d9795c",
  violet: "#7b5e8d", ice: "#9ccad7", foam: "#eef4f1", moss: "#5f8f6d",
} as const;
type Colour = keyof typeof COLOURS;

/** Drawn in a 40 × 40 field over the ground colour. Append, never reorder. */
const PATTERNS = {
  third: "M0 0h14v40H0z",
  disc: "M30.5 20a10.5 10.5 0 1 1-21 0 10.5 10.5 0 0 1 21 0z",
  diamond: "M20 4l16 16-16 16L4 20z",
  diagonal: "M40 0v40H0z",
  pale: "M13.3 0h13.4v40H13.3z",
  square: "M12 12h16v16H12z",
  half: "M0 0h20v40H0z",
  pennant: "M0 0l24 20L0 40z",
  fess: "M0 13.3h40v13.4H0z",
  quarters: "M0 0h20v20H0zM20 20h20v20H20z",
  chevrons: "M0 24l20-16 20 16v10L20 18 0 34z",
  frame: "M0 0h40v40H0zM9 9v22h22V9z",
} as const;
type Pattern = keyof typeof PATTERNS;

/** These would be taken for a country: pattern, ground, figure. */
const NATIONAL = new Set([
  "disc foam coral", "disc moss coral", "disc ice sand", "half foam coral", "half coral foam", "half moss foam",
  "pale moss foam", "pale coral foam", "pale ink sand", "fess coral foam", "fess coral sand", "fess ice foam", "fess foam sea",
  "quarters foam coral",
]);

export interface Flag { ground: string; figure: string; path: string }

const FLAGS: Flag[] = (Object.keys(PATTERNS) as Pattern[]).flatMap((pattern) =>
  (Object.keys(COLOURS) as Colour[]).flatMap((ground) =>
    (Object.keys(COLOURS) as Colour[])
      .filter((figure) => figure !== ground)
      .filter((figure) => contrast(COLOURS[ground], COLOURS[figure]) >= 1.8)
      .filter((figure) => !NATIONAL.has(`${pattern} ${ground} ${figure}`))
      .map((figure) => ({ ground: COLOURS[ground], figure: COLOURS[figure], path: PATTERNS[pattern] })),
  ),
);

export const FLAG_COUNT = FLAGS.length;

/** FNV-1a, 32 bit, with a last mix so that names differing in one letter land far apart. */
export function hash(name: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return (value ^ (value >>> 15)) >>> 0;
}

export function flagOf(name: string): Flag {
  // The list is never empty: eight colours and twelve patterns leave hundreds of pairs.
  return FLAGS[hash(name) % FLAGS.length] as Flag;
}
