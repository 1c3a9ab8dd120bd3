// How does the page ask? Same origin, the session's cookie, a deadline on every call, and the headers that changes need.
import { Problem, readProblem, unreachable } from "./problem";

const BASE = "/api/v1";
/** Listing the branches of a slow Git host may take this long; everything else answers far sooner. */
const DEADLINE_MS = 60_000;

type Method = "GET" | "POST" | "PUT" | "DELETE";
let onSignedOut: () => void = () => undefined;

/** Called once for each answer that says the session is over. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>("GET", path, undefined, signal);
}

/** A change. The key makes a repeated request one deed: pass the same one to repeat, none for a new deed. */
export function send<T = void>(method: Exclude<Method, "GET">, path: string, body?: unknown, key: string = newKey()): Promise<T> {
  return ask<T>(method, path, { body, key });
}

/** 122 random bits as a UUID; randomUUID itself exists only on secure origins, and http://pi.local is none. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function ask<T>(method: Method, path: string, change?: { body: unknown; key: string }, signal?: AbortSignal): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), DEADLINE_MS);
  const stop = () => deadline.abort();
  signal?.addEventListener("abort", stop);
  try {
    return await answer<T>(await fetch(BASE + path, {
      method, credentials: "same-origin", cache: "no-store", signal: deadline.signal,
      headers: {
        Accept: "application/json",
        ...(change ? { "X-Kraken": "1", "Idempotency-Key": change.key } : {}),
        ...(change?.body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(change?.body === undefined ? {} : { body: JSON.stringify(change.body) }),
    }), path);
  } catch (error) {
    if (error instanceof Problem || signal?.aborted) throw error;
    throw unreachable();
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

async function answer<T>(response: Response, path: string): Promise<T> {
  // A good answer that breaks off half-way is no answer; only 204 is meant to be empty.
  if (response.ok) return (response.status === 204 ? null : await response.json()) as T;
  const body: unknown = await response.json().catch(() => null);
  // A wrong password is an answer to a question, not the end of a session.
  if (response.status === 401 && path !== "/session" && path !== "/password") onSignedOut();
  throw readProblem(response.status, body);
}
