// For tests of components: an agent that answers what it is told to, and a house around the page under test.
import type { ReactNode } from "react";
import { vi } from "vitest";
import { LiveHouse } from "./api/live";
import { PlaceProvider } from "./parts/link";
import { VoiceProvider } from "./parts/say";

interface ProblemDocument { status: number; type?: string; title: string; detail?: string; next?: string }

class SilentStream {
  static last: SilentStream | null = null;
  static away = false;
  onopen: () => void = () => undefined;
  onerror: () => void = () => undefined;
  private readonly ears = new Map<string, (message: { data: string }) => void>();
  constructor() {
    SilentStream.last = this;
    queueMicrotask(() => (SilentStream.away ? this.onerror() : this.onopen()));
  }
  addEventListener(name: string, then: (message: { data: string }) => void) { this.ears.set(name, then); }
  speak(name: string, data: unknown) { this.ears.get(name)?.({ data: JSON.stringify(data) }); }
  close() { return undefined; }
}

/** Answers by "METHOD /path" (without the query); anything else is an empty list. */
export class Agent {
  problems: Record<string, ProblemDocument> = {};
  private readonly requests: { key: string; body: unknown }[] = [];

  constructor(readonly answers: Record<string, unknown>) {
    SilentStream.away = false;
    vi.stubGlobal("EventSource", SilentStream);
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      const key = `${init.method} ${url.replace("/api/v1", "").replace(/\?.*/, "")}`;
      this.requests.push({ key, body: init.body ? JSON.parse(String(init.body)) : null });
      const problem = this.problems[key];
      const json = problem ?? (key in this.answers ? this.answers[key] : []);
      return Promise.resolve(new Response(JSON.stringify(json), { status: problem?.status ?? 200 }));
    });
  }
  sent(key: string): unknown[] {
    return this.requests.filter((request) => request.key === key).map((request) => request.body);
  }
  say(name: string, data: unknown): void {
    SilentStream.last?.speak(name, data);
  }
  breakOff(): void {
    SilentStream.away = true;
    SilentStream.last?.onerror();
  }
}

export function House({ children }: { children: ReactNode }) {
  return <PlaceProvider><VoiceProvider><LiveHouse query="">{children}</LiveHouse></VoiceProvider></PlaceProvider>;
}
