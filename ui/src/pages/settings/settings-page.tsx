// Settings: how it looks, who gets in, what is pinned, what lies in the trash, and the state as a file.
import { send } from "../../api/http";
import { Action } from "../../parts/action";
import { PageHead } from "../../parts/page";
import { Panel } from "../../parts/panel";
import { HostKeys } from "./host-keys";
import { PasswordPanel } from "./password-panel";
import { StatePanel } from "./state-panel";
import { ThemePanel } from "./theme-panel";
import { Tokens } from "./tokens";
import { Trash } from "./trash";

export function SettingsPage({ onSignOut }: { onSignOut: () => void }) {
  const leave = () => send("DELETE", "/session").then(onSignOut);
  return (
    <div className="wrap">
      <PageHead title="Settings" tab="Settings" />
      <div className="cols one">
        <ThemePanel />
        <Trash />
        <Tokens />
        <PasswordPanel />
        <HostKeys />
        <StatePanel />
        <Panel title="Sign out">
          <div className="row"><div><p>Ends the session of this browser. Apps and other sessions go on.</p></div><Action run={leave}>Sign out</Action></div>
        </Panel>
      </div>
    </div>
  );
}
