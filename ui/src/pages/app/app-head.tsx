// Which app this is, how it is, and what one does with it most: open, update, turn off.
import { send } from "../../api/http";
import type { Accepted, App } from "../../api/types";
import { FlagView } from "../../draw/flag-view";
import { Icon } from "../../draw/icon";
import { Action } from "../../parts/action";
import { usePlace } from "../../parts/link";
import { Title } from "../../parts/page";
import { Switch } from "../../parts/switch";
import { StateWord } from "../../parts/words";
import { addressText } from "../../words/address";
import { lastFailed, lookOf, openAddress, stateWord } from "../../words/app-state";
import { told } from "../../words/accepted";

export function AppHead({ app }: { app: App }) {
  const { go } = usePlace();
  const look = lookOf(app.state.kind);
  const open = openAddress(app);
  const update = async () => {
    const accepted = await send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/update`, {});
    if (accepted.deployment) go({ page: "deployment", id: accepted.deployment });
    return told(accepted);
  };
  const restart = () => send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/restart`).then((accepted) => told(accepted));
  const off = app.wanted === "off" && "Turn it on first";
  return (
    <div className="app-head">
      <FlagView name={app.name} size="l" />
      <div>
        <Title tab={app.name}>{app.name}</Title>
        <p className="line">
          <StateWord shape={look.shape} tone={look.tone}>{stateWord(app)}</StateWord>
          {app.state.kind === "running" && !lastFailed(app) && app.state.reason && <span>{app.state.reason.replace(/\.$/, "")}</span>}
          {open && <a className="mono" href={open} target="_blank" rel="noreferrer">{addressText(open)}</a>}
        </p>
      </div>
      <div className="actions">
        {open && <a className="btn primary" href={open} target="_blank" rel="noreferrer"><Icon name="open" />Open</a>}
        <Action run={update} not={app.source.upload ? "It came from a folder: deploy it again with kraken deploy" : off}><Icon name="again" />Update</Action>
        <Action run={restart} not={off}>Restart</Action>
      </div>
      <span className="onoff">{app.wanted === "on" ? "On" : "Off"} <Switch app={app} /></span>
    </div>
  );
}
