// How does an app's state look and read? A shape, a word, a tone; the colour is the echo.
import type { AppStateKind, AppSummary } from "../api/types";
import type { ShapeName } from "../draw/shape";
import { openable } from "./address";

export type Tone = "run" | "sleep" | "work" | "bad" | "off" | "sea";
export interface Look { word: string; shape: ShapeName; tone: Tone }

const LOOKS: Record<AppStateKind, Look> = {
  running: { word: "Running", shape: "run", tone: "run" },
  starting: { word: "Starting", shape: "work", tone: "work" },
  updating: { word: "Updating", shape: "work", tone: "work" },
  waiting: { word: "Waiting", shape: "queue", tone: "work" },
  degraded: { word: "Degraded", shape: "part", tone: "work" },
  unhealthy: { word: "Not healthy", shape: "warn", tone: "bad" },
  crashlooping: { word: "Crashing again and again", shape: "bad", tone: "bad" },
  failed: { word: "Failed", shape: "bad", tone: "bad" },
  stopping: { word: "Turning off", shape: "work", tone: "work" },
  off: { word: "Off", shape: "off", tone: "off" },
  destroying: { word: "Destroying", shape: "stop", tone: "bad" },
  destroyed: { word: "Destroyed", shape: "stop", tone: "off" },
};

/** A kind of a newer agent is shown by its own name rather than hidden. */
export function lookOf(kind: string): Look {
  return LOOKS[kind as AppStateKind] ?? { word: sentence(kind), shape: "todo", tone: "off" };
}

/** "Running v7" while a version is known. */
export function stateWord(app: Pick<AppSummary, "state" | "version">): string {
  const { word } = lookOf(app.state.kind);
  return app.version && ["running", "degraded", "unhealthy"].includes(app.state.kind) ? `${word} v${app.version.number}` : word;
}

/** Did the newest deployment fail while an older version serves on? */
export function lastFailed(app: Pick<AppSummary, "state" | "deployment">): boolean {
  return app.deployment?.state === "failed" && app.state.kind !== "failed";
}

/** The address under which something answers: none while it is off or before its first version runs. */
export function openAddress(app: Pick<AppSummary, "address" | "version" | "wanted">): string | null {
  return app.wanted === "on" && app.version ? openable(app.address) : null;
}

/** Below the waterline: off, or on its way there. */
export function isBelow(app: AppSummary): boolean {
  return app.wanted === "off" || app.state.kind === "off" || app.state.kind === "destroyed";
}

export function isSerious(kind: string): boolean {
  return lookOf(kind).tone === "bad" && kind !== "destroying";
}

function sentence(kind: string): string {
  const words = kind.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
