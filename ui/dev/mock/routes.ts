// DEVELOPMENT ONLY: which invented answer a request gets.
import type { App, AppSummary, Inspection } from "../../src/api/types";
import { buildLines, deployments } from "./deployments";
import { ago, apps, conflicts, GB, joining, MB, nodes, platform } from "./house";
import { logLines } from "./logs";

interface Answer { status: number; json?: unknown }
const ok = (json: unknown): Answer => ({ status: 200, json });
const none: Answer = { status: 204 };
const problem = (status: number, kind: string, title: string, detail: string, next: string): Answer => ({ status, json: { type: `urn:kraken:problem:${kind}`, title, status, detail, next } });
let signedIn = process.env.MOCK_DOOR === undefined;
let hasApps = process.env.MOCK_EMPTY === undefined;

export function answer(method: string, path: string, query: URLSearchParams, body: Record<string, unknown>): Answer {
  const [first = "", second = "", third = ""] = path.split("/").filter(Boolean).map(decodeURIComponent);
  if (first === "session" || first === "setup") return door(method, body);
  if (!signedIn) return problem(401, "signed-out", "Sign in", "This session is over.", "Sign in again.");
  if (method !== "GET" && first === "apps") return change(method, second, third);
  switch (first) {
    case "platform": return ok(platform());
    case "nodes": return second ? oneNode(third) : ok(nodes());
    case "joining": return ok(joining());
    case "invites": return method === "POST" ? ok({ id: "i2", token: "k4mz7q2xw5hd3yab6tne4rjvuc.5b1f0c9d1be2a0c2f8a13f9d1be2a0c25b1f0c9d1be2a0c2f8a13f9d1be2a0c2", expires_at: ago(-60) }) : ok([{ id: "i1", by: "session", created_at: ago(20), expires_at: ago(-40) }]);
    case "conflicts": return second ? ok({ app: "notes", deployment: null, copies: 2, message: "That change counts now." }) : ok(conflicts());
    case "doctor": return ok([{ name: "Docker", state: "ok", says: "20.10.24 answers; API 1.41." }, { name: "Port 80", state: "warning", says: "Port 80 is taken by another program, so the front door is on 8080.", next: "Stop that program, or keep 8080." }]);
    case "apps": return second ? oneApp(second, third, query) : ok(hasApps ? [...apps.values()] : []);
    case "deployments": return third === "log" ? buildLog(query) : third ? ok({ app: "radio", deployment: null, copies: 1, message: "Cancelling." }) : ok(deployments[second] ?? deployments["d-radio"]);
    case "audit": return ok(audit());
    case "tokens": return method === "POST" ? ok({ id: "t9", ...body, token: "krk_7Jq2mX9vT4sLw8bNc3" }) : ok([{ id: "t1", name: "ci", scopes: ["read", "write"], created_at: ago(9000), last_used_at: ago(30) }]);
    case "trash": return ok([{ app: "essays", destroyed_at: ago(2000), restorable: true, volumes: [{ id: "v9", app: "essays", name: "texts", path: "/data", node: "nuc", size_bytes: 40 * MB, state: "trash", deleted_after: ago(-8000) }] }]);
    case "sources": return source(method, second, body);
    case "manifests": return ok({ findings: findings(String(body.text ?? "")), ok: true });
    case "state": return query.has("check") ? ok({ applied: 0, message: "12 apps, 31 versions; nothing here would be lost." }) : ok({ version: 1, apps: [] });
    default: return none;
  }
}

function oneNode(part: string): Answer {
  switch (part) {
    case "settings": return ok({ priority: null, labels: ["attic"], machine: null });
    case "removal": return ok({ goes: ["The data in texts of essays", "1 copy of apps there; apps without data start again elsewhere", "Its place in the platform: its identity never returns"], stays: ["Its containers and files, on its own disk", "What was deployed from it, on every other machine"], apps: ["essays"], to_change: [{ app: "scapenode", name: "MAP_TOKEN" }, { app: null, name: "deploy key of git.home/max/notes" }] });
    default: return ok({ app: null, deployment: null, copies: 2, message: "Taken." });
  }
}

