// Beside the overview: the address for a phone, why the app is where it is, facts, and what was before.
import type { ReactNode } from "react";
import { useHouse } from "../../api/live";
import type { App } from "../../api/types";
import { Qr } from "../../draw/qr";
import { Shape } from "../../draw/shape";
import { Copy } from "../../parts/copy";
import { Link } from "../../parts/link";
import { useNow } from "../../parts/now";
import { Panel } from "../../parts/panel";
import { Hint, Says } from "../../parts/words";
import { addressText, openable, phoneAddress, sourceText } from "../../words/address";
import { bytes, bytesOf, count, listed, percent, shortCommit } from "../../words/amount";
import { appRoute } from "../../route";
import { openAddress } from "../../words/app-state";
import { deploymentLook, deploymentTitle } from "../../words/deployment";
import { between, duration, moment } from "../../words/time";
import { sentences } from "../../words/sentence";

export function OpenIt({ app }: { app: App }) {
  if (app.wanted === "off") return null;
  if (!openAddress(app)) return <NotYet app={app} />;
  const phone = phoneAddress(app.addresses, app.address);
  const others = [...app.addresses.lan, app.addresses.localhost].filter((address) => address && address !== phone && openable(address));
  return (
    <section className="panel" aria-labelledby="open-it">
      <div className="body">
        <div className={phone ? "qr" : undefined}>
          {phone && <Qr text={phone} />}
          <div>
            <h2 id="open-it">{phone ? "Open it on a phone" : "Open it"}</h2>
            <p className="small soft">{phone ? <>Scan, or type<br /><span className="mono">{addressText(phone)}</span></> : "It has no address for other machines yet."}</p>
            {phone && <div className="gap-top"><Copy text={phone} what="its address" /></div>}
          </div>
        </div>
        {others.length > 0 && (
          <ul className="small gap-top addresses">
            {others.map((address) => (
              <li key={address}>
                <a className="mono" href={address} target="_blank" rel="noreferrer">{addressText(address)}</a>
                {address === app.addresses.localhost && <span className="dim"> on the machine itself</span>}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

/** Before its first version runs nothing answers, so there is nothing to scan or to open. */
function NotYet({ app }: { app: App }) {
  const phone = phoneAddress(app.addresses, app.address);
  return <Panel title="Open it"><p className="small soft">It answers once its first version runs{phone ? <>, at <span className="mono">{addressText(phone)}</span></> : ""}.</p></Panel>;
}

export function Why({ app }: { app: App }) {
  const lone = useHouse().nodes.length === 1;
  const places = byMachine(app.placement);
  if (places.length === 0) return null;
  return (
    <Panel title="Why it is where it is">
      <ul className="small places">
        {places.map(({ node, name, copies, whys }) => (
          <li key={node}>
            <b>{name}</b>{copies > 1 && <span className="dim"> {count(copies, "copy", "copies")}</span>}
            {(lone ? ["The only machine, so it runs here."] : whys).map((why) => <p key={why} className="soft"><Says text={why} /></p>)}
          </li>
        ))}
        {!lone && app.place.choices.filter((choice) => !choice.fits).map((choice) => <li key={choice.node}><b>Not {choice.node_name}</b><p className="soft"><Says text={sentences(choice.why)} /></p></li>)}
      </ul>
      {!lone && <p className="small gap-top"><Link to={appRoute(app.id, "scale")}>{app.place.node ? "Chosen by you: change it" : "Choose the machine yourself"}</Link></p>}
    </Panel>
  );
}

/** Each machine once, with how many copies it runs and each reason once. */
function byMachine(placement: App["placement"]): { node: string; name: string; copies: number; whys: string[] }[] {
  return [...new Set(placement.map((place) => place.node))].map((node) => {
    const here = placement.filter((place) => place.node === node);
    return { node, name: here[0]?.node_name ?? node, copies: here.length, whys: [...new Set(here.map((place) => place.why))] };
  });
}

export function Facts({ app }: { app: App }) {
  const now = useNow();
  const replica = app.replicas[0];
  const { source } = app;
  const rows: [string, ReactNode][] = [
    ["Source", source.url ? sourceText(source.url) : "a folder, uploaded"],
    ["Follows", <>{referenceText(app)}{source.root && <> in <code>{source.root}</code></>}</>],
    ["Commit", source.commit && <code>{shortCommit(source.commit)}</code>],
    ["Language", app.lang],
    ["LAN port", app.addresses.port],
    ["Now", app.stats && `${percent(app.stats.cpu_percent)} cpu, ${bytesOf(app.stats.memory_bytes, app.stats.memory_limit)}`],
    ["Started", replica && app.version && `${moment(replica.started_at, now)}${replica.restarts > 0 ? `, restarted ${replica.restarts} times` : ""}`],
    ["Volumes", app.volumes.length > 0 && listed(app.volumes.map((v) => `${v.name} at ${v.path}${v.size_bytes ? `, ${bytes(v.size_bytes)}` : ""}`))],
    ["Set here", setHere(app)],
  ];
  return (
    <Panel title="At a glance">
      <dl className="facts">{rows.filter(([, value]) => value).map(([name, value]) => <FactRow key={name} name={name} value={value} />)}</dl>
    </Panel>
  );
}

function FactRow({ name, value }: { name: string; value: ReactNode }) {
  return <><dt>{name}</dt><dd>{value}</dd></>;
}

function referenceText({ source: { reference } }: App): string {
  switch (reference.kind) {
    case "branch": return `branch ${reference.name}`;
    case "tag": return `tag ${reference.name}`;
    case "commit": return `commit ${shortCommit(reference.id)}`;
    default: return "the default branch";
  }
}

function setHere(app: App): string | null {
  const parts = [
    app.scale.set_here ? `${app.scale.value} copies; the file says ${app.scale.file ?? "nothing"}` : "",
    app.route.publish.set_here ? `LAN port ${app.route.publish.value ?? "none"}; the file says ${app.route.publish.file ?? "nothing"}` : "",
    app.env.some((one) => one.set_here) ? `${app.env.filter((one) => one.set_here).map((one) => one.name).join(", ")} in env` : "",
  ].filter(Boolean);
  return parts.length > 0 ? parts.join("; ") : null;
}

export function Before({ app }: { app: App }) {
  const now = useNow();
  const before = app.deployments.slice(1, 6);
  if (before.length === 0) return null;
  return (
    <Panel title="Before this" aside={<Link to={{ page: "app", app: app.id, tab: "failures" }}>Failures</Link>}>
      <ol className="feed slim">
        {before.map((one) => {
          const look = deploymentLook(one.state);
          return (
            <li key={one.id}>
              <time dateTime={one.asked_at}>{moment(one.asked_at, now)}</time>
              <span className={`t-${look.tone}`}><Shape name={look.shape} /></span>
              <Link to={{ page: "deployment", id: one.id }}>{deploymentTitle(one, "").replace(/ of$/, "").replace(/ of /, " of ").trim()} {look.word.toLowerCase()} after {duration(between(one.asked_at, one.ended_at, now))}</Link>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

export function Notes({ app }: { app: App }) {
  if (app.notes.length === 0) return null;
  return (
    <Panel title="Notes on its file">
      {app.notes.map((note, n) => (
        <Hint key={n} tone={note.severity === "error" ? "bad" : note.severity === "warning" ? "warn" : undefined}>
          {note.line ? <b>shipwreck.toml line {note.line}: </b> : null}<Says text={sentences(note.message, note.next)} />
        </Hint>
      ))}
    </Panel>
  );
}
