// The real servers of Bluesky on this machine: a PLC directory, a personal data server, and the AppView with its
// database, from the npm package @atproto/dev-env in build/bluesky. PostgreSQL and Redis are started for them, in a
// folder of their own. Needs Node 22.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const parts = path.join(root, "build/bluesky/node_modules");

const part = (name) => import(pathToFileURL(path.join(parts, name)));

async function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer();
    s.on("error", reject);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

export async function until(what, how, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const got = await how();
    if (got) return got;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

async function startRedis(folder) {
  const port = await freePort();
  const child = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
    "--dir", folder], { stdio: "ignore" });
  await until("redis", () => new Promise((resolve) => {
    const s = net.connect(port, "127.0.0.1", () => s.end("PING\r\n"));
    s.on("data", () => resolve(true));
    s.on("error", () => resolve(false));
  }));
  return { child, at: `127.0.0.1:${port}` };
}

/** Everything, until close(). */
export class Network {
  static async start() {
    const n = new Network();
    n.folder = fs.mkdtempSync(path.join(os.tmpdir(), "lhb"));
    fs.chmodSync(n.folder, 0o755);
    // What the servers write lands here and goes with it.
    process.env.TMPDIR = n.folder;
    const pg = spawnSync(path.join(root, "test/pg.sh"), ["start", path.join(n.folder, "pg")]);
    if (pg.status !== 0) throw new Error(`PostgreSQL did not start: ${pg.stderr}`);
    n.pg = path.join(n.folder, "pg");
    const url = pg.stdout.toString().trim().split("\n").pop();
    n.redis = await startRedis(n.folder);
    process.env.REDIS_HOST = n.redis.at;
    process.env.DB_POSTGRES_URL = url;
    process.env.LOG_ENABLED = "false";
    const { TestNetwork } = await part("@atproto/dev-env/dist/index.js");
    n.network = await TestNetwork.create({ dbPostgresSchema: "lh" });
    n.pds = n.network.pds.url;
    n.api = await part("@atproto/api/dist/index.js");
    return n;
  }

  /** An account, signed in, with an agent of @atproto/api. */
  async account(handle, password = "a-long-password") {
    const agent = new this.api.AtpAgent({ service: this.pds });
    await agent.createAccount({ handle, password, email: `${handle}@mail.test` });
    await agent.upsertProfile(() => ({ displayName: handle.split(".")[0] }));
    return { agent, handle, password, did: agent.session.did };
  }

  /** Let the AppView take in what was written. */
  async settle() { await this.network.processAll(); }

  async close() {
    await this.network?.close().catch(() => {});
    this.redis?.child.kill("SIGTERM");
    if (this.pg) spawnSync(path.join(root, "test/pg.sh"), ["stop", this.pg]);
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The adapter alone: test/bluesky/driver.c, one question after the other. */
export class Driver {
  constructor(program = process.env.DRIVER || path.join(root, "build/release/test/bluesky/driver")) {
    this.child = spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
    this.waiting = [];
    let rest = "";
    this.child.stdout.on("data", (b) => {
      rest += b;
      for (let at; (at = rest.indexOf("\n")) >= 0; rest = rest.slice(at + 1)) this.waiting.shift()(JSON.parse(rest.slice(0, at)));
    });
    this.ended = new Promise((resolve) => this.child.on("exit", (code, signal) => resolve({ code, signal })));
    this.ended.then((how) => this.waiting.splice(0).forEach((f) => f({ result: "died", ...how })));
  }

  /** {result, says, ...}; posts are read. */
  async ask(what, more = {}) {
    const r = await new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin.write(`${JSON.stringify({ do: what, ...more })}\n`);
    });
    if (r.posts) r.posts = r.posts.map((p) => JSON.parse(p));
    return r;
  }

  async must(what, more = {}) {
    const r = await this.ask(what, more);
    if (r.result !== "done") throw new Error(`${what}: ${r.result}: ${r.says}`);
    return r;
  }

  async close() {
    this.child.stdin.end();
    return this.ended;
  }
}
