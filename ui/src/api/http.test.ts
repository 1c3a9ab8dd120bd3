// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";
import { get, newKey, send, whenSignedOut } from "./http";

function answering(status: number, body: unknown) {
  const spy = vi.fn((_url: string, _init: RequestInit) => Promise.resolve(new Response(body === undefined ? null : JSON.stringify(body), { status })));
  vi.stubGlobal("fetch", spy);
  return spy;
}
const asked = (spy: ReturnType<typeof answering>) => {
  const [url, init] = spy.mock.calls[0] as [string, RequestInit];
  return { url, init, headers: init.headers as Record<string, string> };
};
afterEach(() => vi.unstubAllGlobals());

describe("asking the agent", () => {
  it("every change names itself and carries a key; a question carries neither", async () => {
    const change = answering(202, { app: "a" });
    await send("POST", "/apps/a/stop", {});
    expect(asked(change).headers).toMatchObject({ "X-Kraken": "1", "Idempotency-Key": expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const question = answering(200, []);
    await get("/apps");
    expect(asked(question).url).toBe("/api/v1/apps");
    expect(asked(question).headers).not.toHaveProperty("X-Kraken");
  });
  it("a repeated deed keeps its key", async () => {
    const spy = answering(202, {});
    await send("POST", "/apps", {}, "same");
    expect(asked(spy).headers["Idempotency-Key"]).toBe("same");
  });
  it("keys are version 4 UUIDs and differ", () => {
    const keys = new Set(Array.from({ length: 50 }, newKey));
    expect(keys.size).toBe(50);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  it("an empty answer is no error", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
    await expect(send("DELETE", "/session")).resolves.toBeNull();
  });
  it("an answer that breaks off half-way is no answer", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("[{", { status: 200 })));
    await expect(get("/apps")).rejects.toMatchObject({ kind: "unreachable" });
  });
  it("401 ends the session, but a wrong password does not", async () => {
    const over = vi.fn();
    whenSignedOut(over);
    answering(401, { title: "Sign in" });
    await expect(get("/apps")).rejects.toThrow("Sign in");
    await expect(send("POST", "/session", { password: "x" })).rejects.toThrow();
    expect(over).toHaveBeenCalledTimes(1);
  });
  it("silence becomes a problem with a next step", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
    await expect(get("/apps")).rejects.toMatchObject({ kind: "unreachable", status: 0 });
  });
});
