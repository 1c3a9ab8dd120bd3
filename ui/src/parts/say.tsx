// How does the page tell what came of an action? One line, announced once; a failure stays until it is read.
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { asProblem } from "../api/problem";
import { Icon } from "../draw/icon";
import { Shape } from "../draw/shape";

interface Saying { text: string; bad: boolean }
interface Voice { say: (text: string) => void; sayProblem: (error: unknown) => void }
const VoiceContext = createContext<Voice>({ say: () => undefined, sayProblem: () => undefined });
const SHOWN_MS = 7000;

export function VoiceProvider({ children }: { children: ReactNode }) {
  const [saying, setSaying] = useState<Saying | null>(null);
  const say = useCallback((text: string) => setSaying({ text, bad: false }), []);
  const sayProblem = useCallback((error: unknown) => setSaying({ text: asProblem(error).sentence, bad: true }), []);
  useEffect(() => {
    if (!saying || saying.bad) return;
    const timer = setTimeout(() => setSaying(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [saying]);
  const voice = useMemo(() => ({ say, sayProblem }), [say, sayProblem]);
  return (
    <VoiceContext.Provider value={voice}>
      {children}
      <div role="status" aria-live="polite">
        {saying && (
          <div className={saying.bad ? "saying bad" : "saying"}>
            <span className={saying.bad ? "t-bad" : "t-run"}><Shape name={saying.bad ? "warn" : "done"} /></span>
            <span>{saying.text}</span>
            <button type="button" className="btn small quiet icon" aria-label="Close this message" onClick={() => setSaying(null)}>
              <Icon name="x" small />
            </button>
          </div>
        )}
      </div>
    </VoiceContext.Provider>
  );
}

export function useVoice(): Voice {
  return useContext(VoiceContext);
}
