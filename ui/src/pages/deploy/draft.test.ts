import { describe, expect, it } from "vitest";
import type { Inspection } from "../../api/types";
import { emptyDraft, isSsh, looksLikeAddress, obstacle, order, question, readReferenceKey, referenceKey, withFile } from "./draft";

const inspection: Inspection = {
  url: "https://git.home/anna/recipes.git", branches: [{ name: "main", commit: "f31b0c9" }], tags: [], default_branch: "main",
  reference: { kind: "branch", name: "main" }, commit: { id: "f31b0c9" }, manifest: { origin: "file", text: "" }, findings: [],
  app: { id: "recipes", name: "recipes", exists: false }, ok: true, secrets: ["MAIL"], env: { UNITS: "metric" }, volumes: [], port: 8080,
};

describe("an address", () => {
  it("is asked about as soon as it can be one, and not before", () => {
    for (const yes of ["https://git.home/a/b", "git@git.home:a/b.git", "github.com/you/notes", "ssh://git@h/x", "http://127.0.0.1:9000/r.git", "file:///srv/r"]) {
      expect([yes, looksLikeAddress(yes) || yes.startsWith("file")]).toEqual([yes, true]);
    }
    for (const no of ["", "htt", "https://", "https://git.home", "notes", "git@git.home"]) expect([no, looksLikeAddress(no)]).toEqual([no, false]);
    expect(question(emptyDraft("https://g"))).toBeNull();
  });
  it("over ssh wants a deploy key rather than a token", () => {
    expect([isSsh("git@h:a"), isSsh("ssh://h/a"), isSsh("https://h/a")]).toEqual([true, true, false]);
  });
});

it("the question carries only what was filled in", () => {
  expect(question(emptyDraft(" https://git.home/a/b "))).toEqual({ url: "https://git.home/a/b" });
  expect(question({ ...emptyDraft("https://git.home/a/b"), root: "web", reference: { kind: "tag", name: "v1" }, manifest: "" }))
    .toEqual({ url: "https://git.home/a/b", root: "web", reference: { kind: "tag", name: "v1" }, manifest: "" });
});

describe("what stands in the way", () => {
  it("is named with its line", () => {
    expect(obstacle(null, [])).toContain("Paste");
    expect(obstacle(inspection, [{ severity: "error", line: 7, key: "config.port", message: "no number" }])).toContain("line 7");
    expect(obstacle({ ...inspection, app: { id: "a", name: "a", exists: true, clash: "a is taken by another repository" } }, [])).toContain("taken");
  });
  it("is nothing when there are only warnings", () => {
    expect(obstacle(inspection, [{ severity: "warning", key: "sleep.aftr", message: "unknown" }])).toBeNull();
  });
});

describe("the order", () => {
  it("pins the commit that was shown", () => {
    expect(order(emptyDraft("x"), inspection)).toEqual({ url: inspection.url, reference: { kind: "branch", name: "main" }, name: "recipes", expected_commit: "f31b0c9" });
  });
  it("takes branch and folder as the agent read them from the address", () => {
    const pasted = { ...inspection, reference: { kind: "branch", name: "next" } as const, root: "web" };
    expect(order(emptyDraft("https://git.home/anna/recipes/tree/next/web"), pasted)).toMatchObject({ reference: { kind: "branch", name: "next" }, root: "web" });
  });
  it("sends what was set here and not what the file already says", () => {
    const draft = { ...emptyDraft("x"), env: [{ key: 1, name: "UNITS", value: "metric" }, { key: 2, name: "TZ", value: "Europe/Berlin" }, { key: 3, name: " ", value: "x" }], secrets: { MAIL: "s", OTHER: "" } };
    expect(order(draft, inspection)).toMatchObject({ env: { TZ: "Europe/Berlin" }, secrets: { MAIL: "s" } });
  });
  it("the machine is named only where somebody chose one", () => {
    expect("node" in order(emptyDraft("x"), inspection)).toBe(false);
    expect(order({ ...emptyDraft("x"), node: "n2" }, inspection).node).toBe("n2");
  });
  it("an emptied value of the file is a change, not an omission", () => {
    expect(order({ ...emptyDraft("x"), env: [{ key: 1, name: "UNITS", value: "" }] }, inspection).env).toEqual({ UNITS: "" });
  });
});

describe("the rows of values", () => {
  const typed = { key: 1, name: "TZ", value: "UTC" };
  it("follow the file, and what was typed stays", () => {
    const rows = withFile([typed], { A: "1", B: "2" }, 5);
    expect(rows).toEqual([typed, { key: 5, name: "A", value: "1", file: "1" }, { key: 6, name: "B", value: "2", file: "2" }]);
    const changed = rows.map((row) => (row.name === "B" ? { ...row, value: "mine" } : row));
    expect(withFile(changed, { A: "3", B: "4" }, 9).map((row) => `${row.name}=${row.value}`)).toEqual(["TZ=UTC", "A=3", "B=mine"]);
  });
  it("of another repository's file are left behind", () => {
    expect(withFile(withFile([typed], { A: "1" }, 5), {}, 6)).toEqual([typed]);
  });
});

it("a reference survives being the value of a select", () => {
  for (const reference of [{ kind: "default" }, { kind: "branch", name: "feat/a b" }, { kind: "tag", name: "v1" }, { kind: "commit", id: "abc" }] as const) {
    expect(readReferenceKey(referenceKey(reference))).toEqual(reference);
  }
});
