// How does a line of the audit log read? The log keeps paths of the API; people read names.
import type { AuditEntry } from "../api/types";
import type { ShapeName } from "../draw/shape";
import type { Tone } from "./app-state";

/** "You: stop notes", "Token ci: set secret KEY of radio". */
export function sentenceOf(entry: Pick<AuditEntry, "who" | "verb" | "object">): string {
  return [`${whoWord(entry.who)}:`, entry.verb.replaceAll("_", " "), objectWord(entry.object)].filter(Boolean).join(" ");
}

/** As the log has it, so that it can begin a line. */
export function whoWord(who: string): string {
  const [kind, ...rest] = who.split(" ");
  const name = rest.join(" ");
  if (who === "session") return "You";
  if (kind === "token") return `Token ${name}`;
  // Whoever signs in is nobody yet, but somebody it was.
  if (kind === "nobody") return `Somebody ${name}`;
  if (kind === "local") return `${name} on the machine`;
  return who.charAt(0).toUpperCase() + who.slice(1);
}

/** `apps/notes/stop` is notes, `apps/notes/secrets/KEY` is KEY of notes; places without a name add nothing to the verb. */
function objectWord(object: string): string {
  const parts = object.split("/").filter(Boolean).map(decode);
  const [place = "", name = "", part = "", inner = ""] = parts;
  if (parts.length < 2) return /^(apps|session|setup|setup-link|password|tokens|uploads|state)$/.test(place) ? "" : object;
  if (place === "apps") return inner ? `${inner} of ${name}` : name;
  if (place === "sources") return part;
  return place === "state" ? "" : name;
}

/** The detail without the app's name before a sentence that begins with it. */
export function detailOf(detail: string): string {
  const [name = "", ...rest] = detail.split(": ");
  const said = rest.join(": ");
  return said.startsWith(`${name} `) ? said : detail;
}

export function outcomeLook(outcome: string): { shape: ShapeName; tone: Tone } {
  if (/^(ok|done|accepted)\b/i.test(outcome)) return { shape: "done", tone: "run" };
  if (/^(fail|refused|denied|error)/i.test(outcome)) return { shape: "bad", tone: "bad" };
  return { shape: "todo", tone: "off" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
