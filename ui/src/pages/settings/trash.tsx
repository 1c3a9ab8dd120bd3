// Destroyed apps whose volumes are still there: bring them back, or delete them for good.
import { useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { Accepted, TrashItem, VolumeView } from "../../api/types";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { usePlace } from "../../parts/link";
import { useNow } from "../../parts/now";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading } from "../../parts/words";
import { bytes } from "../../words/amount";
import { calendar, moment, parse } from "../../words/time";
import { told } from "../../words/accepted";

export function Trash() {
  const { data, problem, refetch } = useFetched<TrashItem[]>("/trash", (event) => event.name === "gone" || event.name === "app");
  return (
    <Panel title="Trash" aside="kept 7 days">
      {problem && !data ? <ProblemNote problem={problem} /> : !data ? <Loading rows={1} /> : data.length === 0 ? <p className="soft">The trash is empty.</p>
        : data.map((item) => <Item key={`${item.app} ${item.destroyed_at}`} item={item} refetch={refetch} />)}
    </Panel>
  );
}

function Item({ item, refetch }: { item: TrashItem; refetch: () => void }) {
  const now = useNow();
  const { go } = usePlace();
  const [deleting, setDeleting] = useState<VolumeView | null>(null);
  const restore = async () => {
    const accepted = await send<Accepted>("POST", `/apps/${encodeURIComponent(item.app)}/restore`);
    refetch();
    go(accepted.deployment ? { page: "deployment", id: accepted.deployment } : { page: "app", app: item.app, tab: "overview" });
    return told(accepted);
  };
  return (
    <div className="row">
      <div>
        <h3>{item.app}</h3>
        <p>Destroyed {moment(item.destroyed_at, now)}. {item.volumes.map((volume) => describe(volume, now)).join(" ")}</p>
      </div>
      <div className="actions">
        <Action kind="small" run={restore} not={!item.restorable && "Nothing is left to restore it from"}>Restore {item.app}</Action>
        {item.volumes.map((volume) => <button key={volume.id} type="button" className="btn small danger" onClick={() => setDeleting(volume)}>Delete {volume.name}…</button>)}
      </div>
      {deleting && <DeleteVolume volume={deleting} refetch={refetch} onClose={() => setDeleting(null)} />}
    </div>
  );
}

function describe(volume: VolumeView, now: number): string {
  const until = parse(volume.deleted_after);
  return `Volume ${volume.name}${volume.size_bytes ? `, ${bytes(volume.size_bytes)}` : ""}${until !== null ? `, deleted after ${calendar(until, now)}` : ""}.`;
}

function DeleteVolume({ volume, refetch, onClose }: { volume: VolumeView; refetch: () => void; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const destroy = async () => {
    await send("DELETE", `/volumes/${encodeURIComponent(volume.id)}`, { confirm: volume.name });
    refetch();
    onClose();
    return `The volume ${volume.name} of ${volume.app} is deleted.`;
  };
  return (
    <Dialog label={`Delete the volume ${volume.name}`} alert onClose={onClose}>
      <h2>Delete {volume.name} of {volume.app}?</h2>
      <p className="soft gap-top">What the app kept in it is gone then. This cannot be undone.</p>
      <label className="field gap-top"><span>Type {volume.name} to confirm</span>
        <input className="input mono" value={typed} autoComplete="off" autoCapitalize="none" spellCheck={false} onChange={(event) => setTyped(event.target.value)} />
      </label>
      <div className="actions">
        <button type="button" className="btn" data-focus onClick={onClose}>Keep it</button>
        <Action kind="destroy" run={destroy} not={typed !== volume.name && `Type ${volume.name} first`}>Delete {volume.name}</Action>
      </div>
    </Dialog>
  );
}
