// Which versions exist, which serves, and the way back to one that is kept.
import { useState } from "react";
import { send } from "../../api/http";
import { useFetched } from "../../api/live";
import type { Accepted, App, Version } from "../../api/types";
import { Action } from "../../parts/action";
import { Dialog } from "../../parts/dialog";
import { usePlace } from "../../parts/link";
import { useNow } from "../../parts/now";
import { Panel, ProblemNote } from "../../parts/panel";
import { Loading, StateWord } from "../../parts/words";
import { bytes, shortCommit } from "../../words/amount";
import { moment, parse, calendar } from "../../words/time";
import { versionLook } from "../../words/version";
import { told } from "../../words/accepted";

export function VersionsTab({ app }: { app: App }) {
  const { data, problem } = useFetched<Version[]>(`/apps/${encodeURIComponent(app.id)}/versions`, (event) => event.name === "deployment" && event.data.app === app.id);
  const [back, setBack] = useState<Version | null>(null);
  return (
    <div className="wrap cols one">
      {problem && !data && <ProblemNote problem={problem} />}
      <Panel title="Versions" aside="3 versions or 7 days are kept, whichever is more">
        {!data ? <Loading rows={4} /> : data.length === 0 ? <p className="soft">Nothing was built yet.</p> : (
          <table className="table cards">
            <thead><tr><th>Version</th><th>What changed</th><th>State</th><th>When</th><th><span className="vh">Action</span></th></tr></thead>
            <tbody>{data.map((version, n) => <VersionRow key={version.id} app={app.id} version={version} newest={n === 0} onBack={() => setBack(version)} />)}</tbody>
          </table>
        )}
      </Panel>
      {back && <GoBack app={app} version={back} onClose={() => setBack(null)} />}
    </div>
  );
}

function VersionRow({ app, version, newest, onBack }: { app: string; version: Version; newest: boolean; onBack: () => void }) {
  const now = useNow();
  const { go } = usePlace();
  const retry = async () => {
    const accepted = await send<Accepted>("POST", `/apps/${encodeURIComponent(app)}/retry`);
    if (accepted.deployment) go({ page: "deployment", id: accepted.deployment });
    return told(accepted);
  };
  const look = versionLook(version.state);
  const until = parse(version.kept_until);
  return (
    <tr>
      <td><b>v{version.number}</b> <code className="dim">{shortCommit(version.commit)}</code></td>
      <td>{version.summary || version.why}{version.author && <span className="dim">{` ${version.author}`}{version.written_at ? `, ${moment(version.written_at, now)}` : ""}</span>}{version.manifest_changed && <> <span className="tag">shipwreck.toml changed</span></>}</td>
      <td><StateWord shape={look.shape} tone={look.tone}>{look.word}</StateWord></td>
      <td className="dim">{moment(version.created_at, now)}{until !== null && version.state === "kept" && `, until ${calendar(until, now)}`}{version.size_bytes ? `, ${bytes(version.size_bytes)}` : ""}</td>
      <td>
        {version.state === "kept" && <button type="button" className="btn small" onClick={onBack}>Go back to v{version.number}</button>}
        {version.state === "failed" && newest && <Action kind="small" run={retry} label={`Try v${version.number} again`}>Try again</Action>}
        {version.state === "serving" && <span className="dim">current</span>}
      </td>
    </tr>
  );
}

function GoBack({ app, version, onClose }: { app: App; version: Version; onClose: () => void }) {
  const { go } = usePlace();
  const roll = async () => {
    const accepted = await send<Accepted>("POST", `/apps/${encodeURIComponent(app.id)}/rollback`, { version: version.id });
    onClose();
    if (accepted.deployment) go({ page: "deployment", id: accepted.deployment });
    return told(accepted);
  };
  return (
    <Dialog label={`Go back to version ${version.number}`} onClose={onClose}>
      <h2>Go back to v{version.number}?</h2>
      <ul className="goes">
        <li><span className="t-run">•</span><span>Code and <code>shipwreck.toml</code> become those of <code>{shortCommit(version.commit)}</code>; its image is kept, so nothing is built.</span></li>
        <li><span className="t-run">•</span><span>What you set here (env, secrets, ports) stays as it is.</span></li>
        <li><span className="t-work">•</span><span><b>Data is not taken back.</b> {app.volumes.length > 0 ? "What newer versions wrote to its volumes stays; an older version may not understand it." : "What the app stored elsewhere stays as newer versions left it."}</span></li>
      </ul>
      <div className="actions">
        <button type="button" className="btn" onClick={onClose}>{app.version ? `Stay on v${app.version.number}` : "Stay"}</button>
        <Action kind="primary" run={roll}>Go back to v{version.number}</Action>
      </div>
    </Dialog>
  );
}
