// A button that changes something: busy while it does, off with a reason while the machine is out of contact.
import { useState, type ReactNode } from "react";
import { useContact } from "../api/live";
import { useVoice } from "./say";

interface ActionProps {
  /** What is done. Its string, if any, is said afterwards; its failure is said with the next step. */
  run: () => Promise<unknown>;
  children: ReactNode;
  kind?: "primary" | "quiet" | "danger" | "destroy" | "small" | "small primary" | "small quiet";
  /** Why it cannot be done now, if it cannot. */
  not?: string | null | false;
  label?: string;
}

export function Action({ run, children, kind, not, label }: ActionProps) {
  const [busy, setBusy] = useState(false);
  const { say, sayProblem } = useVoice();
  const { since } = useContact();
  const reason = not || (since === null ? null : "No contact with the machine");
  const press = async () => {
    if (busy || reason) return;
    setBusy(true);
    try {
      const text = await run();
      if (typeof text === "string" && text) say(text);
    } catch (error) {
      sayProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" className={kind ? `btn ${kind}` : "btn"} aria-disabled={busy || Boolean(reason)} aria-busy={busy}
      title={reason ?? undefined} aria-label={label} onClick={() => void press()}>
      {children}
    </button>
  );
}
