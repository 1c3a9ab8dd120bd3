// How does a machine read? A shape, its place in line, and who takes over when the leader stops.
import type { Node, Platform } from "../api/types";
import type { ShapeName } from "../draw/shape";
import type { Tone } from "./app-state";
import { listed } from "./amount";

const ORDINALS = ["", "first", "next in line", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];

/** Rank 1 is whoever leads, or would lead first. */
function placeWord(rank: number): string {
  return ORDINALS[rank] ?? `number ${rank}`;
}

export interface MachineLook { shape: ShapeName; tone: Tone; word: string; lamp: boolean }

export function machineLook(node: Node): MachineLook {
  const { live, priority, rank } = node.standing;
  if (!live) return { shape: "lost", tone: "off", word: "no contact", lamp: false };
  if (node.leads) return { shape: "lead", tone: "work", word: "leads", lamp: true };
  if (rank === 2) return { shape: "next", tone: "run", word: placeWord(2), lamp: false };
  if (rank) return { shape: "node", tone: "run", word: placeWord(rank), lamp: false };
  return { shape: "node", tone: "run", word: priority === 0 ? "never leads" : "not in line yet", lamp: false };
}

/** Those that may lead in their order, then those that may not, then those that are not heard. */
export function inLine(nodes: Node[]): Node[] {
  const place = ({ standing: { live, rank } }: Node) => (live ? rank ?? 100 : 200);
  return [...nodes].sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
}

/** Who leads next, as far as it is known. */
export function nextInLine(nodes: Node[]): Node | undefined {
  return inLine(nodes).find((node) => node.standing.live && node.standing.rank && !node.leads);
}

/** The sentence under the page's title. */
export function leadsSentence(nodes: Node[], platform: Platform | null): string {
  const only = nodes.length === 1 ? nodes[0] : undefined;
  if (!platform?.leader) return only && !platform?.isolated ? `${only.name} takes up the lead.` : "No machine leads just now; apps keep running.";
  if (only) return `${only.name} is the only machine, so it leads.`;
  const next = nextInLine(nodes);
  return next ? `${platform.leader.name} leads. If it stops, ${next.name} takes over and nothing you run is restarted.`
    : `${platform.leader.name} leads. No other machine could take over now.`;
}

const RELIED: Record<string, string> = { anchor: "always on", spare: "often away" };

/** What holds of it beside its place: in sync, relied on, labels, priority aside. */
export function machineFacts(node: Node): string {
  const { live, direct, in_sync, machine, labels } = node.standing;
  return [
    !live || node.leads ? "" : in_sync ? "in sync" : "catching up",
    live && !direct ? "heard through another machine" : "",
    RELIED[machine] ?? "",
    labels.length > 0 ? `labelled ${listed(labels)}` : "",
  ].filter(Boolean).join(", ");
}
