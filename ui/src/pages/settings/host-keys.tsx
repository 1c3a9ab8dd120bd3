// SSH host keys of Git hosts: pinned on the first visit, forgotten by hand.
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { HostKey } from "../../api/types";
import { Action } from "../../parts/action";
import { useNow } from "../../parts/now";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading } from "../../parts/words";
import { moment } from "../../words/time";

export function HostKeys() {
  const now = useNow();
  const { data, problem, refetch } = useFetched<HostKey[]>("/sources/hosts");
  const forget = (host: string) => async () => {
    await send("DELETE", `/sources/hosts/${encodeURIComponent(host)}`);
    refetch();
    return `${host} is forgotten; its key is pinned again on the next visit.`;
  };
  return (
    <Panel title="Git hosts" aside="ssh keys pinned on first visit">
      {problem && !data ? <ProblemNote problem={problem} /> : !data ? <Loading rows={1} /> : data.length === 0 ? <p className="soft">None visited over ssh yet.</p> : data.map((one) => (
        <div className="row" key={`${one.host} ${one.fingerprint}`}>
          <div><h3>{one.host}</h3><p><code>{one.fingerprint}</code>, since {moment(one.first_seen, now)}. Forget it only when that host really was set up anew.</p></div>
          <Action kind="small" run={forget(one.host)} label={`Forget ${one.host}`}>Forget</Action>
        </div>
      ))}
    </Panel>
  );
}
