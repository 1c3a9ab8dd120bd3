// How does a machine on its way into the platform read? What to compare, who said yes, and what is still missing.
import type { Handshake } from "../api/types";
import { sentences } from "./sentence";

/** Still to be answered or carried out. */
export function isOpen(handshake: Handshake): boolean {
  return handshake.state !== "joined" && handshake.state !== "ended";
}

/** Waits for somebody's yes on the machine whose page this is. */
export function asksHere(handshake: Handshake): boolean {
  return handshake.state === "comparing" && handshake.code != null && !handshake.yes_here;
}

/** What the other machine is called, as far as it said so. */
export function otherName(handshake: Handshake): string {
  return handshake.name ?? handshake.address;
}

export function handshakeTitle(handshake: Handshake): string {
  const name = otherName(handshake);
  const platform = handshake.platform ?? "its platform";
  switch (handshake.state) {
    case "greeting": return `${name} is being greeted`;
    case "comparing": return handshake.part === "joiner" ? `Join ${platform} at ${name}?` : `${name} wants to join`;
    case "handing_over": return handshake.part === "joiner" ? `Joining ${platform}` : `${name} is joining`;
    case "joined": return handshake.part === "joiner" ? `This machine belongs to ${platform} now` : `${name} belongs to ${platform} now`;
    case "ended": return handshake.part === "joiner" ? `This machine did not join ${platform}` : `${name} did not join`;
  }
}

/** What one has to know before the yes, or what is waited for after it. */
export function handshakeSays(handshake: Handshake): string {
  const name = otherName(handshake);
  if (handshake.state !== "comparing") return sentences(handshake.reason, handshake.next);
  if (handshake.yes_here) return `You said yes. Now the yes on ${name}: on its own page, or with \`kraken join\` on it.`;
  if (handshake.part === "joiner") {
    return `${name} shows six digits too, on its page of machines. Say yes only if they are the same. This machine then gives up its own platform; what it had is kept in a file.`;
  }
  return `Its own page, or \`kraken join\` on it, shows six digits. Let it in only if they are the same. It is at ${handshake.address.replace(/:7373$/, "")}.`;
}

/** Read out singly: "4 8 2 9 1 3". */
export function spokenCode(code: string): string {
  return code.replace(/\D/g, "").split("").join(" ");
}

/** Two groups of three, whatever came. */
export function shownCode(code: string): string {
  const digits = code.replace(/\D/g, "");
  return digits.length === 6 ? `${digits.slice(0, 3)}\u00a0${digits.slice(3)}` : code;
}
