// What reaches the page by itself? One EventSource, its silence noticed, its end survived.
import type { StreamEvent, StreamEventName } from "./types";

const NAMES: StreamEventName[] = ["hello", "apps", "app", "gone", "deployment", "build", "log", "vitals", "audit", "skipped"];
/** The agent speaks at least every 30 s (vitals); longer silence is a dead connection TCP has not noticed. */
const SILENCE_MS = 45_000;
const AGAIN_MS = [1000, 2000, 3000, 5000, 8000];

export interface Listener {
  event: (event: StreamEvent) => void;
  /** true when the stream opened, false when it broke. */
  contact: (live: boolean) => void;
}

/** Opens the stream and keeps it open until the returned function is called. */
export function openStream(query: string, listener: Listener): () => void {
  let source: EventSource | null = null;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let closed = false;

  const broken = () => {
    if (closed) return;
    stop();
    listener.contact(false);
    again = setTimeout(open, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
    tries += 1;
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(broken, SILENCE_MS);
  };
  const stop = () => {
    clearTimeout(silence);
    clearTimeout(again);
    source?.close();
    source = null;
  };
  const open = () => {
    source = new EventSource(query ? `/api/v1/events?${query}` : "/api/v1/events");
    source.onopen = () => {
      tries = 0;
      heard();
      listener.contact(true);
    };
    source.onerror = broken;
    for (const name of NAMES) {
      source.addEventListener(name, (message) => {
        heard();
        const event = read(name, (message as MessageEvent<string>).data);
        if (event) listener.event(event);
      });
    }
  };
  open();
  return () => {
    closed = true;
    stop();
  };
}

/** One malformed message is dropped; it must never end the stream. */
export function read(name: StreamEventName, data: string): StreamEvent | null {
  try {
    const parsed: unknown = JSON.parse(data);
    return typeof parsed === "object" && parsed !== null ? ({ name, data: parsed } as StreamEvent) : null;
  } catch {
    return null;
  }
}
