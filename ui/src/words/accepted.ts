// What does the page say once a wish was taken?
import type { Accepted } from "../api/types";
import { sentences } from "./sentence";

/** The agent's own words; where nobody leads, that the wish is kept and waits. */
export function told(accepted: Pick<Accepted, "message" | "queued">): string {
  return accepted.queued ? sentences(accepted.message, "It waits for a leader; you need not ask again") : accepted.message;
}
