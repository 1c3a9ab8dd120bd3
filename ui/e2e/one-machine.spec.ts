// The main job in a browser, against a real agent, real Git and real Docker: from a set-up link to a destroyed app.
import { expect, test, type Page } from "@playwright/test";
import { complaints, keepsItsPromises } from "./looks";
import { Machine } from "./machine";

const PASSWORD = "three wet words";
const MANIFEST = (name: string) => `[app]\nname = "${name}"\n[config]\nlang = "node"\nport = 7211\nrun = "node server.js"\n[env]\nGREETING = "hello"\n[secrets]\nnames = ["KEY"]\n`;
const SERVER = (answer: string) => `
let asked = 0;
require("http").createServer((request, response) => {
  if (request.url === "/") console.log("asked " + ++asked);
  response.end("${answer} " + process.env.GREETING + " " + (process.env.KEY || "").length);
}).listen(process.env.PORT, () => console.log("listening"));
`;

test.describe.configure({ mode: "serial" });

let machine: Machine;
let page: Page;
let app: string;
let url: string;
let heard: string[];
let origin: string;

test.beforeAll(async ({ browser }, info) => {
  app = `browser-${info.project.name}`;
  machine = await Machine.start();
  url = await machine.commit(app, { "shipwreck.toml": MANIFEST(app), "server.js": SERVER("first") }, "First words");
  page = await browser.newPage(info.project.use);
  heard = complaints(page);
});
test.afterAll(async () => {
  await page?.close();
  await machine?.stop();
});

const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name });
const visit = (path: string) => page.goto(origin + path);
const done = () => expect(page.getByRole("heading", { name: /is running$/ })).toBeVisible({ timeout: 90_000 });
const tab = (name: string) => page.getByRole("navigation", { name: app }).getByRole("link", { name }).click();
const home = () => page.getByRole("link", { name: "Kraken, home" }).click();
const log = () => page.getByRole("log", { name: `Log of ${app}` });

/** The app's own answer, asked for as a visitor would. */
async function answer(): Promise<string> {
  const address = await machine.kraken("open", app, "--print");
  return machine.visit(address);
}

test("a set-up link sets the password and leaves no trace in the address", async () => {
  const link = await machine.link();
  origin = new URL(link).origin;
  await page.goto(link);
  await expect(heading("Choose the password")).toBeVisible();
  expect(page.url()).not.toContain("setup");
  await keepsItsPromises(page, "set-up");
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Open the platform" }).click();
  await expect(heading("Your platform is lit. Give it an app.")).toBeVisible();
  await keepsItsPromises(page, "empty home");
});

test("an address is looked at as it is typed, a misspelt key is mended by a click", async () => {
  const misspelt = await machine.commit(`${app}-wrong`, { "shipwreck.toml": MANIFEST(app).replace("port =", "prot ="), "server.js": SERVER("x") }, "Misspelt");
  await visit("/deploy");
  await page.getByLabel("Git address").fill(misspelt);
  await expect(page.getByText("2 branches")).toBeVisible();
  await expect(page.getByLabel("Branch or tag").locator("option")).toHaveText(["Default (main)", "main", "next"]);
  await page.getByRole("button", { name: "Write port" }).click();
  const file = page.getByRole("textbox", { name: "shipwreck.toml" });
  await expect(file).toHaveValue(/port = 7211/);
  await file.fill(`[app]\nname = "x"\n[config]\nlang = "node"\nrun = "node x.js"\nport = 70000\n`);
  await expect(page.getByText("shipwreck.toml line 6 has to be corrected first")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Deploy/ }).last()).toHaveAttribute("aria-disabled", "true");
  await keepsItsPromises(page, "deploy form");
});

test("a repository without a shipwreck.toml is offered the one that fits", async () => {
  const bare = await machine.commit(`${app}-bare`, { "package.json": `{"scripts": {"start": "node server.js"}}`, "server.js": SERVER("x") }, "No file");
  await page.getByLabel("Git address").fill(bare);
  await expect(page.getByText("none in the repository; Kraken would write the one shown")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "shipwreck.toml" })).toHaveValue(/lang = "node"/);
  await expect(page.getByRole("button", { name: `Deploy ${app}-bare` })).toHaveAttribute("aria-disabled", "false");
  await expect(page.getByLabel("Value of GREETING"), "values of another repository's file are left behind").toHaveCount(0);
  await keepsItsPromises(page, "detected manifest");
  await page.getByLabel("Git address").fill(bare.replace("-bare", "-nothing"));
  await expect(page.getByRole("button", { name: "Look again" })).toBeVisible();
  await keepsItsPromises(page, "unreachable repository");
});

