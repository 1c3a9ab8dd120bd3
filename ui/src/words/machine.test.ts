import { expect, it } from "vitest";
import type { Node, Platform } from "../api/types";
import { machine } from "../test-machine";
import { inLine, leadsSentence, machineFacts, machineLook, nextInLine } from "./machine";

const nuc = machine("nuc", { leads: true, standing: { rank: 1, priority: 140 } });
const thinkpad = machine("thinkpad", { standing: { rank: 2, priority: 96 } });
const attic = machine("attic", { standing: { rank: 3, priority: 64 } });
const tiny = machine("tiny", { standing: { rank: null, priority: 0 } });
const shed = machine("shed", { standing: { rank: null, live: false, direct: false } });
const platform = { name: "home", version: "", node: "nuc", nodes: 5, apps: 0, addresses: [], leader: { node: "nuc", name: "nuc", epoch: "3.nuc", since: "" }, isolated: false, doubled: false, why: "" } satisfies Platform;

it("each place in line has its own shape and word", () => {
  const looks = (node: Node) => [machineLook(node).shape, machineLook(node).word];
  expect([nuc, thinkpad, attic, tiny, shed].map(looks)).toEqual([["lead", "leads"], ["next", "next in line"], ["node", "third"], ["node", "never leads"], ["lost", "no contact"]]);
  expect(machineLook(machine("new", { standing: { rank: null, priority: 50 } })).word).toBe("not in line yet");
});
it("they stand in the order in which they would lead, the silent ones last", () => {
  expect(inLine([shed, tiny, attic, thinkpad, nuc]).map((node) => node.name)).toEqual(["nuc", "thinkpad", "attic", "tiny", "shed"]);
  expect(nextInLine([shed, nuc, thinkpad])?.name).toBe("thinkpad");
});
it("the sentence says who takes over, or that nobody can", () => {
  expect(leadsSentence([nuc, thinkpad], platform)).toBe("nuc leads. If it stops, thinkpad takes over and nothing you run is restarted.");
  expect(leadsSentence([nuc, shed], platform)).toBe("nuc leads. No other machine could take over now.");
  expect(leadsSentence([nuc], platform)).toBe("nuc is the only machine, so it leads.");
  expect(leadsSentence([thinkpad, attic], { ...platform, leader: null })).toBe("No machine leads just now; apps keep running.");
});
it("what is particular about a machine is said in words", () => {
  expect(machineFacts(machine("a", { standing: { in_sync: false, direct: false, machine: "spare", labels: ["attic", "camera"] } })))
    .toBe("catching up, heard through another machine, often away, labelled attic and camera");
  expect(machineFacts(nuc)).toBe("");
});
