// What the app says: follow, search, level, download.
import { useMemo, useState } from "react";
import { useHouse } from "../../api/live";
import type { App, Level } from "../../api/types";
import { Icon } from "../../draw/icon";
import { atLeast, levelOf, matching, withMarks, type Row } from "../../logs/lines";
import { narrow } from "../../parts/media";
import { LogText } from "../../parts/log-text";
import { Panel } from "../../parts/panel";
import { Scroller } from "../../parts/scroller";
import { count } from "../../words/amount";
import { logMark } from "../../words/deployment";
import { logClock } from "../../words/time";
import { download } from "./log-download";
import { useLogLines } from "./log-lines";

const LEVELS: [Level | "all", string][] = [["all", "All"], ["warn", "Warn"], ["error", "Error"]];

export function LogsTab({ app }: { app: App }) {
  const { lines, skipped, problem } = useLogLines(app.id);
  const [search, setSearch] = useState("");
  const [level, setLevel] = useState<Level | "all">("all");
  const [wrapped, setWrapped] = useState(narrow);
  const [following, setFollowing] = useState(true);
  const [readTo, setReadTo] = useState(0);
  const [hit, setHit] = useState<{ row: number; nonce: number } | null>(null);
  const { nodes } = useHouse();
  const names = useMemo(() => new Map(nodes.map((node) => [node.id, node.name])), [nodes]);
  const marks = useMemo(() => app.deployments.flatMap((one) => logMark(one) ?? []), [app.deployments]);
  const rows = useMemo(() => withMarks(atLeast(lines, level), marks), [lines, level, marks]);
  const hits = useMemo(() => matching(rows.map((row) => ({ text: row.kind === "line" ? row.line.text : "" })), search), [rows, search]);
  const at = hit ? hits.indexOf(hit.row) : -1;
  const turn = (by: 1 | -1) => {
    if (hits.length === 0) return;
    const next = at < 0 ? hits.length - 1 : (at + by + hits.length) % hits.length;
    setFollowing(false);
    setHit((before) => ({ row: hits[next] as number, nonce: (before?.nonce ?? 0) + 1 }));
  };
  const follow = (now: boolean) => {
    if (!now) setReadTo(rows.length);
    setFollowing(now);
  };
  return (
    <div className="wrap cols one">
      <Panel title="Logs" aside={app.replicas.length > 1 ? count(app.replicas.length, "copy", "copies") : undefined}>
        <div className="well">
          <div className="well-bar">
            <div className="search">
              <Icon name="search" />
              <input className="input" type="search" aria-label="Search the log" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)}
                onKeyDown={(event) => { if (event.key === "Enter") { event.preventDefault(); turn(event.shiftKey ? 1 : -1); } }} />
              <span className="hits" aria-live="polite">{search && `${at >= 0 ? `${at + 1} of ` : ""}${hits.length}`}</span>
            </div>
            <div className="seg" role="group" aria-label="Level">
              {LEVELS.map(([name, label]) => <button key={name} type="button" aria-pressed={level === name} onClick={() => setLevel(name)}>{label}</button>)}
            </div>
            <button type="button" className="btn small" aria-pressed={wrapped} onClick={() => setWrapped(!wrapped)}>Wrap</button>
            <button type="button" className="btn small icon" aria-label="Download this log" onClick={() => download(app.id, lines)}><Icon name="down" /></button>
          </div>
          <Scroller rows={rows.length} wrapped={wrapped} label={`Log of ${app.name}`} following={following} onFollow={follow} show={hit}
            empty={problem ? problem.sentence : emptyText(app, level)}>
            {(row) => <LogRow key={row} row={row} entry={rows[row] as Row} search={search} names={names} />}
          </Scroller>
          <div className="well-foot">
            <span>{count(atLeast(lines, level).length, "line")}</span>
            {skipped > 0 && <span>{count(skipped, "line")} skipped while it went too fast</span>}
            <span>{following ? "Following" : "Scrolled up: paused"}</span>
            {!following && <button type="button" className="jump" onClick={() => follow(true)}>{rows.length > readTo ? `${count(rows.length - readTo, "new line")}, follow` : "Follow"}</button>}
          </div>
        </div>
      </Panel>
    </div>
  );
}

function emptyText(app: App, level: Level | "all"): string {
  if (level !== "all") return "Nothing this serious was said.";
  return app.wanted === "off" ? "It is off and said nothing that is still kept." : "It has said nothing yet.";
}

function LogRow({ entry, row, search, names }: { entry: Row; row: number; search: string; names: Map<string, string> }) {
  if (entry.kind === "mark") return <p className="mark" data-row={row}>{entry.text}</p>;
  const { line } = entry;
  const level = levelOf(line);
  const on = names.get(line.node) ?? line.node;
  return (
    <div className={`ln ${level}`} data-row={row}>
      <span className="meta">{logClock(line.at)}</span>
      <span className="meta" title={line.replica}>{line.version_number ? `v${line.version_number} ` : ""}{on}</span>
      <span className="meta lv">{level}</span>
      <span className="text"><LogText text={line.text} search={search} /></span>
    </div>
  );
}
