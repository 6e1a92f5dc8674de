// A desk whose system fails on command (faulty.c), a mail server that says what it was given, and one letter's whole
// way through the desk: LMTP, reading, its page, a reply, the reply's sending. For malloc.mjs, io.mjs and disk.mjs.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { Desk, binary, folder, freePort, mail, root, sleep } from "../lib/desk.mjs";

const slots = ["MEM_AT", "MEM_FOR", "MEM_EVERY", "MEM_BIG", "MEM_COUNT", "MEM_FAILED", "IO_AT", "IO_FOR", "IO_EVERY",
  "IO_KINDS", "IO_TURN", "IO_COUNT", "IO_FAILED", "DISK_ROOM", "DISK_SAYS", "DISK_REFUSED", "IO_KIND_FAILED"];
export const kinds = ["OPEN", "READ", "WRITE", "SYNC", "NAME", "RECV", "SEND", "WAIT", "CONNECT", "SIZE", "MAP", "CHILD"];

/** The file that faulty.so maps: its numbers by name. */
export class Control {
  constructor() {
    this.path = path.join(folder("lh-faulty-"), "control");
    fs.writeFileSync(this.path, Buffer.alloc(4096));
    this.fd = fs.openSync(this.path, "r+");
    this.set({ DISK_ROOM: -1, DISK_SAYS: -1 });
  }

  set(values) {
    // Counters before triggers: a count that begins anew must not meet the old trigger.
    for (const [name, value] of Object.entries(values)) {
      const b = Buffer.alloc(8);
      b.writeBigInt64LE(BigInt(value));
      fs.writeSync(this.fd, b, 0, 8, slots.indexOf(name) * 8);
    }
  }

  get(name, more = 0) {
    const b = Buffer.alloc(8);
    fs.readSync(this.fd, b, 0, 8, (slots.indexOf(name) + more) * 8);
    return Number(b.readBigInt64LE());
  }

  calm() {
    this.set({ MEM_AT: 0, MEM_EVERY: 0, MEM_BIG: 0, IO_AT: 0, IO_EVERY: 0, DISK_ROOM: -1, DISK_SAYS: -1 });
  }
}

/** Built beside the binary it is for. */
export function library(name, ...flags) {
  const so = path.join(folder("lh-so-"), `${name}.so`);
  const r = spawnSync("gcc", ["-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-nonnull-compare",
    ...flags, "-shared", "-fPIC", "-o", so, path.join(root, "test/fault", `${name}.c`)], { encoding: "utf8" });
  if (r.status !== 0) throw new Error(`${name}.so: ${r.stderr}`);
  return so;
}

