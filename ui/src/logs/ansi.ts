// What do the colours in a log line mean? Select Graphic Rendition (ECMA-48, SGR) only; every other escape is dropped.

export interface Span { text: string; classes: string }
interface Style { colour: string | null; bold: boolean; dim: boolean; under: boolean; inverse: boolean }

const PLAIN: Style = { colour: null, bold: false, dim: false, under: false, inverse: false };
/** ANSI 30–37 and 90–97 on the well's six colours; black would vanish on it and white is its ink. */
const COLOURS: (string | null)[] = ["ansi-dim", "ansi-red", "ansi-green", "ansi-yellow", "ansi-blue", "ansi-magenta", "ansi-cyan", null];
// eslint-disable-next-line no-control-regex -- escapes are what this reads
const ESCAPE = /\u001b(?:\[([0-9;:?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex -- so are control characters
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** The line as spans of text, each with the classes that paint it. Never throws, whatever an app prints. */
export function spans(line: string): Span[] {
  const found: Span[] = [];
  let style = PLAIN;
  let from = 0;
  const push = (text: string) => {
    const clean = text.replace(CONTROL, "");
    if (clean) found.push({ text: clean, classes: classes(style) });
  };
  for (const match of line.matchAll(ESCAPE)) {
    push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m") style = apply(style, match[1] ?? "");
  }
  push(line.slice(from));
  return found;
}

/** What a progress bar leaves behind on a real terminal: the text after its last carriage return. */
export function settled(line: string): string {
  const parts = line.replace(/\r+$/, "").split("\r");
  return parts[parts.length - 1] ?? "";
}

export function plainText(line: string): string {
  return settled(line).replace(ESCAPE, "").replace(CONTROL, "");
}

function apply(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let style = before;
  for (let n = 0; n < codes.length; n += 1) {
    const code = codes[n] as number;
    // 38 and 48 take arguments: 5;index or 2;r;g;b.
    if (code === 38 || code === 48) n += codes[n + 1] === 5 ? 2 : 4;
    else style = one(style, code);
  }
  return style;
}

function one(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 4) return { ...style, under: true };
  if (code === 7) return { ...style, inverse: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 24) return { ...style, under: false };
  if (code === 27) return { ...style, inverse: false };
  if (code === 39) return { ...style, colour: null };
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return { ...style, colour: COLOURS[code % 10] ?? null };
  return style;
}

function classes(style: Style): string {
  return [
    style.colour ?? (style.dim ? "ansi-dim" : ""), style.bold ? "ansi-bold" : "", style.under ? "ansi-under" : "", style.inverse ? "ansi-inverse" : "",
  ].filter(Boolean).join(" ");
}
