// What the build said, line by line: first what is kept, then live.
import { useEffect, useRef, useState } from "react";
import { get } from "../api/http";
import { useStream } from "../api/live";
import type { BuildLine, BuildLog } from "../api/types";
import { plainText } from "../logs/ansi";
import { levelOf, merge } from "../logs/lines";
import { count } from "../words/amount";
import { narrow } from "./media";
import { LogText } from "./log-text";
import { Scroller } from "./scroller";

const order = { key: (line: BuildLine) => String(line.n), at: (line: BuildLine) => line.n };

/** Lines of one build: asked for from the last known one, whenever the stream (re)opens. */
function useBuildLines(deployment: string): { lines: BuildLine[]; skipped: number; failed: boolean } {
  const [lines, setLines] = useState<BuildLine[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [failed, setFailed] = useState(false);
  const [round, setRound] = useState(0);
  const next = useRef(0);
  useEffect(() => {
    const asking = new AbortController();
    const more = async () => {
      for (;;) {
        const page = await get<BuildLog>(`/deployments/${encodeURIComponent(deployment)}/log?from=${next.current}`, asking.signal);
        setLines((have) => merge(have, page.lines, order));
        const got = page.next > next.current;
        next.current = page.next;
        if (!got || page.lines.length === 0) return;
      }
    };
    more().then(() => setFailed(false), () => { if (!asking.signal.aborted) setFailed(true); });
    return () => asking.abort();
  }, [deployment, round]);
  useStream((event) => {
    if (event.name === "hello") setRound((n) => n + 1);
    if (event.name === "skipped" && event.data.stream === "build") setSkipped((n) => n + event.data.lines);
    if (event.name === "build" && event.data.deployment === deployment) setLines((have) => merge(have, event.data.lines, order));
  });
  return { lines, skipped, failed };
}

export function BuildLogWell({ deployment, live }: { deployment: string; live: boolean }) {
  const { lines, skipped, failed } = useBuildLines(deployment);
  const [following, setFollowing] = useState(true);
  const [wrapped, setWrapped] = useState(narrow);
  const warnings = lines.filter((line) => line.stream !== "step" && levelOf(line) === "warn").length;
  const empty = failed ? "The build log cannot be read just now." : live ? "Nothing was built yet." : "This deployment built nothing, or its log is no longer kept.";
  return (
    <div className="well">
      <Scroller rows={lines.length} wrapped={wrapped} plain label="Build log" empty={empty} following={following} onFollow={setFollowing}>
        {(row) => <Line key={row} row={row} line={lines[row] as BuildLine} />}
      </Scroller>
      <div className="well-foot">
        <span>{count(lines.length, "line")}</span>
        {warnings > 0 && <span className="warn">{count(warnings, "warning")}</span>}
        {skipped > 0 && <span>{count(skipped, "line")} skipped while it went too fast</span>}
        <button type="button" className="wrap-it" aria-pressed={wrapped} onClick={() => setWrapped(!wrapped)}>{wrapped ? "Lines wrap" : "Wrap lines"}</button>
        {live && <span>{following ? "Following" : "Scrolled up: paused"}</span>}
        {live && !following && <button type="button" className="jump" onClick={() => setFollowing(true)}>Follow</button>}
      </div>
    </div>
  );
}

function Line({ line, row }: { line: BuildLine; row: number }) {
  const level = line.stream === "step" || line.stream === "note" ? `build-${line.stream}` : levelOf(line);
  return (
    <div className={`ln ${level}`} data-row={row}>
      <span className="meta">{line.n}</span><span className="text">{line.stream === "step" ? plainText(line.text) : <LogText text={line.text} />}</span>
    </div>
  );
}
