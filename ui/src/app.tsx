// Who is at the door, and which page do they see?
import { useCallback, useEffect, useState } from "react";
import { get, whenSignedOut } from "./api/http";
import { LiveHouse } from "./api/live";
import { asProblem, type Problem } from "./api/problem";
import type { SessionView } from "./api/types";
import { Door } from "./pages/door/door";
import { takeSetupToken } from "./pages/door/setup-token";
import { PlaceProvider, usePlace } from "./parts/link";
import { VoiceProvider } from "./parts/say";
import { Shell } from "./shell";
import { streamQuery } from "./route";

/** Read once, before anything else can see the address. */
const setupToken = takeSetupToken(window.location, window.history);

export function Dashboard() {
  const [session, setSession] = useState<SessionView | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [token, setToken] = useState(setupToken);
  const look = useCallback(() => {
    get<SessionView>("/session").then((view) => { setSession(view); setProblem(null); }, (error: unknown) => setProblem(asProblem(error)));
  }, []);
  useEffect(look, [look]);
  useEffect(() => {
    whenSignedOut(() => setSession((before) => before && { ...before, signed_in: false }));
    return () => whenSignedOut(() => undefined);
  }, []);
  useEffect(() => {
    if (!problem) return;
    const again = setTimeout(look, 3000);
    return () => clearTimeout(again);
  }, [problem, look]);

  const enter = () => {
    setToken(null);
    look();
  };
  // The address stays as it is behind the door, so signing in leads back to where one was.
  if (!session || !session.signed_in || token) return <Door session={session} problem={problem} token={token} onEnter={enter} />;
  return (
    <PlaceProvider>
      <VoiceProvider>
        <OneStream onSignOut={look} />
      </VoiceProvider>
    </PlaceProvider>
  );
}

function OneStream({ onSignOut }: { onSignOut: () => void }) {
  const { route } = usePlace();
  return <LiveHouse query={streamQuery(route)}><Shell onSignOut={onSignOut} /></LiveHouse>;
}
