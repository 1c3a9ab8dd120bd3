// DEVELOPMENT ONLY, never shipped: what answers `npm run dev` while no agent runs. Invented data in the shapes of the API.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { answer } from "./mock/routes";
import { vitalsEvent } from "./mock/house";
import { buildLines } from "./mock/deployments";
import { logLines } from "./mock/logs";

export function mockAgent(): Plugin {
  return {
    name: "kraken-mock-agent",
    configureServer: (server) => void server.middlewares.use(middleware),
    configurePreviewServer: (server) => void server.middlewares.use(middleware),
  };
}

function middleware(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  const url = new URL(request.url ?? "/", "http://mock");
  if (!url.pathname.startsWith("/api/v1")) return next();
  if (url.pathname === "/api/v1/events") return stream(url.searchParams, request, response);
  void body(request).then((sent) => {
    const { status, json } = answer(request.method ?? "GET", url.pathname.slice("/api/v1".length), url.searchParams, sent);
    response.statusCode = status;
    response.setHeader("Content-Type", status >= 400 ? "application/problem+json" : "application/json");
    response.end(json === undefined ? undefined : JSON.stringify(json));
  });
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, unknown>;
  } catch {
    return {};
  }
}

function stream(query: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const send = (name: string, data: unknown) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  send("hello", { at: new Date().toISOString(), node: "n1" });
  let n = 0;
  const timer = setInterval(() => {
    n += 1;
    send("vitals", vitalsEvent(n));
    const app = query.get("logs");
    if (app) send("log", { app, lines: logLines(app, 1, 1000 + n) });
    const build = query.get("build");
    if (build === "d-radio") send("build", { deployment: build, lines: buildLines(1, 55 + n) });
  }, 2000);
  request.on("close", () => clearInterval(timer));
}
