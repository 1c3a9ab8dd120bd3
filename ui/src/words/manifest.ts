// How is a shipwreck.toml painted, where does a finding point, and what does its fix change? Pure, line by line.
import type { Finding } from "../api/types";

export interface Piece { text: string; classes: string }

const TOKEN = /("(?:[^"\\]|\\.)*"?|'[^']*'?)|(#.*$)|(\b(?:true|false)\b|[+-]?\b\d[\d_.:TZ-]*\b)/g;

/** One line of TOML with its colours. A guess for the eye only; the agent parses. */
export function paint(line: string): Piece[] {
  if (/^\s*\[/.test(line)) return pieces(line, /^(\s*\[\[?[^\]#]*\]?\]?)/, "ansi-blue");
  const found: Piece[] = [];
  let from = 0;
  for (const match of line.matchAll(TOKEN)) {
    if (match.index > from) found.push({ text: line.slice(from, match.index), classes: "" });
    found.push({ text: match[0], classes: match[1] ? "ansi-green" : match[2] ? "ansi-dim" : "ansi-yellow" });
    from = match.index + match[0].length;
  }
  if (from < line.length || found.length === 0) found.push({ text: line.slice(from), classes: "" });
  return found;
}

function pieces(line: string, head: RegExp, classes: string): Piece[] {
  const first = head.exec(line)?.[0] ?? "";
  const rest = line.slice(first.length);
  return [{ text: first, classes }, ...(rest ? paint(rest) : [])];
}

export interface Place { from: number; to: number }

/** Where on its line a finding points: `length` characters from `column` (from 1), else all of the line. */
export function placeOf(line: string, finding: Finding): Place | null {
  const { column, length } = finding;
  if (column && length) {
    // The agent counts characters; a string here counts UTF-16 units, and an emoji has two.
    const characters = [...line];
    const from = characters.slice(0, column - 1).join("").length;
    const to = from + characters.slice(column - 1, column - 1 + length).join("").length;
    if (to > from) return { from, to };
  }
  const from = line.search(/\S/);
  return from < 0 ? null : { from, to: line.trimEnd().length };
}

/** The text with the finding's suggestion written in its place, or null where it has no certain place. */
export function fixed(text: string, finding: Finding): string | null {
  if (!finding.suggestion || !finding.line || !finding.column || !finding.length) return null;
  const lines = text.split("\n");
  const line = lines[finding.line - 1];
  const place = line === undefined ? null : placeOf(line, finding);
  if (line === undefined || !place) return null;
  lines[finding.line - 1] = line.slice(0, place.from) + finding.suggestion + line.slice(place.to);
  return lines.join("\n");
}

/** The pieces of a line cut at a place, so that it can be underlined across colours. */
export function underlined(line: Piece[], place: Place | null): (Piece & { under: boolean })[] {
  if (!place) return line.map((piece) => ({ ...piece, under: false }));
  let at = 0;
  return line.flatMap((piece) => {
    const start = at;
    at += piece.text.length;
    const [a, b] = [Math.max(place.from, start) - start, Math.min(place.to, at) - start];
    if (b <= a) return [{ ...piece, under: false }];
    return [
      { text: piece.text.slice(0, a), classes: piece.classes, under: false },
      { text: piece.text.slice(a, b), classes: piece.classes, under: true },
      { text: piece.text.slice(b), classes: piece.classes, under: false },
    ].filter((part) => part.text !== "");
  });
}
