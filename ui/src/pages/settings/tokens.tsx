// API tokens for scripts: made here, shown once, taken back any time.
import { useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { NewToken, Scope, Token } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Action } from "../../parts/action";
import { Copy } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { useNow } from "../../parts/now";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading } from "../../parts/words";
import { moment } from "../../words/time";

export function Tokens() {
  const { data, problem, refetch } = useFetched<Token[]>("/tokens");
  const [making, setMaking] = useState(false);
  return (
    <Panel title="API tokens" aside="for scripts and other machines' command lines">
      {problem && !data ? <ProblemNote problem={problem} /> : !data ? <Loading rows={1} /> : data.length === 0 ? <p className="soft">None yet. The dashboard and this machine's own command line need none.</p> : data.map((token) => <Row key={token.id} token={token} refetch={refetch} />)}
      <div className="actions gap-top"><button type="button" className="btn" onClick={() => setMaking(true)}><Icon name="plus" />Make a token</button></div>
      {making && <MakeToken onClose={() => { setMaking(false); refetch(); }} />}
    </Panel>
  );
}

function Row({ token, refetch }: { token: Token; refetch: () => void }) {
  const now = useNow();
  const revoke = async () => {
    await send("DELETE", `/tokens/${encodeURIComponent(token.id)}`);
    refetch();
    return `The token ${token.name} opens nothing any more.`;
  };
  return (
    <div className="row">
      <div><h3>{token.name} {token.scopes.map((scope) => <span key={scope} className="tag">{scope}</span>)}</h3>
        <p>Made {moment(token.created_at, now)}, {token.last_used_at ? `last used ${moment(token.last_used_at, now)}` : "never used"}.</p></div>
      <Action kind="small" run={revoke} label={`Take back the token ${token.name}`}>Take back</Action>
    </div>
  );
}

const SCOPES: [Scope, string][] = [["read", "Read: see apps, logs and events"], ["write", "Write: deploy, turn on and off, set values"], ["admin", "Admin: destroy, tokens, state"]];

function MakeToken({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const [made, setMade] = useState<NewToken | null>(null);
  const make = async () => setMade(await send<NewToken>("POST", "/tokens", { name: name.trim(), scopes }));
  const toggle = (scope: Scope, on: boolean) => setScopes((have) => (on ? [...have, scope] : have.filter((one) => one !== scope)));
  return (
    <Dialog label="Make a token" onClose={onClose}>
      <h2>{made ? `Token ${made.name}` : "Make a token"}</h2>
      {made ? (
        <div className="pubkey"><p>Copy it now: it is shown this once and kept only as a digest.</p><code>{made.token}</code><Copy text={made.token} what="the token" /></div>
      ) : (
        <>
          <label className="field gap-top"><span>Name</span><input className="input" data-focus value={name} autoComplete="off" placeholder="ci" onChange={(event) => setName(event.target.value)} /></label>
          {SCOPES.map(([scope, says]) => <label key={scope} className="check"><input type="checkbox" checked={scopes.includes(scope)} onChange={(event) => toggle(scope, event.target.checked)} />{says}</label>)}
        </>
      )}
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>{made ? "Done" : "Cancel"}</button>
        {!made && <Action kind="primary" run={make} not={name.trim() === "" ? "It needs a name" : scopes.length === 0 && "It needs at least one right"}>Make it</Action>}
      </div>
    </Dialog>
  );
}
