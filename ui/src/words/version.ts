// How does a version's state read?
import type { Version } from "../api/types";
import type { Look } from "./app-state";

const LOOKS: Record<Version["state"], Look> = {
  serving: { word: "Serving", shape: "run", tone: "run" },
  kept: { word: "Kept", shape: "off", tone: "off" },
  purged: { word: "Removed", shape: "stop", tone: "off" },
  failed: { word: "Failed", shape: "bad", tone: "bad" },
  building: { word: "Building", shape: "work", tone: "work" },
};

export function versionLook(state: string): Look {
  return LOOKS[state as Version["state"]] ?? { word: state, shape: "todo", tone: "off" };
}
