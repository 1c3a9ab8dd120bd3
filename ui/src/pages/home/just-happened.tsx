// The last few things that happened, on Home.
import { useFetched } from "../../api/live";
import type { AuditEntry } from "../../api/types";
import { Feed } from "../../parts/feed";
import { Link } from "../../parts/link";

export function JustHappened() {
  const { data } = useFetched<AuditEntry[]>("/audit?limit=6", (event) => event.name === "audit");
  if (!data || data.length === 0) return null;
  return (
    <section aria-labelledby="just">
      <h2 className="sec" id="just">Just happened <Link className="aside" to={{ page: "events" }}>All events</Link></h2>
      <Feed entries={data} />
    </section>
  );
}
