// How do a deployment's phases and states read?
import type { Deployment, DeploymentState, Step } from "../api/types";
import type { ShapeName } from "../draw/shape";
import type { Look, Tone } from "./app-state";
import { about, between, duration, parse, stopwatch } from "./time";

const PHASES: Record<string, string> = { waiting_healthy: "Waiting until healthy" };

export function phaseWord(phase: string): string {
  const known = PHASES[phase];
  if (known) return known;
  const words = phase.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const STATES: Record<DeploymentState, Look> = {
  under_way: { word: "Under way", shape: "work", tone: "work" },
  waiting: { word: "Waiting", shape: "queue", tone: "work" },
  done: { word: "Done", shape: "done", tone: "run" },
  failed: { word: "Failed", shape: "bad", tone: "bad" },
  aborted: { word: "Cancelled", shape: "stop", tone: "off" },
};

export function deploymentLook(state: string): Look {
  return STATES[state as DeploymentState] ?? { word: phaseWord(state), shape: "todo", tone: "off" };
}

const STEPS: Record<Step["state"], { shape: ShapeName; tone: Tone }> = {
  todo: { shape: "todo", tone: "off" },
  now: { shape: "work", tone: "work" },
  done: { shape: "done", tone: "run" },
  failed: { shape: "bad", tone: "bad" },
  skipped: { shape: "stop", tone: "off" },
};

export function stepLook(state: string): { shape: ShapeName; tone: Tone } {
  return STEPS[state as Step["state"]] ?? STEPS.todo;
}

export function isOver(deployment: Pick<Deployment, "state">): boolean {
  return deployment.state !== "under_way" && deployment.state !== "waiting";
}

/** What stands at the right of a phase: how long it took, takes, or usually takes. */
export function stepTime(step: Step, over: boolean, usual: number | undefined, now: number): string {
  switch (step.state) {
    case "now": return stopwatch(between(step.started_at, step.ended_at, now));
    case "done": case "failed": return duration(between(step.started_at, step.ended_at, now));
    case "skipped": return "skipped";
    default: return over ? "not reached" : usual ? about(usual) : "";
  }
}

/** When in the whole a step ran, in percent. */
export function lane(step: Step, deployment: Pick<Deployment, "asked_at" | "ended_at">, now: number): { left: number; width: number } | null {
  const [from, start] = [parse(deployment.asked_at), parse(step.started_at)];
  if (from === null || start === null) return null;
  const whole = Math.max(1, (parse(deployment.ended_at) ?? now) - from);
  const left = Math.min(100, Math.max(0, ((start - from) / whole) * 100));
  const width = ((parse(step.ended_at) ?? now) - start) / whole * 100;
  return { left, width: Math.min(100 - left, Math.max(0, width)) };
}

/** The sum of what the phases usually take, or nothing where nothing is known yet. */
export function usualTotal(usual: Partial<Record<string, number>>): number | null {
  const known = Object.values(usual).filter((ms): ms is number => typeof ms === "number");
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

/** "v4", or the commit while the version has no number yet. */
export function versionWord(number: number | null | undefined): string {
  return number ? `v${number}` : "";
}

const DOING: Record<Deployment["kind"], [string, string]> = {
  deploy: ["Deploying", "Deployment of"], update: ["Updating", "Update of"], rollback: ["Taking back", "Rollback of"],
  settings: ["Applying settings to", "New settings of"], restart: ["Starting again:", "New start of"], restore: ["Bringing back", "Return of"],
};

/** "Deploying radio v4" while it runs, "Deployment of radio v4" afterwards. */
export function deploymentTitle(deployment: Pick<Deployment, "kind" | "state" | "version_number">, name: string): string {
  const [doing, done] = DOING[deployment.kind] ?? DOING.deploy;
  return [isOver(deployment) ? done : doing, name, versionWord(deployment.version_number)].filter(Boolean).join(" ");
}

/** What a log's rule says of a deployment, at the moment it ended or began; null while there is nothing to tell. */
export function logMark(deployment: Deployment): { at: number; text: string } | null {
  const at = parse(deployment.ended_at ?? deployment.asked_at);
  if (at === null) return null;
  const version = versionWord(deployment.version_number) || "A deployment";
  switch (deployment.state) {
    case "done": return { at, text: `${version} took over` };
    case "failed": return { at, text: `${version} failed at: ${phaseWord(deployment.failure?.step ?? deployment.phase).toLowerCase()}` };
    case "aborted": return { at, text: `${version} was cancelled` };
    default: return { at, text: `${version} is being deployed` };
  }
}
