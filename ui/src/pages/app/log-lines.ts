// Lines of an app's log: the last ones first, then live; after a break it resumes where it was.
import { useEffect, useRef, useState } from "react";
import { get } from "../../api/http";
import { useStream } from "../../api/live";
import { asProblem, type Problem } from "../../api/problem";
import type { LogLine, LogPage } from "../../api/types";
import { merge } from "../../logs/lines";

const TAIL = 500;
const order = { key: (line: LogLine) => line.cursor, at: (line: LogLine) => Date.parse(line.at) || 0 };

export function useLogLines(app: string): { lines: LogLine[]; skipped: number; problem: Problem | null } {
  const [lines, setLines] = useState<LogLine[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, setRound] = useState(0);
  const cursor = useRef<string | null>(null);
  useEffect(() => {
    const asking = new AbortController();
    const after = cursor.current ? `&after=${encodeURIComponent(cursor.current)}` : "";
    get<LogPage>(`/apps/${encodeURIComponent(app)}/logs?tail=${TAIL}${after}`, asking.signal).then((page) => {
      setProblem(null);
      setLines((have) => merge(have, page.lines, order));
      cursor.current = page.cursor || cursor.current;
    }, (error: unknown) => {
      if (!asking.signal.aborted) setProblem(asProblem(error));
    });
    return () => asking.abort();
  }, [app, round]);
  useStream((event) => {
    if (event.name === "hello" && cursor.current !== null) setRound((n) => n + 1);
    if (event.name === "skipped" && event.data.stream === "log") setSkipped((n) => n + event.data.lines);
    if (event.name !== "log" || event.data.app !== app) return;
    setLines((have) => merge(have, event.data.lines, order));
    cursor.current = event.data.lines[event.data.lines.length - 1]?.cursor ?? cursor.current;
  });
  return { lines, skipped, problem };
}
