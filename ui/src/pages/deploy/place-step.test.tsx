// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Inspection, Node } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { machine } from "../../test-machine";
import { emptyDraft } from "./draft";
import { PlaceStep } from "./place-step";

const inspection = { app: { id: "notes", name: "notes", exists: false } } as Inspection;
const crew = [machine("nuc", { leads: true, apps: ["a", "b"], standing: { rank: 1 } }), machine("shed", { standing: { live: false } }), machine("attic", { docker: { reachable: false }, standing: { rank: 2 } })];

async function open(nodes: Node[], over: Partial<Inspection> = {}) {
  new Agent({ "GET /platform": { name: "home", node: "nuc" }, "GET /nodes": nodes });
  const edit = vi.fn();
  render(<House><PlaceStep draft={emptyDraft("x")} inspection={{ ...inspection, ...over }} edit={edit} /></House>);
  await new Promise((then) => setTimeout(then, 300));
  return edit;
}

describe("on which machine", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("Kraken chooses unless somebody does, and each machine says what speaks for or against it", async () => {
    const edit = await open(crew);
    const names = screen.getAllByRole("radio").map((one) => one.closest("label")?.textContent?.replaceAll("\u00a0", " "));
    expect(names.slice(1)).toEqual(["nuc, arm64, 2 apps on it", "attic, would wait: its Docker does not answer", "shed, would wait: no contact with it"]);
    expect((screen.getAllByRole("radio")[0] as HTMLInputElement).checked).toBe(true);
    await userEvent.click(screen.getByRole("radio", { name: /^nuc/ }));
    expect(edit).toHaveBeenCalledWith({ node: "nuc" });
  });
  it("is not asked with one machine", async () => {
    await open(crew.slice(0, 1));
    expect(screen.queryByText("Where it runs")).toBeNull();
  });
  it("an app that is here already stays where it is", async () => {
    await open(crew, { app: { id: "notes", name: "notes", exists: true } as Inspection["app"] });
    expect(screen.queryAllByRole("radio")).toEqual([]);
    expect(screen.getByText(/^It stays where it is/)).toBeTruthy();
  });
});
