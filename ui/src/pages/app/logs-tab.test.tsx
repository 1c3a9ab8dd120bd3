// @vitest-environment jsdom
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { App, LogLine } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { asText } from "./log-download";
import { LogsTab } from "./logs-tab";

const line = (n: number, text: string, level: LogLine["level"] = null): LogLine => ({ cursor: String(n), at: `2026-11-20T14:00:0${n}Z`, replica: "r1", node: "n", version_number: 2, stream: "out", text, level });
const app = { id: "notes", name: "notes", wanted: "on", replicas: [], deployments: [] } as unknown as App;

function open(lines: LogLine[]) {
  const agent = new Agent({ "GET /apps/notes/logs": { lines, cursor: lines[lines.length - 1]?.cursor ?? null } });
  render(<House><LogsTab app={app} /></House>);
  return agent;
}

describe("the log", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("shows what was said, then what is being said, each line once", async () => {
    const agent = open([line(1, "first")]);
    await screen.findByText("first");
    act(() => agent.say("log", { app: "notes", lines: [line(1, "first"), line(2, "second")] }));
    act(() => agent.say("log", { app: "other", lines: [line(3, "of another app")] }));
    expect(screen.getAllByText("first")).toHaveLength(1);
    expect(screen.getByText("second")).toBeTruthy();
    expect(screen.queryByText("of another app")).toBeNull();
  });
  it("a level hides what is less serious", async () => {
    open([line(1, "calm"), line(2, "on fire", "error")]);
    await screen.findByText("calm");
    await userEvent.click(screen.getByRole("button", { name: "Error" }));
    expect(screen.queryByText("calm")).toBeNull();
    expect(screen.getByText("on fire")).toBeTruthy();
  });
  it("a search counts and marks its hits", async () => {
    open([line(1, "KEY is not set"), line(2, "listening"), line(3, "no key")]);
    await screen.findByText("listening");
    await userEvent.type(screen.getByLabelText("Search the log"), "key");
    expect(screen.getByText("2")).toBeTruthy();
    expect(screen.getAllByText(/^key$/i).map((one) => one.tagName)).toEqual(["MARK", "MARK"]);
  });
  it("lines that were dropped are counted, not hidden", async () => {
    const agent = open([line(1, "first")]);
    await screen.findByText("first");
    act(() => agent.say("skipped", { stream: "log", lines: 40 }));
    expect(screen.getByText(/40.lines skipped/)).toBeTruthy();
  });
  it("says so when nothing was said", async () => {
    open([]);
    expect(await screen.findByText("It has said nothing yet.")).toBeTruthy();
  });
});

it("the file is plain text, one line each, without colours", () => {
  expect(asText([line(1, "\u001b[31mred\u001b[0m alert", "error")])).toBe("2026-11-20T14:00:01Z v2 r1 error red alert\n");
});
