// Is what one sees still true? When the stream breaks, the content stays and says how old it is.
import { useContact } from "../api/live";
import { Shape } from "../draw/shape";
import { calendar, duration } from "../words/time";
import { useNow } from "./now";

/** A reconnect within this time is not worth a word. */
const GRACE_MS = 2000;

export function StaleStrip() {
  const { since } = useContact();
  const now = useNow(1000, since !== null);
  if (since === null || now - since < GRACE_MS) return null;
  return (
    <div className="strip bad" role="status">
      <Shape name="lost" />
      <span><b>No contact with this machine since {calendar(since, now)}.</b> What you see is {duration(Math.floor((now - since) / 1000) * 1000)} old. Your apps keep running; trying again by itself.</span>
    </div>
  );
}
