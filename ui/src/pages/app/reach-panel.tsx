// Where the app answers: what is set here, what the file says, and the way back to the file.
import { send } from "../../api/http";
import type { Accepted, App } from "../../api/types";
import { Panel } from "../../parts/panel";
import { listed } from "../../words/amount";
import { readHosts, readWhole } from "../../words/reach";
import { SettingRow, type Field } from "./setting-row";

export function ReachPanel({ app, after }: { app: App; after: (accepted: Accepted) => string }) {
  const path = `/apps/${encodeURIComponent(app.id)}`;
  const { publish, hosts } = app.route;
  const port: Field = {
    title: "LAN port", label: "Port", short: true, text: String(publish.value ?? ""), hint: "1024 to 65535, free on every machine. Who uses the old one has to learn the new one.",
    read: (text) => readWhole(text, 1024, 65_535), put: (value) => send("PUT", `${path}/route`, { publish: value }),
  };
  const names: Field = {
    title: "Other names", label: "Full names, one per line", text: hosts.value.join("\n"), hint: "Names that your network already resolves to this machine, such as notes.example.org.",
    read: readHosts, put: (value) => send("PUT", `${path}/route`, { hosts: value }),
  };
  return (
    <Panel title="Where it answers" aside="Saved at once; nothing is started again">
      <SettingRow field={port} setting={publish} shown={publish.value ?? "none"} said={(value) => (value === null ? "none" : String(value))} after={after} />
      <SettingRow field={names} setting={hosts} shown={hosts.value.length > 0 ? listed(hosts.value) : "none"} said={(value) => listed(value) || "none"} after={after} />
    </Panel>
  );
}
