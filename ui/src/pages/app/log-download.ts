// The log as a file: plain text, colours removed.
import type { LogLine } from "../../api/types";
import { plainText } from "../../logs/ansi";
import { levelOf } from "../../logs/lines";

export function asText(lines: LogLine[]): string {
  return lines.map((line) => `${line.at} v${line.version_number ?? "?"} ${line.replica} ${levelOf(line)} ${plainText(line.text)}\n`).join("");
}

export function download(app: string, lines: LogLine[]): void {
  saveFile(`${app}.log`, "text/plain", asText(lines));
}

export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
