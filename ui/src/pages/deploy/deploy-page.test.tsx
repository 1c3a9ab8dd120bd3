// @vitest-environment jsdom
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Finding, Inspection } from "../../api/types";
import { Agent, House } from "../../test-agent";
import { DeployPage } from "./deploy-page";

const URL_ = "https://git.home/anna/recipes.git";
const misspelt: Finding = { severity: "warning", line: 2, column: 1, length: 4, key: "sleep.aftr", message: "`aftr` is not a key of `[sleep]`", suggestion: "after" };
const inspection: Inspection = {
  url: URL_, branches: [{ name: "main", commit: "f31b0c9" }, { name: "next", commit: "aaa" }], tags: [], default_branch: "main", reference: { kind: "branch", name: "main" },
  commit: { id: "f31b0c9", summary: "Weigh flour in grams" }, manifest: { origin: "file", text: "[sleep]\naftr = \"5m\"\n" }, findings: [misspelt],
  app: { id: "recipes", name: "recipes", exists: false }, ok: true, secrets: ["MAIL_PASSWORD"], env: { UNITS: "metric" }, volumes: [], port: 8080,
};

describe("the deploy form", () => {
  let agent: Agent;
  beforeEach(() => {
    agent = new Agent({ "POST /sources/inspect": inspection, "POST /apps": { app: "recipes", deployment: "d1", copies: 1, message: "" }, "POST /manifests/validate": { findings: [], ok: true } });
  });
  afterEach(() => vi.unstubAllGlobals());
  const open = () => render(<House><DeployPage url={URL_} /></House>);

  it("asks about the address once it can be one, then shows branches, findings and values", async () => {
    open();
    expect(await screen.findByText(/2.branches/)).toBeTruthy();
    expect(screen.getByRole("option", { name: "next" })).toBeTruthy();
    expect(screen.getAllByText(/is not a key of/).length).toBeGreaterThan(0);
    expect(((await screen.findByLabelText("Value of UNITS")) as HTMLInputElement).value).toBe("metric");
  });
  it("one click writes what was meant, and the fixed text is what gets deployed", async () => {
    const user = userEvent.setup();
    open();
    await user.click(await screen.findByRole("button", { name: "Write after" }));
    expect((screen.getByRole("textbox", { name: "shipwreck.toml" }) as HTMLTextAreaElement).value).toBe("[sleep]\nafter = \"5m\"\n");
    await waitFor(() => expect(screen.getByRole("button", { name: "Deploy recipes" }).getAttribute("aria-disabled")).toBe("false"), { timeout: 3000 });
    await user.type(screen.getByLabelText("Value of MAIL_PASSWORD, secret"), "s3cret");
    await user.click(screen.getByRole("button", { name: "Deploy recipes" }));
    await waitFor(() => expect(agent.sent("POST /apps")).toHaveLength(1));
    expect(agent.sent("POST /apps")[0]).toEqual({
      url: URL_, reference: { kind: "branch", name: "main" }, name: "recipes", manifest: "[sleep]\nafter = \"5m\"\n", secrets: { MAIL_PASSWORD: "s3cret" }, expected_commit: "f31b0c9",
    });
    expect(window.location.pathname).toBe("/deployments/d1");
  });
  it("an error keeps it from being deployed and says which line", async () => {
    agent.answers["POST /sources/inspect"] = { ...inspection, ok: false, findings: [{ ...misspelt, severity: "error", line: 7 }] };
    open();
    expect(await screen.findByText("shipwreck.toml line 7 has to be corrected first")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Deploy recipes" }));
    expect(agent.sent("POST /apps")).toHaveLength(0);
  });
  it("a private repository opens the field for a token", async () => {
    agent.problems["POST /sources/inspect"] = { status: 422, type: "urn:kraken:problem:source-needs-sign-in", title: "Sign in", detail: "It asks who you are", next: "Give a token" };
    open();
    expect(await screen.findByText(/It asks who you are\. Give a token\./)).toBeTruthy();
    expect(screen.getByLabelText("Access token").closest("details")?.open).toBe(true);
  });
});
