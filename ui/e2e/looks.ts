// Does a page keep its promises, whatever it shows? No accessibility finding, no sideways scroll, no console error.
import { expect, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";

const AXE = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

interface Finding { id: string; at: string[] }

export async function keepsItsPromises(page: Page, name: string): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(beyond, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
  // A colour on its way to another has the contrast of neither. What moves for ever is waited for by nobody.
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map((one) => one.finished));
  });
  // Evaluated by the debugger, so the page's own policy against inline scripts stays as it is.
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (d: Document, o: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map((one): Finding => ({ id: one.id, at: one.nodes.map((node) => node.html.slice(0, 120)) }));
  });
  expect(findings, `${name} has accessibility findings`).toEqual([]);
}

/** Errors the page reports itself; a policy violation is one of them. Expected answers such as a wrong password are not. */
export function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on("pageerror", (error) => heard.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) heard.push(message.text());
  });
  return heard;
}
