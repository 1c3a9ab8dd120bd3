// Turning an app off, and destroying it.
import { useState } from "react";
import { send } from "../../api/http";
import type { Accepted, App } from "../../api/types";
import { Icon } from "../../draw/icon";
import { Action } from "../../parts/action";
import { Panel } from "../../parts/panel";
import { DestroyDialog } from "./destroy-dialog";
import { told } from "../../words/accepted";

export function RemoveTab({ app }: { app: App }) {
  const [asking, setAsking] = useState(false);
  const on = app.wanted === "on";
  const turn = () => send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/${on ? "stop" : "start"}`).then((accepted) => told(accepted));
  return (
    <div className="wrap cols one">
      <Panel title="Turn off, destroy" danger>
        <div className="row">
          <div><h3>{on ? "Turn off" : "Turn on"}</h3><p>{on ? `${app.name} stops answering. Versions, settings and data stay.` : "Starts its last version, with its data and settings."}</p></div>
          <Action run={turn}>{on ? "Turn off" : "Turn on"}</Action>
        </div>
        <div className="row">
          <div><h3>Destroy</h3><p>Removes the app with its versions, secrets and logs. Volumes stay in the trash for 7 days, unless you say otherwise.</p></div>
          <button type="button" className="btn danger" onClick={() => setAsking(true)}><Icon name="trash" />Destroy…</button>
        </div>
      </Panel>
      {asking && <DestroyDialog app={app} onClose={() => setAsking(false)} />}
    </div>
  );
}
