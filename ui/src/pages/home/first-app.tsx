// A house without apps: the lighthouse, one sentence, and the address field at once.
import { useState, type FormEvent } from "react";
import { useAskJoining, useHouse } from "../../api/live";
import { Lighthouse } from "../../draw/mark";
import { Link, usePlace } from "../../parts/link";
import { Title } from "../../parts/page";
import { JoiningPanel } from "../nodes/joining-panel";

export function FirstApp() {
  const [url, setUrl] = useState("");
  const { go } = usePlace();
  const { platform, joining } = useHouse();
  const askJoining = useAskJoining();
  const look = (event: FormEvent) => {
    event.preventDefault();
    go({ page: "deploy", url: url.trim() || undefined });
  };
  return (
    <>
      {(joining?.handshakes ?? []).map((handshake) => <JoiningPanel key={handshake.id} handshake={handshake} after={askJoining} />)}
    <div className="first">
      <Lighthouse />
      <Title tab="Home">Your platform is lit. Give it an app.</Title>
      <p>{platform?.leader ? `${platform.leader.name} runs Kraken and leads. ` : ""}Paste a Git address, and Kraken builds it, starts it and gives it an address that every phone in the house can open.</p>
      <form className="urlbar" onSubmit={look}>
        <input className="input mono" aria-label="Git address" placeholder="https://github.com/you/notes" value={url} spellCheck={false} autoCapitalize="none"
          onChange={(event) => setUrl(event.target.value)} />
        <button type="submit" className="btn primary">Look at it</button>
      </form>
      <p className="small">Or from a folder, on the command line: <code>kraken deploy .</code></p>
      {joining?.can_join && <p className="small">Is there a platform in the house already? <Link to={{ page: "nodes" }}>Let this machine join it</Link></p>}
    </div>
    </>
  );
}
