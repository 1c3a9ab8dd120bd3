// A real machine for the browser tests: the built agent in a scratch directory, and a Git host beside it.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KRAKEN = process.env.KRAKEN_BIN ?? join(ROOT, "target/debug/kraken");
const START_MS = 30_000;

export class Machine {
  private agent: ChildProcess | null = null;
  private constructor(private readonly scratch: string, private readonly git: ChildProcess, private readonly gitPort: string, private readonly doors: string[]) {}

  static async start(): Promise<Machine> {
    const scratch = mkdtempSync(join(tmpdir(), "kraken-browser."));
    mkdirSync(join(scratch, "data"), { mode: 0o700 });
    mkdirSync(join(scratch, "repositories"));
    const git = started("python3", [join(ROOT, "examples/serve-git.py"), join(scratch, "repositories"), join(scratch, "git-port")], join(scratch, "git.log"));
    const port = await until("the Git host", () => (existsSync(join(scratch, "git-port")) ? readFileSync(join(scratch, "git-port"), "utf8").trim() : ""));
    // Chosen once, so that the agent is found where it was after a restart.
    const [api, ingress] = await freePorts(2);
    const machine = new Machine(scratch, git, port, ["--api-port", `${api}`, "--ingress-port", `${ingress}`]);
    try {
      await machine.begin();
    } catch (error) {
      await machine.end();
      await machine.clear();
      throw error;
    }
    return machine;
  }

  /** Stops the agent, as an update of the machine does; apps are not its children and go on. */
  async end(): Promise<void> {
    if (this.agent) await ended(this.agent);
    this.agent = null;
  }

  /** Starts the agent on the same data and ports, and waits until it answers. */
  async begin(): Promise<void> {
    const agent = started(KRAKEN, ["agent", "--data", join(this.scratch, "data"), ...this.doors], join(this.scratch, "agent.log"));
    this.agent = agent;
    await until("the agent", () => this.kraken("apps").then(() => "yes", () => (agent.exitCode === null ? "" : Promise.reject(new Error(this.log())))));
  }

  /** What the command line says; rejects with its complaint. */
  async kraken(...words: string[]): Promise<string> {
    const { stdout } = await run(KRAKEN, ["--data", join(this.scratch, "data"), ...words], { timeout: 60_000 });
    return stdout.trim();
  }

  /** A fresh one-time sign-in link. */
  async link(...words: string[]): Promise<string> {
    const said = await this.kraken("login", ...words);
    const link = /https?:\/\/\S+#setup=\S+/.exec(said)?.[0];
    if (!link) throw new Error(`kraken login printed no link: ${said}`);
    return link;
  }

  /** Puts files into a repository, makes a commit of it on both its branches, main and next, and gives its address. */
  async commit(repository: string, files: Record<string, string>, message: string): Promise<string> {
    const work = join(this.scratch, "work", repository);
    const bare = join(this.scratch, "repositories", `${repository}.git`);
    const git = (...words: string[]) => run("git", ["-C", work, "-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "commit.gpgSign=false", ...words]);
    if (!existsSync(work)) {
      mkdirSync(work, { recursive: true });
      await git("init", "--quiet", "--initial-branch", "main");
      await run("git", ["init", "--quiet", "--bare", "--initial-branch", "main", bare]);
    }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, name)), { recursive: true });
      writeFileSync(join(work, name), text);
    }
    await git("add", "--all");
    await git("commit", "--quiet", "-m", message);
    await git("push", "--quiet", bare, "main", "main:refs/heads/next");
    return `http://127.0.0.1:${this.gitPort}/${repository}.git`;
  }

  /** What an app answers to a visitor at this address. */
  async visit(address: string): Promise<string> {
    const { host, hostname, port } = new URL(address);
    // Browsers know every name below localhost; the resolver of a plain machine does not.
    const answer = get({ host: hostname.endsWith(".localhost") ? "127.0.0.1" : hostname, port, headers: { host }, agent: false, timeout: 10_000 });
    const [response] = (await once(answer, "response")) as [IncomingMessage];
    let text = "";
    for await (const part of response.setEncoding("utf8")) text += part;
    return text;
  }

  log(): string {
    return readFileSync(join(this.scratch, "agent.log"), "utf8").slice(-8000);
  }

  private async clear(): Promise<void> {
    await ended(this.git);
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** Stops everything, and removes what the node leaves in Docker for a next start that never comes. */
  async stop(): Promise<void> {
    if (!this.agent) await this.begin();
    const [node] = JSON.parse(await this.kraken("nodes", "--json")) as { id: string }[];
    await this.end();
    if (node) await forget(node.id);
    await this.clear();
  }
}

function started(program: string, words: string[], log: string): ChildProcess {
  const file = openSync(log, "a");
  // A subnet of the benchmark range (RFC 2544), which no machine routes: several runs beside each other, or beside a real agent, do not use up its choices.
  const subnet = `198.${18 + (process.pid & 1)}.${((process.pid >> 1) & 15) * 16}.0/20`;
  const child = spawn(program, words, { cwd: ROOT, stdio: ["ignore", file, file], env: { ...process.env, KRAKEN_SUBNET: subnet } });
  closeSync(file);
  return child;
}

/** What Docker holds of this node and of no other, found by its label. */
async function forget(node: string): Promise<void> {
  const own = ["--quiet", "--filter", `label=kraken.node=${node}`];
  for (const [list, remove] of [[["ps", "--all"], ["rm", "--force"]], [["network", "ls"], ["network", "rm"]], [["volume", "ls"], ["volume", "rm"]], [["image", "ls"], ["rmi", "--force"]]] as const) {
    const { stdout } = await run("docker", [...list, ...own]);
    const found = [...new Set(stdout.split("\n").filter(Boolean))];
    if (found.length > 0) await run("docker", [...remove, ...found]);
  }
}

async function freePorts(many: number): Promise<number[]> {
  const servers = Array.from({ length: many }, () => createServer().listen(0));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((then) => server.close(then))));
  return ports;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await exit;
  clearTimeout(timer);
}

async function until(what: string, ask: () => string | Promise<string>): Promise<string> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what} did not answer within ${START_MS / 1000} s`);
    await new Promise((then) => setTimeout(then, 200));
  }
}
