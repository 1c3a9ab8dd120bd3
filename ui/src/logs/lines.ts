// Which lines does the reader see? Merging what streams in, keeping it bounded, levels, search and deployment marks.
import type { Level, LogLine } from "../api/types";
import { plainText } from "./ansi";

/** What a tab holds at most; older lines leave it and stay in the download. */
export const MOST_LINES = 20_000;

/** Where a line stands among the others, and which one it is. */
export interface Order<T> { key: (line: T) => string; at: (line: T) => number }

/**
 * Lines that were asked for and lines that streamed in, as one log: what comes twice is kept once, and what comes late
 * (an answer overtaken by the stream) is put where it belongs. Lines of one moment keep the order they came in.
 */
export function merge<T>(have: T[], come: T[], { key, at }: Order<T>, most = MOST_LINES): T[] {
  const [first, last] = [come[0], have[have.length - 1]];
  if (first === undefined) return have;
  if (last === undefined || at(first) > at(last)) return [...have, ...come].slice(-most);
  const known = new Set(have.map(key));
  const fresh = come.filter((line) => !known.has(key(line)));
  if (fresh.length === 0) return have;
  return [...have, ...fresh].sort((a, b) => at(a) - at(b)).slice(-most);
}

const WORDS: [Level, RegExp][] = [
  ["error", /\b(error|fatal|panic|critical|exception|traceback)\b/i],
  ["warn", /\b(warn|warning|deprecated)\b/i],
  ["debug", /\b(debug|trace)\b/i],
];

/** What the app said, else what its words suggest; an error stream alone proves nothing. */
export function levelOf(line: Pick<LogLine, "level" | "text">): Level {
  if (line.level) return line.level;
  const head = plainText(line.text).slice(0, 160);
  return WORDS.find(([, words]) => words.test(head))?.[0] ?? "info";
}

const RANK: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export function atLeast(lines: LogLine[], level: Level | "all"): LogLine[] {
  return level === "all" ? lines : lines.filter((line) => RANK[levelOf(line)] >= RANK[level]);
}

export function matching<T extends { text: string }>(lines: T[], search: string): number[] {
  const wanted = search.trim().toLowerCase();
  if (!wanted) return [];
  return lines.flatMap((line, n) => (plainText(line.text).toLowerCase().includes(wanted) ? [n] : []));
}

export type Row = { kind: "line"; line: LogLine } | { kind: "mark"; text: string };
export interface Mark { at: number; text: string }

/** The lines with a rule for each deployment, where it happened. Marks older than the first line lie outside what is shown. */
export function withMarks(lines: LogLine[], marks: Mark[]): Row[] {
  const first = lines[0];
  if (!first) return [];
  const waiting = marks.filter((mark) => mark.at >= Date.parse(first.at)).sort((a, b) => a.at - b.at);
  const rows: Row[] = [];
  for (const line of lines) {
    for (let next = waiting[0]; next && next.at <= Date.parse(line.at); next = waiting[0]) {
      rows.push({ kind: "mark", text: next.text });
      waiting.shift();
    }
    rows.push({ kind: "line", line });
  }
  return [...rows, ...waiting.map((mark): Row => ({ kind: "mark", text: mark.text }))];
}

/** A line cut at every hit, the hits marked. */
export function cutAt(text: string, search: string): { text: string; hit: boolean }[] {
  const wanted = search.trim().toLowerCase();
  if (!wanted) return [{ text, hit: false }];
  const parts: { text: string; hit: boolean }[] = [];
  const low = text.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    if (at > from) parts.push({ text: text.slice(from, at), hit: false });
    parts.push({ text: text.slice(at, at + wanted.length), hit: true });
    from = at + wanted.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hit: false });
  return parts;
}
