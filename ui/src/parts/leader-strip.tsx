// Does anybody lead? Where nobody does, or this machine hears nobody, the page says what still works and what can be done.
import { useEffect, useRef, useState } from "react";
import { send } from "../api/http";
import { useContact, useHouse } from "../api/live";
import type { Accepted } from "../api/types";
import { Shape } from "../draw/shape";
import { Action } from "./action";
import { told } from "../words/accepted";

/** A change of the leader takes a second or two; sooner than this it is not worth a word. */
const GRACE_MS = 2500;
/** How long the page says who took over. */
const TOLD_MS = 10_000;

export function LeaderStrip() {
  const { platform } = useHouse();
  const { since } = useContact();
  const leader = platform?.leader ?? null;
  const missing = platform !== null && leader === null && since === null;
  const late = useAfter(missing, GRACE_MS);
  const fresh = useTakeover(leader?.name ?? null);
  if (since !== null || !platform) return null;
  if (platform.doubled) {
    return <Strip><b>Another machine uses the identity of this one.</b> It stands back. Run <code>kraken reset-identity</code> on whichever is the copy.</Strip>;
  }
  if (platform.isolated) {
    return (
      <Strip act={<Action kind="small" run={() => send<Accepted>("POST", "/platform/lead-anyway").then((accepted) => told(accepted))}>Lead anyway</Action>}>
        <b>This machine hears no other, and not even the router.</b> Its apps keep running. Check its cable or Wi-Fi; what you change waits for a leader.
      </Strip>
    );
  }
  if (missing && late) return <Strip><b>No machine leads just now.</b> Your apps keep running. What you change is kept and carried out by the next leader.</Strip>;
  if (fresh) return <div className="strip" role="status"><Shape name="lead" /><span><b>{fresh} leads now.</b> Your apps kept running.</span></div>;
  return null;
}

function Strip({ act, children }: { act?: React.ReactNode; children: React.ReactNode }) {
  return <div className="strip" role="status"><Shape name="warn" /><span>{children}</span>{act}</div>;
}

/** Whether `on` has held for so long. */
function useAfter(on: boolean, ms: number): boolean {
  const [after, setAfter] = useState(false);
  useEffect(() => {
    setAfter(false);
    if (!on) return;
    const timer = setTimeout(() => setAfter(true), ms);
    return () => clearTimeout(timer);
  }, [on, ms]);
  return on && after;
}

/** The name of a leader that took over while the page was open, for ten seconds. */
function useTakeover(name: string | null): string | null {
  const before = useRef<string | null>(null);
  const [fresh, setFresh] = useState<string | null>(null);
  useEffect(() => {
    if (name === null) return;
    const changed = before.current !== null && before.current !== name;
    before.current = name;
    if (!changed) return;
    setFresh(name);
    const timer = setTimeout(() => setFresh(null), TOLD_MS);
    return () => clearTimeout(timer);
  }, [name]);
  return fresh;
}
