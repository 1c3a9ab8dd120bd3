// On and off, within a thumb's reach: optimistic for a moment, then as the machine says.
import { useEffect, useState } from "react";
import { send } from "../api/http";
import { useContact } from "../api/live";
import type { Accepted, AppSummary } from "../api/types";
import { useVoice } from "./say";

/** How long the wish is shown while the machine's own word is on its way. */
const OPTIMISTIC_MS = 4000;

export function Switch({ app }: { app: Pick<AppSummary, "id" | "name" | "wanted" | "state"> }) {
  const [wish, setWish] = useState<"on" | "off" | null>(null);
  const { sayProblem } = useVoice();
  const { since } = useContact();
  useEffect(() => setWish(null), [app.wanted]);
  useEffect(() => {
    if (wish === null) return;
    const timer = setTimeout(() => setWish(null), OPTIMISTIC_MS);
    return () => clearTimeout(timer);
  }, [wish]);
  const on = (wish ?? app.wanted) === "on";
  const reason = since !== null ? "No contact with the machine" : app.state.kind === "destroying" ? "It is being destroyed" : null;
  const turn = () => {
    if (reason) return;
    setWish(on ? "off" : "on");
    send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/${on ? "stop" : "start"}`).catch((error: unknown) => {
      setWish(null);
      sayProblem(error);
    });
  };
  return (
    <button type="button" className="switch" role="switch" aria-checked={on} aria-label={app.name} aria-disabled={reason !== null}
      title={reason ?? (on ? `Turn ${app.name} off` : `Turn ${app.name} on`)} onClick={turn}>
      <span className="knob" />
    </button>
  );
}