/** A mail server that takes everything; how often each Message-ID came to its end. */
export async function mailServer() {
  const port = await freePort(), taken = new Map();
  const server = net.createServer((socket) => {
    let rest = "", data = null;
    socket.on("error", () => {});
    socket.write("220 sink\r\n");
    socket.on("data", (bytes) => {
      rest += bytes.toString("latin1");
      for (let at; (at = rest.indexOf("\r\n")) >= 0;) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        if (data === null) {
          const verb = line.slice(0, 4).toUpperCase();
          if (verb === "DATA") data = [];
          socket.write({ EHLO: "250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n", DATA: "354 go on\r\n", QUIT: "221 bye\r\n" }[verb] ??
            "250 fine\r\n");
        } else if (line !== ".") {
          data.push(line);
        } else {
          const id = /^message-id: *(\S+)/im.exec(data.join("\n"))?.[1];
          taken.set(id, (taken.get(id) ?? 0) + 1);
          data = null;
          socket.write("250 taken\r\n");
        }
      }
    });
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  server.unref();
  return { port, taken, close: () => server.close() };
}

/** A desk under `so`, sending at once to `sink`. */
export async function faultyDesk(so, env, sink) {
  const d = await Desk.start();
  const admin = `/b/${d.slug}/admin`;
  await d.api("POST", `${admin}/settings`, { undo_seconds: "0" });
  const [inbox] = (await d.api("GET", `${admin}/inboxes`)).json.inboxes;
  const kept = await d.api("POST", `${admin}/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1",
    smtp_port: sink.port, smtp_tls: "never" });
  if (kept.status !== 200) throw new Error(kept.text);
  await d.stop();
  d.env = { LD_PRELOAD: so, ...env };
  await d.serve();
  return d;
}

/** One LMTP transaction that a fault may break at any place. The letter's last answer, "" when there was none. */
export function tryLetter(d, id, text, ms = 15000) {
  return new Promise((resolve) => {
    const socket = net.connect(d.lmtpPort, "127.0.0.1");
    const bytes = Buffer.from(mail({ id, subject: `About ${id}`, text }));
    const say = ["LHLO fault.test\r\n", `MAIL FROM:<milo@customer.test>\r\n`, `RCPT TO:<${d.inbox}>\r\n`, "DATA\r\n",
      Buffer.concat([bytes, Buffer.from(bytes.subarray(-2).toString() === "\r\n" ? ".\r\n" : "\r\n.\r\n")])];
    let heard = "", step = 0;
    const done = (line) => { clearTimeout(late); socket.destroy(); resolve(line); };
    const late = setTimeout(() => done(""), ms);
    socket.on("error", () => done(""));
    socket.on("close", () => done(""));
    socket.on("data", (b) => {
      heard += b.toString("latin1");
      for (let m; (m = /^(?:\d{3}-[^\r\n]*\r\n)*(\d{3} [^\r\n]*)\r\n/.exec(heard));) {
        heard = heard.slice(m[0].length);
        const line = m[1];
        if (step === say.length) return done(line);
        if (!/^[23]/.test(line)) return done(line.startsWith("4") || line.startsWith("5") ? line : "");
        socket.write(say[step++]);
      }
    });
  });
}

/** A call that may fail in every way: {status: 0} when there was no answer. */
export async function tryCall(d, method, pathname, body, ms = 8000) {
  d.defaultToken ??= d.token();
  try {
    const r = await fetch(`${d.url}${pathname}`, { method, signal: AbortSignal.timeout(ms), redirect: "manual",
      headers: { authorization: `Bearer ${d.defaultToken}`, connection: "close", ...(body ? { "content-type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : undefined });
    const text = await r.text();
    return { status: r.status, text, headers: r.headers, json: text.startsWith("{") ? JSON.parse(text) : null };
  } catch {
    return { status: 0, text: "", json: null };
  }
}

/** A letter's whole way under a fault; notes what was acknowledged. */
export class Rounds {
  constructor(d, control) {
    Object.assign(this, { d, control, n: 0, acknowledged: [], refused: {}, replies: new Map(), late: 0, calls: {},
      headless: 0 });
  }

  async listed(id, ms) {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(4)) {
      const r = await tryCall(this.d, "GET", `/api/v1/b/${this.d.slug}/list/waiting`);
      const row = r.json?.conversations?.find((c) => c.subject === `About ${id}`);
      if (row) return row;
    }
    return null;
  }

  note(r) {
    this.calls[r.status] = (this.calls[r.status] ?? 0) + 1;
    if (r.status === 200 && !r.headers.get("content-security-policy")) this.headless++;
    return r;
  }

  /** True when the letter got 250. `text` may be large. */
  async round(text = "Hello,\r\n\r\nmy figure fell down the drain. I am seven.\r\n", ms = 1500) {
    const id = `round-${++this.n}@customer.test`;
    const answer = await tryLetter(this.d, id, text);
    if (!answer.startsWith("250")) {
      const code = answer.slice(0, 3) || "broken off";
      this.refused[code] = (this.refused[code] ?? 0) + 1;
      this.control.calm();
      /* What a mail server does. */
      let again = "";
      for (const end = Date.now() + 3000; Date.now() < end && !/^(250|5)/.test(again); await sleep(50))
        again = await tryLetter(this.d, id, text);
      if (!again.startsWith("250")) throw new Error(`${id} is refused without a fault: ${again || "no answer"}`);
      this.acknowledged.push(id);
      return false;
    }
    this.acknowledged.push(id);
    const row = await this.listed(id, ms);
    if (!row) {
      this.late++;
      return true;
    }
    this.note(await tryCall(this.d, "GET", `/api/v1/b/${this.d.slug}/c/${row.id}`));
    const reply = { text: `Dear Milo,\n\nshe is on her way, round ${this.n}.\n\nInes`, key: `key-${this.n}` };
    const pathname = `/api/v1/b/${this.d.slug}/c/${row.id}/reply`;
    let r = this.note(await tryCall(this.d, "POST", pathname, reply));
    if (r.status !== 200) {
      this.control.calm();
      // The reserve is made whole within a second; till then 503 says to come again.
      for (const end = Date.now() + 3000; Date.now() < end && r.status !== 200; await sleep(100))
        r = await tryCall(this.d, "POST", pathname, reply);
      if (r.status !== 200) throw new Error(`the reply of round ${this.n} is refused without a fault: ${r.status} ${r.text}`);
    }
    this.replies.set(`${this.n}`, row.id);
    return true;
  }

  /** What is there in the end, with all that was put off done. `taken`: of the mail server. */
  async reckon(sink) {
    const { d } = this;
    this.control.calm();
    await d.stop();
    d.env = {};
    const sql = (q) => {
      const r = spawnSync("sqlite3", ["-readonly", path.join(d.data, "desk.db"), q], { encoding: "utf8", maxBuffer: 1 << 28 });
      if (r.status !== 0) throw new Error(`sqlite3: ${r.stderr}`);
      return r.stdout.trim();
    };
    const now = (q) => spawnSync("sqlite3", [path.join(d.data, "desk.db"), q]);
    now("UPDATE job SET run_at = 0, lease_until = 0; UPDATE unread SET run_at = 0, lease_until = 0;");
    await d.serve();
    for (const end = Date.now() + 60000; Date.now() < end; await sleep(200)) {
      if (sql("SELECT (SELECT count(*) FROM unread) + (SELECT count(*) FROM job WHERE kind IN ('read', 'send') AND dead_at = 0)") === "0")
        break;
    }
    await d.stop();
    const there = new Map();
    for (const line of sql("SELECT subject FROM message WHERE kind = 'letter'").split("\n"))
      there.set(line, (there.get(line) ?? 0) + 1);
    // What could not be read is a letter without a subject; its bytes are there.
    const objects = fs.existsSync(path.join(d.data, "objects")) ? fs.readdirSync(path.join(d.data, "objects"), { recursive: true })
      .map((f) => path.join(d.data, "objects", f)).filter((f) => fs.statSync(f).isFile()).map((f) => fs.readFileSync(f, "latin1").slice(0, 2000)) : [];
    const lost = this.acknowledged.filter((id) => !there.has(`About ${id}`)).filter((id) =>
      sql(`SELECT count(*) FROM raw WHERE instr(CAST(bytes AS TEXT), '<${id}>')`) === "0" && !objects.some((o) => o.includes(`<${id}>`))).length;
    const doubled = [...there.values()].filter((n) => n > 1).length;
    const raws = sql("SELECT state || ' ' || count(*) FROM raw WHERE state != 'out' GROUP BY state").split("\n").join(", ");
    const outbox = Object.fromEntries(sql("SELECT state, count(*) FROM outbox GROUP BY state").split("\n").filter(Boolean).map((l) => l.split("|")));
    const sums = [...sink.taken.values()];
    const integrity = sql("PRAGMA integrity_check");
    return { lost, doubled, raws, outbox, sentTwice: sums.filter((n) => n > 1).length, delivered: sums.length, integrity,
      dead: Number(sql("SELECT count(*) FROM job WHERE dead_at != 0")) };
  }
}

/** `f` within a minute, or the run ends with where every thread of the desk stands. */
export async function inTime(d, what, f) {
  const late = setTimeout(() => {
    console.error(`${what}: nothing for a minute`);
    const pid = d.child?.pid;
    const r = spawnSync("gdb", ["-p", `${pid}`, "-batch", "-ex", "thread apply all bt 12"], { encoding: "utf8" });
    console.error(r.stdout ?? "", d.log);
    process.exit(1);
  }, 60000);
  try {
    return await f();
  } finally {
    clearTimeout(late);
  }
}

/** Start the desk again with a fault armed. It may refuse to start with a sentence, and then starts without the fault;
 * says how it ended if that was no orderly way. */
export async function startUnder(d, control, values) {
  await d.stop();
  control.set(values);
  let says = null;
  try {
    await d.serve();
  } catch (e) {
    const { code, signal } = await d.ended;
    if (signal || code !== 1 || !/^longhand: serve|longhand/m.test(d.log)) says = `start: ${signal ?? code}: ${d.log.slice(-3000) || e.message}`;
    d.child = null;
  }
  control.calm();
  if (!d.child) await d.serve();
  return says;
}

/** Has the desk ended? Then says how, and starts it again. */
export async function crashed(d) {
  if (d.child && d.child.exitCode === null && d.child.signalCode === null) return null;
  const { code, signal } = await d.ended;
  const says = `the serving process ended with ${signal ?? code}:\n${d.log.split("\n").slice(-30).join("\n")}`;
  d.child = null;
  return says;
}

export { binary, sleep };
