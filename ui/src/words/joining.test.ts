import { expect, it } from "vitest";
import type { Handshake } from "../api/types";
import { asksHere, handshakeSays, handshakeTitle, isOpen, shownCode, spokenCode } from "./joining";

const shake = (over: Partial<Handshake> = {}): Handshake => ({
  id: "h1", part: "host", state: "comparing", reason: "", name: "raspberrypi-5", address: "192.168.1.57:7373", platform: "home", code: "482 913", yes_here: false, yes_there: false, until: "", ...over,
});

it("the machine that is let in is named, and where its digits are", () => {
  expect(handshakeTitle(shake())).toBe("raspberrypi-5 wants to join");
  expect(handshakeSays(shake())).toContain("`kraken join` on it, shows six digits. Let it in only if they are the same. It is at 192.168.1.57.");
});
it("the machine that joins is told what it gives up", () => {
  const joiner = shake({ part: "joiner", name: "pi4" });
  expect(handshakeTitle(joiner)).toBe("Join home at pi4?");
  expect(handshakeSays(joiner)).toContain("gives up its own platform; what it had is kept in a file");
});
it("after the yes here, the missing yes is named and nothing is asked any more", () => {
  expect(asksHere(shake())).toBe(true);
  expect(asksHere(shake({ yes_here: true }))).toBe(false);
  expect(handshakeSays(shake({ yes_here: true }))).toMatch(/^You said yes\. Now the yes on raspberrypi-5/);
});
it("before there is a code nothing is asked", () => {
  expect(asksHere(shake({ state: "greeting", code: null }))).toBe(false);
  expect(asksHere(shake({ code: null }))).toBe(false);
});
it("an end keeps its reason and next step", () => {
  const ended = shake({ state: "ended", reason: "The code was not confirmed in 10 min", next: "Try again" });
  expect([handshakeTitle(ended), handshakeSays(ended), isOpen(ended)]).toEqual(["raspberrypi-5 did not join", "The code was not confirmed in 10 min. Try again.", false]);
});
it("digits are shown in threes and read out one by one", () => {
  expect([shownCode("482913"), shownCode("482 913")]).toEqual(["482\u00a0913", "482\u00a0913"]);
  expect(spokenCode("482 913")).toBe("4 8 2 9 1 3");
});