function door(method: string, body: Record<string, unknown>): Answer {
  if (method === "GET") return ok({ signed_in: signedIn, has_password: true, platform: "home" });
  if (method === "DELETE") { signedIn = false; return none; }
  if (body.password === "wrong") return problem(401, "wrong-password", "Not the password", "That is not the password. 4 tries left, then a pause of 1 min.", "");
  signedIn = true;
  return none;
}

function change(method: string, id: string, verb: string): Answer {
  const app = apps.get(id);
  if (!id) { hasApps = true; return ok({ app: "recipes", deployment: "d-radio", copies: 1, message: "Deploying recipes." }); }
  if (app && verb === "stop") apps.set(id, { ...app, wanted: "off", state: { kind: "off", since: ago(0), reason: "You turned it off just now" }, updated_at: ago(0) });
  if (app && verb === "start") apps.set(id, { ...app, wanted: "on", state: { kind: "running", since: ago(0), reason: "On nuc" }, updated_at: ago(0) });
  if (method === "DELETE" && !verb) apps.delete(id);
  return ok({ app: id, deployment: verb === "update" || verb === "retry" || verb === "rollback" ? "d-radio" : null, copies: 1, message: `Done: ${verb || "destroy"} ${id}.` });
}

function oneApp(id: string, part: string, query: URLSearchParams): Answer {
  const app = apps.get(id);
  if (!app) return problem(404, "no-such-app", "There is no such app", `Nothing here is called ${id}.`, "Look at Home for what there is.");
  switch (part) {
    case "versions": return ok([
      { id: "v8", number: 8, commit: "c2f8a13f9d1be2a0c2f8a13f9d1be2a0c2f8a13f", summary: "Read maps from the database", created_at: ago(12), state: "failed", why: "", manifest_changed: true },
      { id: "v7", number: 7, commit: "41d7e90", summary: "Faster tiles at zoom 14", created_at: ago(3000), state: "serving", size_bytes: 182 * MB, why: "", manifest_changed: false },
      { id: "v6", number: 6, commit: "0be55d2", summary: "Pins can have photos", created_at: ago(16_000), state: "kept", kept_until: ago(-7000), size_bytes: 181 * MB, why: "", manifest_changed: false },
    ]);
    case "failures": return ok([{ deployment: "d-scape", app: id, version_number: 8, at: ago(12), step: "waiting_healthy", reason: "`GET /healthz` answered `500` for 60 s", log_tail: ["SCAPE_DB is not set"], kind: "failed" }]);
    case "logs": return ok({ lines: query.has("after") ? [] : logLines(id, 480, 1), cursor: "480" });
    case "stats": return ok({ limit_bytes: 256 * MB, deployments: [{ at: ago(12), version_number: 8 }], series: Array.from({ length: 120 }, (_, n) => ({ at: ago((120 - n) / 2), cpu_percent: 6 + 12 * Math.abs(Math.sin(n / 9)), memory_bytes: (120 + 40 * Math.sin(n / 15)) * MB })) });
    case "destruction": return ok({ goes: ["1 running copy, 3 versions, 2 secrets and 7 days of logs go now.", `\`${app.addresses.port}\` stops answering for everybody in the house.`], stays: ["Your Git repository stays."], volumes: volumes(id), versions: 3 });
    default: return ok(whole(app));
  }
}

function volumes(app: string): App["volumes"] {
  return [{ id: "v1", app, name: "tiles", path: "/data", node: "nuc", size_bytes: 4.1 * GB, state: "in_use" }];
}

