// Which keys does the dashboard listen to? None while somebody types.
import { useEffect, useRef } from "react";
import type { Route } from "../route";
import { usePlace } from "./link";

export const SHORTCUTS: { keys: string[]; does: string }[] = [
  { keys: ["Ctrl", "K"], does: "Find or do anything (⌘ K on a Mac)" },
  { keys: ["/"], does: "The same" },
  { keys: ["g", "h"], does: "Home" },
  { keys: ["g", "n"], does: "Nodes" },
  { keys: ["g", "e"], does: "Events" },
  { keys: ["g", "s"], does: "Settings" },
  { keys: ["d"], does: "Deploy an app" },
  { keys: ["?"], does: "This list" },
];
const GO: Record<string, Route> = { h: { page: "home" }, n: { page: "nodes" }, e: { page: "events" }, s: { page: "settings" } };

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

export function useKeys(on: { onPalette: () => void; onShortcuts: () => void }): void {
  const { go } = usePlace();
  const latest = useRef(on);
  useEffect(() => {
    latest.current = on;
  });
  useEffect(() => {
    let afterG = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        latest.current.onPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const second = Date.now() - afterG < 1200 ? GO[event.key] : undefined;
      afterG = event.key === "g" ? Date.now() : 0;
      if (second) go(second);
      else if (event.key === "/") { event.preventDefault(); latest.current.onPalette(); }
      else if (event.key === "?") latest.current.onShortcuts();
      else if (event.key === "d") go({ page: "deploy" });
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [go]);
}
