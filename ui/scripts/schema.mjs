// Is src/api/schema.ts what the agent's own OpenAPI document says? Writes it; with --check it only compares.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const KRAKEN = process.env.KRAKEN_BIN ?? new URL("../../target/debug/kraken", import.meta.url).pathname;
const TARGET = new URL("../src/api/schema.ts", import.meta.url);
const HEAD = "// What the agent says of its API: written by `npm run schema` from `kraken openapi`, never by hand.\n\n";

const document = JSON.parse(execFileSync(KRAKEN, ["openapi"], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }));
// Only what travels: the requests are written where they are made, and each route would repeat every refusal it has.
const { schemas } = document.components;
const text = HEAD + astToString(await openapiTS({ openapi: document.openapi, info: document.info, paths: {}, components: { schemas } }));
if (process.argv.includes("--check")) {
  if (readFileSync(TARGET, "utf8") !== text) {
    console.error("src/api/schema.ts is not what `kraken openapi` says. Run `npm run schema` and commit the change.");
    process.exit(1);
  }
} else {
  writeFileSync(TARGET, text);
}
