// How many copies run, on which machine, and where the app answers.
import { send } from "../../api/http";
import type { Accepted, App } from "../../api/types";
import { Panel } from "../../parts/panel";
import { readWhole } from "../../words/reach";
import { PlacePanel } from "./place-panel";
import { ReachPanel } from "./reach-panel";
import { SettingRow, type Field } from "./setting-row";
import { told } from "../../words/accepted";

/** The agent takes no more for one app. */
const MOST_COPIES = 100;

export function ScaleTab({ app, refetch }: { app: App; refetch: () => void }) {
  const after = (accepted: Accepted) => {
    refetch();
    return told(accepted);
  };
  return (
    <div className="wrap cols one">
      <Panel title="How many run" aside="A new copy answers visitors once it is healthy">
        <SettingRow field={copies(app)} setting={app.scale} shown={app.scale.value} said={String} unsaid="The file says nothing, so one runs." after={after} />
      </Panel>
      <PlacePanel app={app} after={after} />
      <ReachPanel app={app} after={after} />
    </div>
  );
}

function copies(app: App): Field {
  const volume = app.volumes.length > 0 ? " With a volume it is one, unless the file says that copies may share it." : "";
  return {
    title: "Copies", label: "Copies", short: true, text: String(app.scale.value), hint: `1 to ${MOST_COPIES}, on as many machines as have room.${volume} To run none, turn it off.`,
    read: (text) => readWhole(text, 1, MOST_COPIES), put: (value) => send("PUT", `/apps/${encodeURIComponent(app.id)}/scale`, { replicas: value }),
  };
}
