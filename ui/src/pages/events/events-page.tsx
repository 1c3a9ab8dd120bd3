// What happened and who asked for it: the audit log, newest first.
import { useEffect, useState } from "react";
import { get } from "../../api/http";
import { useStream } from "../../api/live";
import { asProblem, type Problem } from "../../api/problem";
import type { AuditEntry } from "../../api/types";
import { Action } from "../../parts/action";
import { Feed } from "../../parts/feed";
import { PageHead } from "../../parts/page";
import { ProblemNote } from "../../parts/panel";
import { Loading } from "../../parts/words";

const PAGE = 50;

export function EventsPage() {
  const [entries, setEntries] = useState<AuditEntry[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [ended, setEnded] = useState(false);
  const [round, setRound] = useState(0);
  const [search, setSearch] = useState("");
  useEffect(() => {
    const asking = new AbortController();
    get<AuditEntry[]>(`/audit?limit=${PAGE}`, asking.signal).then(
      (page) => { setEntries(page); setEnded(page.length < PAGE); setProblem(null); },
      (error: unknown) => { if (!asking.signal.aborted) setProblem(asProblem(error)); },
    );
    return () => asking.abort();
  }, [round]);
  useStream((event) => {
    if (event.name === "hello") setRound((n) => n + 1);
    if (event.name === "audit") setEntries((have) => have && [event.data, ...have.filter((entry) => entry.id !== event.data.id)]);
  });
  const older = async () => {
    const last = entries?.[entries.length - 1];
    if (!last) return;
    const page = await get<AuditEntry[]>(`/audit?limit=${PAGE}&before=${encodeURIComponent(last.id)}`);
    setEnded(page.length < PAGE);
    setEntries((have) => [...(have ?? []), ...page.filter((entry) => !have?.some((known) => known.id === entry.id))]);
  };
  const wanted = search.trim().toLowerCase();
  const shown = entries?.filter((entry) => !wanted || `${entry.who} ${entry.verb} ${entry.object} ${entry.outcome} ${entry.detail ?? ""}`.toLowerCase().includes(wanted));
  return (
    <div className="wrap">
      <PageHead title="What happened" tab="Events" says="Every change, who asked for it, and what came of it.">
        <label className="field"><span className="vh">Search events</span><input className="input" type="search" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} /></label>
      </PageHead>
      {problem && !entries && <ProblemNote problem={problem} />}
      {!shown ? !problem && <Loading rows={8} /> : shown.length === 0 ? <p className="soft">{wanted ? "Nothing here matches." : "Nothing has happened yet."}</p> : <Feed entries={shown} />}
      <div className="actions gap-top-l">{entries && !ended && <Action run={older}>Show older</Action>}</div>
    </div>
  );
}
