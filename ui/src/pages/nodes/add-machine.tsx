// Another machine for the platform: it is found by itself, or it comes with a token that works once.
import { useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { Invite, NewInvite } from "../../api/types";
import { Action } from "../../parts/action";
import { Copy } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { useNow } from "../../parts/now";
import { Hint } from "../../parts/words";
import { calendar, moment } from "../../words/time";

export function AddMachine({ platform, onClose }: { platform: string; onClose: () => void }) {
  const [made, setMade] = useState<NewInvite | null>(null);
  const { data, refetch } = useFetched<Invite[]>("/invites");
  const make = async () => {
    setMade(await send<NewInvite>("POST", "/invites"));
    refetch();
  };
  const others = (data ?? []).filter((invite) => invite.id !== made?.id);
  return (
    <Dialog label="Add a machine" onClose={onClose}>
      <h2>Add a machine</h2>
      <ol className="ways-in">
        <li><h3>You are beside it</h3><p>Install Kraken on it, on this network. Within seconds both machines show the same six digits, here and on its own page; say yes on each.</p></li>
        <li>
          <h3>Nobody is beside it</h3>
          {made ? <Token invite={made} /> : <><p>With an invite it joins {platform} without a question. Whoever holds it can bring one machine in, so hand it over as you would a key.</p><div className="gap-top"><Action kind="small" run={make}>Make an invite</Action></div></>}
        </li>
        <li><h3>They do not find each other</h3><p>Some networks keep machines apart. Then name this one: <code>kraken join --at ADDRESS</code> on the new machine, or <code>peers</code> in its config.</p></li>
      </ol>
      {others.length > 0 && <Open invites={others} refetch={refetch} />}
      <div className="actions"><button type="button" className="btn" onClick={onClose}>Done</button></div>
    </Dialog>
  );
}

function Token({ invite }: { invite: NewInvite }) {
  const command = `kraken join ${invite.token}`;
  return (
    <div className="pubkey">
      <p>Run this on the new machine. It is shown this once, works once, and until {calendar(Date.parse(invite.expires_at), Date.now())}.</p>
      <code>{command}</code>
      <Copy text={command} what="the command" />
    </div>
  );
}

function Open({ invites, refetch }: { invites: Invite[]; refetch: () => void }) {
  const now = useNow();
  const withdraw = (invite: Invite) => async () => {
    await send("DELETE", `/invites/${encodeURIComponent(invite.id)}`);
    refetch();
    return "That invite opens nothing any more.";
  };
  return (
    <>
      <h3 className="gap-top">Invites nobody used yet</h3>
      {invites.map((invite) => (
        <div className="row" key={invite.id}>
          <div><p>Made {moment(invite.created_at, now)}, good until {calendar(Date.parse(invite.expires_at), now)}.</p></div>
          <Action kind="small" run={withdraw(invite)} label={`Withdraw the invite made ${moment(invite.created_at, now)}`}>Withdraw</Action>
        </div>
      ))}
      <Hint>Their tokens cannot be shown again.</Hint>
    </>
  );
}
