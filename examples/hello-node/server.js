// Answers every request with a page that says which app, which version and which container answered.
const http = require("node:http");
const os = require("node:os");
const { name, version } = require("./package.json");

const port = Number(process.env.PORT ?? 7211);
const started = Date.now();

const page = () => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>
  :root { color-scheme: light dark }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1.1rem/1.6 system-ui, sans-serif;
         background: light-dark(#f3f7f8, #0c1518); color: light-dark(#12262b, #d8e6ea) }
  main { padding: 2rem; text-align: center }
  h1 { font-size: clamp(2rem, 8vw, 4rem); line-height: 1.1; margin: 0 0 .5rem }
  dl { display: inline-grid; grid-template-columns: auto auto; gap: .25rem 1.5rem; margin: 1.5rem 0 0; text-align: left }
  dt { opacity: .65 } dd { margin: 0; font-variant-numeric: tabular-nums }
</style>
<main>
  <h1>Hello from ${name}</h1>
  <p>It was a Git repository a moment ago.</p>
  <dl>
    <dt>Version</dt><dd>${version}</dd>
    <dt>Container</dt><dd>${os.hostname()}</dd>
    <dt>Node.js</dt><dd>${process.versions.node}</dd>
    <dt>Up for</dt><dd>${Math.round((Date.now() - started) / 1000)} s</dd>
  </dl>
</main>
</html>
`;

const server = http.createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(page());
});
server.listen(port, () => console.log(`${name} ${version} listens on ${port}`));

// A stop is a request: finish what was begun, then go.
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
