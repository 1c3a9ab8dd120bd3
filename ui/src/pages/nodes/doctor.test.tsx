// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Agent, House } from "../../test-agent";
import { Doctor } from "./doctor";

afterEach(() => vi.unstubAllGlobals());

it("what is not well comes first, with its next step, and what is well is one list", async () => {
  new Agent({ "GET /doctor": [{ name: "Clock", state: "ok", says: "It shows 12:00" }, { name: "Port 80", state: "warning", says: "Port 80 is taken", next: "Stop that program" }, { name: "Disk", state: "failed", says: "The disk is full" }] });
  render(<House><Doctor of={null} /></House>);
  await screen.findByText("Not well");
  expect(screen.getAllByRole("heading", { level: 3 }).map((one) => one.textContent)).toEqual(["Disk", "Port 80", "1\u00a0thing is well"]);
  expect(screen.getByText("Port 80 is taken. Stop that program.")).toBeTruthy();
  expect(screen.getAllByRole("listitem").map((one) => one.textContent)).toEqual(["Clock. It shows 12:00."]);
});
it("where nothing is wrong it says so", async () => {
  new Agent({ "GET /doctor": [{ name: "Clock", state: "ok", says: "It shows 12:00" }] });
  render(<House><Doctor of={null} /></House>);
  expect(await screen.findByRole("heading", { name: "All is well" })).toBeTruthy();
});
