// The real binary for story and browser tests: a desk in a folder of its own, on ports of its own, that stops with
// the test. LONGHAND names the binary; the default is the release build.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = process.env.LONGHAND || path.join(root, "build/release/longhand");

export function folder(prefix = "lh-") {
  return fs.mkdtempSync(path.join(os.tmpdir(), prefix));
}

export async function freePort() {
  return new Promise((resolve, reject) => {
    const s = net.createServer();
    s.on("error", reject);
    s.listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });
}

/** Run a verb to its end: {status, out, err}. `input` is its standard input. */
export function run(args, input = "") {
  const r = spawnSync(binary, args, { input, maxBuffer: 1 << 28 });
  return { status: r.status, out: r.stdout.toString(), err: r.stderr.toString(), bytes: r.stdout };
}

export function must(args, input = "") {
  const r = run(args, input);
  if (r.status !== 0) throw new Error(`longhand ${args.join(" ")}: status ${r.status}\n${r.out}${r.err}`);
  return r;
}

// A test that fails must not leave its desk behind.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A desk, set up and perhaps serving. */
export class Desk {
  static async start({ serve = true, demo = false, db = null, brand = "Tidewatch Toys", inbox = "letters@desk.test",
    admin = "ines@desk.test" } = {}) {
    const d = new Desk();
    d.data = path.join(folder(), "data");
    d.httpPort = await freePort();
    d.lmtpPort = await freePort();
    d.url = `http://127.0.0.1:${d.httpPort}`;
    d.email = admin;
    d.inbox = inbox;
    const http = ["--http", `127.0.0.1:${d.httpPort}`, "--lmtp", `127.0.0.1:${d.lmtpPort}`];
    if (demo) {
      const made = must(["demo", "--prepare", "--data", d.data, ...http]).out;
      d.email = /sign in with\s+(\S+)/.exec(made)[1];
      d.password = /password\s+(\S+)/.exec(made)[1];
      d.inbox = "letters@tidewatch.example";
    } else {
      const made = JSON.parse(must(["setup", "--json", "--data", d.data, "--brand", brand, "--inbox", inbox, "--admin",
        admin, ...http, ...(db ? ["--db", db] : [])]).out);
      d.password = made.first_password;
    }
    d.slug = "tidewatch-toys";
    if (serve) await d.serve();
    return d;
  }

  async serve() {
    this.child = spawn(binary, ["serve", "--data", this.data], { stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.env } });
    this.log = "";
    const child = this.child;
    running.add(child);
    child.on("exit", () => running.delete(child));
    this.child.stderr.on("data", (b) => { this.log += b; });
    this.ended = new Promise((resolve) => this.child.on("exit", (code, signal) => resolve({ code, signal })));
    await new Promise((resolve, reject) => {
      let out = "";
      this.child.stdout.on("data", (b) => {
        out += b;
        if (out.includes("serves")) resolve();
      });
      this.child.on("exit", (code) => reject(new Error(`the desk ended (${code}) before it served:\n${this.log}`)));
    });
    for (const held of [child, child.stdout, child.stderr]) held.unref();
  }

  /** Stop as a service manager does; the exit must be clean. */
  async stop() {
    if (!this.child) return;
    this.child.ref();
    this.child.kill("SIGTERM");
    const { code, signal } = await this.ended;
    this.child = null;
    if (code !== 0) throw new Error(`the desk ended with ${code ?? signal}:\n${this.log}`);
  }

  async kill() {
    this.child.ref();
    this.child.kill("SIGKILL");
    await this.ended;
    this.child = null;
  }

  run(verb, ...args) { return run([verb, "--data", this.data, ...args]); }
  must(verb, ...args) { return must([verb, "--data", this.data, ...args]); }
  json(verb, ...args) { return JSON.parse(this.must(verb, ...args, "--json").out); }

  deliver(mail, ...args) {
    const r = run(["deliver", "--data", this.data, ...args], mail);
    const m = /conversation (\d+) message (\d+)/.exec(r.out);
    return { ...r, conversation: m?.[1], message: m?.[2] };
  }

  token(email = this.email) { return this.must("token", "--as", email).out.trim(); }

  async api(method, pathname, body, token) {
    this.defaultToken ??= this.token();
    const r = await fetch(`${this.url}/api/v1${pathname}`, {
      method,
      headers: { authorization: `Bearer ${token ?? this.defaultToken}`, ...(body ? { "content-type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : undefined,
      redirect: "manual",
    });
    const text = await r.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* the caller looks at text */ }
    return { status: r.status, json, text, headers: r.headers };
  }
}

/** A mail of our own writing. */
export function mail({ from = "Milo Ferreira <milo@customer.test>", to = "letters@desk.test", subject = "Keeper Juno",
  id = `${Math.random().toString(36).slice(2)}@customer.test`, text = "Hello,\r\n\r\nmy figure fell down the drain.\r\n",
  headers = [] } = {}) {
  return [`From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Date: Thu, 12 Mar 2026 16:05:00 +0000`,
    ...(id ? [`Message-ID: <${id}>`] : []), ...headers, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
    "", text].join("\r\n");
}

/** One LMTP transaction over a socket; gives every reply line. */
export async function lmtp(port, envelopeFrom, rcpts, data) {
  const socket = net.connect(port, "127.0.0.1");
  let buffer = "";
  const waiting = [];
  const lines = [];
  socket.on("data", (b) => {
    buffer += b.toString("latin1");
    let at;
    while ((at = buffer.indexOf("\r\n")) >= 0) {
      lines.push(buffer.slice(0, at));
      buffer = buffer.slice(at + 2);
    }
    waiting.splice(0).forEach((f) => f());
  });
  const reply = async () => {
    for (;;) {
      while (lines.length) {
        const line = lines.shift();
        if (line[3] !== "-") return line;
      }
      await new Promise((resolve, reject) => {
        waiting.push(resolve);
        socket.once("close", () => reject(new Error("LMTP closed")));
      });
    }
  };
  const say = async (line) => { socket.write(line + "\r\n"); return reply(); };
  const out = [await reply(), await say("LHLO test"), await say(`MAIL FROM:<${envelopeFrom}>`)];
  let accepted = 0;
  for (const r of rcpts) {
    const line = await say(`RCPT TO:<${r}>`);
    if (line.startsWith("250")) accepted++;
    out.push(line);
  }
  out.push(await say("DATA"));
  if (out.at(-1).startsWith("354")) {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data, "utf8");
    socket.write(Buffer.from(bytes.toString("latin1").replace(/\r\n\./g, "\r\n.."), "latin1"));
    socket.write(bytes.subarray(-2).toString("latin1") === "\r\n" ? ".\r\n" : "\r\n.\r\n");
    for (let i = 0; i < accepted; i++) out.push(await reply());
  }
  // All is answered; a desk that dies now may reset the connection.
  socket.on("error", () => {});
  socket.write("QUIT\r\n");
  socket.end();
  return out;
}

export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

/** Wait until `f` gives something true; says `what` when it never does. */
export async function until(what, f, ms = 20000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await f();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
    await sleep(50);
  }
}