function whole(app: AppSummary): App {
  const last = app.deployment ? deployments[app.deployment.id] : undefined;
  return {
    ...app, source: { url: `https://git.home/max/${app.id}.git`, reference: { kind: "branch", name: "main" }, commit: "41d7e90" }, manifest: { text: "[app]", origin: "file" },
    replicas: [{ id: `${app.id}-7f3a`, node: "nuc", version_number: app.version?.number ?? 1, phase: "running", reason: "", address: "10.77.0.4:4100", started_at: ago(3000), restarts: 0 }],
    placement: [{ node: "n1", node_name: "nuc", why: "the only machine; 512 MB stay free after it" }], volumes: volumes(app.id),
    place: { node: null, choices: [
      { node: "n1", node_name: "nuc", fits: true, why: "6.2 GB free after it" }, { node: "n2", node_name: "pi-4-attic", fits: true, why: "1.8 GB free after it" }, { node: "n3", node_name: "pi-3-shed", fits: false, why: "it is not heard" },
    ] },
    env: [{ name: "SCAPE_CACHE", value: "64", set_here: false, file: "64" }, { name: "TZ", value: "Europe/Berlin", set_here: true, file: "UTC" }],
    secrets: [{ name: "SCAPE_DB", is_set: false, wanted: true }, { name: "MAP_TOKEN", is_set: true, wanted: true, set_at: ago(11_000) }],
    scale: { value: 1, set_here: false, file: 1 }, route: { publish: { value: app.addresses.port ?? null, set_here: false, file: null }, hosts: { value: [], set_here: false, file: [] } },
    notes: [{ severity: "note", line: 9, key: "sleep.after", message: "`[sleep]` comes in a later version; until then the app never sleeps." }],
    deployments: [...(last ? [last] : []), deployments["d-old"]].filter((one) => one !== undefined), usual_ms: { fetching: 1500, building: 64_000, starting: 2000, waiting_healthy: 4000 },
  };
}

function buildLog(query: URLSearchParams): Answer {
  const from = Number(query.get("from") ?? 0);
  return ok({ lines: from >= 55 ? [] : buildLines(55 - from, from), next: 55, ended: false });
}

function audit() {
  const rows: [number, string, string, string, string, string][] = [
    [1, "session", "update", "apps/radio/update", "done", "main moved to `9be2c41`"], [12, "session", "update", "apps/scapenode/update", "done", "`/healthz` answered 500 for 60 s; version 7 still serves"], [41, "token ci", "set secret", "apps/notes/secrets/KEY", "done", ""],
    [900, "session", "stop", "apps/chess/stop", "refused", ""], [3000, "local root", "make setup link", "setup-link", "done", ""],
  ];
  return rows.map(([minutes, who, verb, object, outcome, detail], n) => ({ id: String(100 - n), at: ago(minutes), who, verb, object, outcome, detail }));
}

const FILE = "[app]\nname = \"recipes\"\nauthor = \"Anna\"\n[config]\nlang = \"python3@3.12\"\nport = 8080\nrun = \"gunicorn app:app\"\n[sleep]\naftr = \"5m\"\n[health]\npath = \"/healthz\"\n[secrets]\nnames = [\"MAIL_PASSWORD\"]\n";

function findings(text: string): Inspection["findings"] {
  const line = text.split("\n").findIndex((one) => /^aftr\b/.test(one)) + 1;
  return line ? [{ severity: "warning", line, column: 1, length: 4, key: "sleep.aftr", message: "`aftr` is not a key of `[sleep]`. Did you mean `after`?", next: "It is ignored until then.", suggestion: "after" }] : [];
}

function source(method: string, part: string, body: Record<string, unknown>): Answer {
  if (part === "hosts") return method === "DELETE" ? none : ok([{ host: "git.home", fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BrNTx", first_seen: ago(20_000) }]);
  if (part === "keys") return ok({ public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4k8d kraken-home-recipes" });
  const url = String(body.url ?? "");
  if (/private/.test(url) && !body.token) return problem(422, "source-needs-sign-in", "The repository asks for a sign-in", `${url} asks who you are, or does not exist`, "Give an access token, or use its ssh address with a deploy key");
  const text = String(body.manifest ?? FILE);
  const inspection: Inspection = {
    url, branches: ["main", "next", "old", "try"].map((name) => ({ name, commit: "f31b0c9" })), tags: [{ name: "v1.0", commit: "aaa" }], default_branch: "main", reference: { kind: "branch", name: "main" },
    commit: { id: "f31b0c9d1be2a0c2f8a13f9d1be2a0c2f8a13f00", summary: "Weigh flour in grams", author: "Anna", at: ago(125) },
    manifest: body.manifest === undefined ? (/plain/.test(url) ? { origin: "detected", text, why: "The repository has no shipwreck.toml. It has a `requirements.txt`, so this one would do." } : { origin: "file", text }) : { origin: "edited", text },
    findings: findings(text), app: { id: "recipes", name: String(body.name ?? "recipes"), exists: false }, ok: true, secrets: ["MAIL_PASSWORD"], env: { UNITS: "metric" }, volumes: [], port: 8080,
  };
  return ok(inspection);
}
