// What went wrong, in the agent's words? RFC 9457 problem documents.
import { sentences } from "../words/sentence";
import type { Finding } from "./types";

export class Problem extends Error {
  readonly status: number;
  readonly kind: string;
  readonly detail: string;
  readonly next: string | null;
  readonly findings: Finding[];

  constructor(fields: { status: number; kind?: string; title: string; detail?: string; next?: string | null; findings?: Finding[] }) {
    super(fields.title);
    this.name = "Problem";
    this.status = fields.status;
    this.kind = fields.kind ?? "unknown";
    this.detail = fields.detail ?? "";
    this.next = fields.next ?? null;
    this.findings = fields.findings ?? [];
  }

  /** The whole of it as one sentence row: what happened, why, what to do. */
  get sentence(): string {
    return sentences(this.detail || this.message, this.next);
  }
}

/** An answer that is no problem document (a proxy's page, an empty body) still becomes one. */
export function readProblem(status: number, body: unknown): Problem {
  if (typeof body !== "object" || body === null) return plain(status);
  const doc = body as Record<string, unknown>;
  const text = (key: string): string | undefined => (typeof doc[key] === "string" ? (doc[key] as string) : undefined);
  const title = text("title");
  if (!title) return plain(status);
  return new Problem({
    status, title, kind: text("type")?.split(":").pop() ?? "unknown", detail: text("detail"), next: text("next") ?? null,
    findings: Array.isArray(doc.findings) ? (doc.findings as Finding[]) : [],
  });
}

function plain(status: number): Problem {
  return new Problem({
    status, title: `The machine answered ${status}`,
    next: status >= 500 ? "Try again; if it stays, look at the agent's log." : "Reload the page and try again.",
  });
}

/** No answer at all: the machine, the network or the agent is away. */
export function unreachable(): Problem {
  return new Problem({
    status: 0, kind: "unreachable", title: "This machine does not answer",
    detail: "This machine does not answer, so nothing was changed.",
    next: "Check that it is on and on the same network; this page tries again by itself.",
  });
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ status: 0, kind: "page", title: error instanceof Error ? error.message : String(error) });
}
