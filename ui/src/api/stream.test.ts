import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openStream, read } from "./stream";

class FakeSource {
  static opened: FakeSource[] = [];
  onopen: () => void = () => undefined;
  onerror: () => void = () => undefined;
  closed = false;
  listeners = new Map<string, (m: { data: string }) => void>();
  constructor(readonly url: string) { FakeSource.opened.push(this); }
  addEventListener(name: string, then: (m: { data: string }) => void) { this.listeners.set(name, then); }
  close() { this.closed = true; }
}
const last = () => FakeSource.opened[FakeSource.opened.length - 1] as FakeSource;

describe("the event stream", () => {
  const contact = vi.fn();
  const event = vi.fn();
  let stop: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSource.opened = [];
    contact.mockClear();
    event.mockClear();
    vi.stubGlobal("EventSource", FakeSource);
    stop = openStream("app=a", { contact, event });
    last().onopen();
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("opens again after it broke, and later each time", () => {
    last().onerror();
    expect(contact).toHaveBeenLastCalledWith(false);
    vi.advanceTimersByTime(1000);
    expect(FakeSource.opened).toHaveLength(2);
    last().onerror();
    vi.advanceTimersByTime(1000);
    expect(FakeSource.opened).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(FakeSource.opened).toHaveLength(3);
  });
  it("silence is a broken stream although TCP says nothing", () => {
    vi.advanceTimersByTime(44_000);
    last().listeners.get("vitals")?.({ data: "{}" });
    vi.advanceTimersByTime(44_000);
    expect(contact).not.toHaveBeenCalledWith(false);
    vi.advanceTimersByTime(2000);
    expect(contact).toHaveBeenLastCalledWith(false);
  });
  it("a malformed message is dropped and the next one arrives", () => {
    last().listeners.get("app")?.({ data: "{" });
    last().listeners.get("gone")?.({ data: '{"app":"a"}' });
    expect(event.mock.calls).toEqual([[{ name: "gone", data: { app: "a" } }]]);
  });
  it("once closed it stays closed", () => {
    last().onerror();
    stop();
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.opened).toHaveLength(1);
    expect(FakeSource.opened[0]?.closed).toBe(true);
  });
});

it("only objects are events", () => {
  expect(read("app", "7")).toBeNull();
  expect(read("app", "null")).toBeNull();
});
