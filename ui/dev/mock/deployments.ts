// DEVELOPMENT ONLY: invented deployments and what they print.
import type { BuildLine, Deployment, Step } from "../../src/api/types";
import { ago } from "./house";

function steps(rows: [Step["phase"], Step["state"], number, string][], fromMinutes: number): Step[] {
  let at = Date.now() - fromMinutes * 60_000;
  return rows.map(([phase, state, seconds, why]) => {
    const started_at = new Date(at).toISOString();
    at += seconds * 1000;
    const reached = state !== "todo" && state !== "skipped";
    return { phase, state, why, node: "nuc", started_at: reached ? started_at : null, ended_at: reached && state !== "now" ? new Date(at).toISOString() : null };
  });
}

export const deployments: Record<string, Deployment> = {
  "d-scape": {
    id: "d-scape", app: "scapenode", version_number: 8, version: "scapenode-v8", kind: "update", asked_by: "a push to main", asked_at: ago(14), ended_at: ago(12.2), state: "failed", phase: "waiting_healthy",
    steps: steps([
      ["requested", "done", 0.1, "main moved from `41d7e90` to `c2f8a13`, \"Read maps from the database\""], ["validating", "done", 1.4, "`shipwreck.toml` read at `c2f8a13`: no error, 1 hint"],
      ["delegating", "done", 0.2, "to nuc, the only machine"], ["fetching", "done", 2.6, "14 commits, 312 kB"], ["building", "done", 41.8, "`npm ci` again, because package-lock.json changed"],
      ["testing", "skipped", 0, "no test in the file"], ["starting", "done", 3.9, "beside v7, which keeps serving"], ["waiting_healthy", "failed", 60, "12 of 12 checks answered `500`; the limit is 60 s, set by `[health] grace`"], ["running", "todo", 0, ""],
    ], 14),
    failure: { step: "waiting_healthy", reason: "`GET /healthz` answered `500` for 60 s. Its last line says `SCAPE_DB is not set`.", next: "Set `SCAPE_DB` under Env and secrets, then try again.",
      log_tail: ["scapenode 8.0.0 listening on :4100", "SCAPE_DB is not set, falling back to memory", "health: no database. SCAPE_DB is not set", "    at check (/app/src/health.js:22:11)"] },
    commit: { id: "c2f8a13f9d1be2a0c2f8a13f9d1be2a0c2f8a13f", summary: "Read maps from the database" }, before_version_number: 7,
  },
  "d-radio": {
    id: "d-radio", app: "radio", version_number: 4, kind: "update", asked_by: "session", asked_at: ago(0.85), state: "under_way", phase: "building",
    steps: steps([
      ["requested", "done", 0.1, "main moved from `5510aa3` to `9be2c41`, \"Remember the last station\""], ["validating", "done", 0.9, "`shipwreck.toml` is as in v3"], ["delegating", "done", 0.1, "to nuc, the only machine"],
      ["fetching", "done", 1.6, "3 commits, 44 kB"], ["building", "now", 48, "step 9 of 11, `npm run build`"], ["starting", "todo", 0, "beside v3"], ["waiting_healthy", "todo", 0, "then visitors move over; v3 finishes what it is answering, at most 30 s"], ["running", "todo", 0, ""],
    ], 0.85),
    commit: { id: "9be2c41", summary: "Remember the last station" }, before_version_number: 3,
  },
  "d-old": {
    id: "d-old", app: "scapenode", version_number: 7, kind: "deploy", asked_by: "session", asked_at: ago(3000), ended_at: ago(2999.1), state: "done", phase: "running",
    steps: steps([["requested", "done", 0.1, "asked for in the dashboard"], ["building", "done", 44, "first build"], ["running", "done", 1, "answers at 192.168.1.20:4100"]], 3000), commit: { id: "41d7e90", summary: "Faster tiles at zoom 14" },
  },
};

const TEXT: [BuildLine["stream"], string][] = [
  ["step", "Step 5/11 : COPY package.json package-lock.json ./"], ["note", " kept from the build of v3"], ["step", "Step 7/11 : RUN npm ci --omit=dev"],
  ["out", "npm \u001b[34mhttp\u001b[39m fetch GET 200 https://registry.example/ws 88ms"], ["err", "\u001b[33mnpm warn deprecated\u001b[39m inflight@1.0.6: leaks memory, use lru-cache"],
  ["out", "npm \u001b[35mtiming\u001b[39m reify:unpack Completed in 10412ms"], ["out", "added 118 packages in 31s"], ["step", "Step 9/11 : RUN npm run build"], ["out", "\u001b[32m>\u001b[39m radio@4.0.0 build"],
];

export function buildLines(count: number, from: number): BuildLine[] {
  return Array.from({ length: count }, (_, n) => {
    const [stream, text] = TEXT[(from + n) % TEXT.length] ?? ["out", ""];
    return { n: from + n, at: new Date().toISOString(), stream, text };
  });
}
