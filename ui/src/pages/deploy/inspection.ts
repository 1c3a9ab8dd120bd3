// What does the agent find at this address? Asked as one types, never for each letter, and only the newest answer counts.
import { useCallback, useEffect, useState } from "react";
import { send } from "../../api/http";
import { asProblem, type Problem } from "../../api/problem";
import type { Finding, InspectRequest, Inspection } from "../../api/types";

const PAUSE_MS = 450;

export interface Looked { inspection: Inspection | null; problem: Problem | null; busy: boolean; tookMs: number; again: () => void }
interface Answered extends Omit<Looked, "again"> { of: string }
const NOTHING: Answered = { inspection: null, problem: null, busy: false, tookMs: 0, of: "" };

export function useInspection(question: InspectRequest | null): Looked {
  const [looked, setLooked] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((n) => n + 1), []);
  const text = question ? JSON.stringify(question) : "";
  useEffect(() => {
    if (!text) {
      setLooked(NOTHING);
      return;
    }
    let newest = true;
    setLooked((before) => ({ ...before, busy: true, inspection: sameSource(before, text) ? before.inspection : null }));
    const timer = setTimeout(() => {
      const began = performance.now();
      send<Inspection>("POST", "/sources/inspect", JSON.parse(text)).then(
        (inspection) => { if (newest) setLooked({ inspection, problem: null, busy: false, tookMs: performance.now() - began, of: text }); },
        (error: unknown) => { if (newest) setLooked({ inspection: null, problem: asProblem(error), busy: false, tookMs: 0, of: text }); },
      );
    }, PAUSE_MS);
    return () => {
      newest = false;
      clearTimeout(timer);
    };
  }, [text, round]);
  return { ...looked, again };
}

/** While only the manifest or a name changes, what is known of the repository stays on screen. */
function sameSource(before: { of: string }, text: string): boolean {
  if (!before.of) return false;
  return (JSON.parse(before.of) as InspectRequest).url === (JSON.parse(text) as InspectRequest).url;
}

/** The manifest's findings while it is edited here: no Git involved, so they come at once. */
export function useFindings(edited: string | null, asked: Finding[]): Finding[] {
  const [known, setKnown] = useState<{ text: string; findings: Finding[] } | null>(null);
  useEffect(() => {
    if (edited === null) return;
    let newest = true;
    const timer = setTimeout(() => {
      send<{ findings: Finding[] }>("POST", "/manifests/validate", { text: edited }).then(
        ({ findings }) => { if (newest) setKnown({ text: edited, findings }); },
        () => undefined, // the inspection that follows reports what is wrong with the machine
      );
    }, 200);
    return () => {
      newest = false;
      clearTimeout(timer);
    };
  }, [edited]);
  return edited !== null && known?.text === edited ? known.findings : asked;
}
