// The door: a password, a new password after a set-up link, or how to get such a link.
import type { ReactNode } from "react";
import type { Problem } from "../../api/problem";
import type { SessionView } from "../../api/types";
import { Mark } from "../../draw/mark";
import { Hint } from "../../parts/words";
import { Title } from "../../parts/page";
import { SetUp } from "./set-up";
import { SignIn } from "./sign-in";

interface DoorProps { session: SessionView | null; problem: Problem | null; token: string | null; onEnter: () => void }

export function Door({ session, problem, token, onEnter }: DoorProps) {
  return (
    <div className="door">
      <main id="main">
        <div className="card">
          <Mark className="mark" />
          {inside({ session, problem, token, onEnter })}
        </div>
      </main>
      <footer className="deep"><p><b>Only this house.</b> Kraken answers on your own network and sends nothing out of it.</p></footer>
    </div>
  );
}

function inside({ session, problem, token, onEnter }: DoorProps): ReactNode {
  if (token) return <SetUp token={token} platform={session?.platform} onEnter={onEnter} />;
  if (!session) return problem ? <Away problem={problem} /> : <p className="vh" role="status">Loading</p>;
  return session.has_password ? <SignIn platform={session.platform} onEnter={onEnter} /> : <NoPassword />;
}

function Away({ problem }: { problem: Problem }) {
  return (
    <>
      <Title tab="No answer">No answer yet</Title>
      <Hint tone="warn">{problem.sentence}</Hint>
    </>
  );
}

function NoPassword() {
  return (
    <>
      <Title tab="Set up">Nobody has opened this platform yet</Title>
      <p className="soft">On the machine itself, run <code>kraken login</code>. It prints a link that lets you choose the password; the link works once, for an hour.</p>
    </>
  );
}