test("deploying shows each step with its why, the build as it runs, and ends at the app", async () => {
  await visit("/deploy");
  await page.getByLabel("Git address").fill(url);
  await page.getByLabel("Value of KEY, secret").fill("12345");
  await page.getByRole("button", { name: `Deploy ${app}` }).click();
  await page.waitForURL(/\/deployments\//);
  await expect(page.getByRole("list").getByText("Building", { exact: false }).first()).toBeVisible();
  await expect(page.getByRole("log", { name: "Build log" })).toContainText("Step", { timeout: 60_000 });
  await done();
  await keepsItsPromises(page, "finished deployment");
  expect(await answer()).toBe("first hello 5");
});

test("the app's page opens the app, also for a phone by the machine's address and its port", async () => {
  await page.getByRole("link", { name: "To its page" }).click();
  await expect(heading(app)).toBeVisible();
  await keepsItsPromises(page, "overview");
  const opened = page.context().waitForEvent("page");
  await page.getByRole("link", { name: "Open", exact: true }).click();
  const visitor = await opened;
  await expect(visitor.locator("body")).toHaveText("first hello 5");
  await visitor.close();
  const phone = await page.getByRole("region", { name: "Open it on a phone" }).locator(".mono").first().innerText();
  expect(phone).toMatch(/^\d+\.\d+\.\d+\.\d+:\d+$/);
  expect(await machine.visit(`http://${phone}`)).toBe("first hello 5");
});

test("the log is followed while the app is used, searched, and held still", async () => {
  await tab("Logs");
  await expect(log()).toContainText("listening");
  await answer();
  await expect(log()).toContainText("asked 1");
  await answer();
  await expect(log()).toContainText(/asked [2-9]/);
  await page.getByLabel("Search the log").fill("listening");
  await expect(page.locator("mark").first()).toBeVisible();
  await keepsItsPromises(page, "logs");
});

test("CPU and memory are drawn, of what the app may use", async () => {
  await tab("Charts");
  await expect(page.getByRole("img", { name: /^Memory, MB: at most/ })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("img", { name: /^CPU, percent of one core: at most/ })).toBeVisible();
  await keepsItsPromises(page, "charts");
});

test("a value and a secret set here reach the app without a build, and the value goes back to the file", async () => {
  await tab("Env and secrets");
  await expect(page.getByText("12345")).toHaveCount(0);
  await page.getByRole("button", { name: "Override GREETING" }).click();
  await page.getByLabel("Value").fill("ahoy");
  await page.getByRole("button", { name: "Save GREETING" }).click();
  await expect(page.getByText("set here; the file says")).toBeVisible();
  await expect.poll(answer, { timeout: 60_000 }).toBe("first ahoy 5");
  await page.getByRole("button", { name: "Replace KEY" }).click();
  await page.getByLabel("Value").fill("123456789");
  await keepsItsPromises(page, "secret dialog");
  await page.getByRole("button", { name: "Save KEY" }).click();
  await expect.poll(answer, { timeout: 60_000 }).toBe("first ahoy 9");
  await keepsItsPromises(page, "env");
});

test("the number of copies is set here, and goes back to the file", async () => {
  await tab("Copies and address");
  await keepsItsPromises(page, "copies and address");
  await page.getByRole("button", { name: "Change Copies" }).click();
  await page.getByLabel("Copies", { exact: true }).fill("2");
  await keepsItsPromises(page, "copies dialog");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Copies: 2" })).toBeVisible();
  await expect(page.getByText(/^Set here; the file says/)).toBeVisible();
  await expect(page.getByText(/^2.copies on /)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Reset Copies to the file" }).click();
  await expect(page.getByRole("heading", { name: "Copies: 1" })).toBeVisible();
  await expect(page.getByText(/^1.copy on /)).toBeVisible({ timeout: 60_000 });
});

test("a new commit is one press away, and so is the way back", async () => {
  await machine.commit(app, { "server.js": SERVER("second") }, "Second words");
  await page.getByRole("button", { name: "Update" }).click();
  await page.waitForURL(/\/deployments\//);
  await done();
  expect(await answer()).toBe("second ahoy 9");
  await page.getByRole("link", { name: "To its page" }).click();
  await tab("Versions");
  await page.getByRole("button", { name: /^Go back to v/ }).first().click();
  await expect(page.getByRole("dialog")).toContainText("Data is not taken back");
  await keepsItsPromises(page, "going back");
  await page.getByRole("dialog").getByRole("button", { name: /^Go back to v/ }).click();
  await page.waitForURL(/\/deployments\//);
  await done();
  expect(await answer()).toBe("first ahoy 9");
});

test("a version that fails says why and what is next, and the old one stays", async () => {
  await machine.commit(app, { "server.js": "console.error('no lamp oil'); process.exit(3)\n" }, "Broken");
  await home();
  await page.getByRole("link", { name: app, exact: true }).first().click();
  await page.getByRole("button", { name: "Update" }).click();
  await page.waitForURL(/\/deployments\//);
  await expect(page.getByRole("heading", { name: /^Failed at/ })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByText("Why:")).toBeVisible();
  await expect(page.getByText("no lamp oil").first()).toBeVisible();
  await keepsItsPromises(page, "failed deployment");
  expect(await answer()).toBe("first ahoy 9");
  await home();
  await expect(heading("Mostly calm. One thing needs you.")).toBeVisible();
  await keepsItsPromises(page, "home");
  await page.getByRole("link", { name: app, exact: true }).first().click();
  await tab("Failures");
  // Docker may have started it once more before its lines were read.
  await page.getByText(/^Its last (line|[0-9]+.lines)$/).click();
  await expect(page.getByText("no lamp oil").first()).toBeVisible();
  await keepsItsPromises(page, "failures");
  await home();
});

test("the switch turns it off and on", async () => {
  const knob = page.getByRole("switch", { name: app });
  await knob.click();
  await expect(page.getByText("no address while off")).toBeVisible({ timeout: 60_000 });
  await expect(knob).toHaveAttribute("aria-checked", "false");
  await knob.click();
  await expect.poll(() => answer().catch(() => ""), { timeout: 60_000 }).toBe("first ahoy 9");
});

test("a restart of the agent ends neither the app nor the session, and the page finds it again", async () => {
  const before = heard.length;
  await machine.end();
  await expect(page.getByText(/^No contact with this machine since/)).toBeVisible();
  await keepsItsPromises(page, "out of contact");
  await machine.begin();
  await expect(page.getByText(/^No contact with this machine since/)).toHaveCount(0);
  // While it was away the browser noted each refused connection, and nothing else.
  expect(heard.splice(before).filter((line) => !line.includes("ERR_CONNECTION_REFUSED"))).toEqual([]);
  await page.reload();
  await expect(page.getByRole("switch", { name: app })).toHaveAttribute("aria-checked", "true");
  await expect.poll(() => answer().catch(() => ""), { timeout: 30_000 }).toBe("first ahoy 9");
});

test("the machine's vitals, what happened, and the settings are shown", async () => {
  await visit("/nodes");
  await expect(page.getByRole("meter", { name: "Memory" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/^Docker [\d.]+.* answers\.$/)).toBeVisible();
  await keepsItsPromises(page, "nodes");
  await visit("/events");
  await expect(page.getByRole("listitem").filter({ hasText: app }).first()).toBeVisible();
  await keepsItsPromises(page, "events");
  await visit("/settings");
  await expect(page.getByRole("heading", { name: "API tokens" })).toBeVisible();
  await keepsItsPromises(page, "settings");
});

test("a machine is invited with a token that is shown once and can be taken back", async () => {
  await visit("/nodes");
  await page.getByRole("button", { name: "Add a machine" }).click();
  const dialog = page.getByRole("dialog");
  await keepsItsPromises(page, "add a machine");
  await dialog.getByRole("button", { name: "Make an invite" }).click();
  await expect(dialog.getByText(/^kraken join \S{40,}$/)).toBeVisible();
  await keepsItsPromises(page, "invite");
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Add a machine" }).click();
  await dialog.getByRole("button", { name: /^Withdraw the invite/ }).click();
  await expect(dialog.getByRole("button", { name: /^Withdraw the invite/ })).toHaveCount(0);
  await expect(dialog.getByText(/^kraken join \S{40,}$/)).toHaveCount(0);
  await dialog.getByRole("button", { name: "Done" }).click();
});

test("what is set about a machine is kept, and goes back to its own config", async () => {
  const settings = page.getByRole("button", { name: /^Settings of / });
  await settings.click();
  await page.getByLabel("Priority").fill("150");
  await page.getByLabel("Labels").fill("attic camera");
  await page.getByRole("radio", { name: /^Often away/ }).check();
  await keepsItsPromises(page, "settings of a machine");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await settings.click();
  await expect(page.getByLabel("Priority")).toHaveValue("150");
  await expect(page.getByLabel("Labels")).toHaveValue("attic camera");
  await expect(page.getByRole("radio", { name: /^Often away/ })).toBeChecked();
  await page.getByLabel("Priority").fill("");
  await page.getByLabel("Labels").fill("");
  await page.getByRole("radio", { name: "As its config says" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a house where nothing was changed on two sides has nothing to choose", async () => {
  await visit("/conflicts");
  await expect(heading("Changed on two sides")).toBeVisible();
  await keepsItsPromises(page, "conflicts");
  await page.getByRole("link", { name: "Go home" }).click();
  await visit("/settings");
});

test("signing in leads back to where one was", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  const password = page.getByRole("textbox", { name: "Password", exact: true });
  await password.fill("not this");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("That is not the password");
  await keepsItsPromises(page, "sign-in");
  await password.fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(heading("Settings")).toBeVisible();
});

test("destroying says what goes and what stays, asks for the name, and then the app is gone", async () => {
  await visit(`/apps/${app}/remove`);
  await page.getByRole("button", { name: "Destroy…" }).click();
  const dialog = page.getByRole("alertdialog");
  const sure = dialog.getByRole("button", { name: `Destroy ${app}` });
  await expect(dialog.getByRole("listitem").first()).toBeVisible();
  expect(await dialog.getByRole("listitem").count()).toBeGreaterThanOrEqual(3);
  await expect(sure).toHaveAttribute("aria-disabled", "true");
  await keepsItsPromises(page, "destroy dialog");
  await page.getByLabel(/^Type/).fill(app);
  await sure.click();
  await expect(page.getByRole("link", { name: app, exact: true })).toHaveCount(0, { timeout: 60_000 });
});

test("through all of it the page never complained", () => {
  expect(heard).toEqual([]);
});
