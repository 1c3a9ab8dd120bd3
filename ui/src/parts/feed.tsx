// What happened, newest first: when, what, who asked, and what came of it.
import type { AuditEntry } from "../api/types";
import { Shape } from "../draw/shape";
import { detailOf, outcomeLook, sentenceOf } from "../words/audit";
import { moment } from "../words/time";
import { useNow } from "./now";
import { Says } from "./words";

export function Feed({ entries, slim = false }: { entries: AuditEntry[]; slim?: boolean }) {
  const now = useNow();
  return (
    <ol className={slim ? "feed slim" : "feed"}>
      {entries.map((entry) => {
        const look = outcomeLook(entry.outcome);
        return (
          <li key={entry.id}>
            <time dateTime={entry.at} title={new Date(entry.at).toLocaleString()}>{moment(entry.at, now)}</time>
            <span className={`t-${look.tone}`}><Shape name={look.shape} /></span>
            <span>{sentenceOf(entry)}</span>
            {entry.detail && <span className="why"><Says text={detailOf(entry.detail)} /></span>}
          </li>
        );
      })}
    </ol>
  );
}
