// A mail server on loopback that goes wrong on purpose, and that counts: every letter whose final dot it saw and did
// not refuse is in `taken`, whether or not it got to say so.
import net from "node:net";

export const faults = [
  "none", "drop at connect", "drop after EHLO", "drop after MAIL", "drop after RCPT", "drop in DATA",
  "drop before the dot", "drop after the dot", "4xx", "5xx", "slow", "half-closed", "STARTTLS fails",
];
const stages = ["connect", "mail", "rcpt", "data", "dot"];
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const any = (list) => list[Math.floor(Math.random() * list.length)];

export class FaultySmtp {
  taken = []; // {id, to}: the Message-ID and the envelope's recipient
  seen = {}; // how often each fault was played
  fault = "none";
  left = 0; // how many transactions it is still played in
  size = 40000000; // what it says it takes
  stage = null; // of 4xx, 5xx and half-closed; null: any
  on = null; // called with "connect", "ehlo", "mail", "rcpt", "data", "body", "dot" as they come

  static async start() {
    const s = new FaultySmtp();
    s.server = net.createServer({ allowHalfOpen: true }, (socket) => s.talk(socket).catch(() => socket.destroy()));
    await new Promise((resolve) => s.server.listen(0, "127.0.0.1", resolve));
    s.port = s.server.address().port;
    return s;
  }

  stop() { this.server.close(); }

  play(fault, left = 1, stage = null) {
    this.fault = fault;
    this.left = left;
    this.stage = stage;
  }

  /** The fault of the transaction that begins, which is played once for it. */
  take(only) {
    if (this.left <= 0 || this.fault === "none" || (only && !only.includes(this.fault))) return null;
    this.left--;
    this.seen[this.fault] = (this.seen[this.fault] ?? 0) + 1;
    return { name: this.fault, stage: this.stage ?? any(stages.slice(1)) };
  }

  came(what) { this.on?.(what); }

  async talk(socket) {
    const lines = [];
    let rest = "", wake = null, ended = false;
    socket.setNoDelay(true);
    socket.on("data", (b) => {
      rest += b.toString("latin1");
      for (let at; (at = rest.indexOf("\r\n")) >= 0; rest = rest.slice(at + 2)) lines.push(rest.slice(0, at));
      wake?.();
    });
    const end = () => { ended = true; wake?.(); };
    socket.on("end", end);
    socket.on("close", end);
    socket.on("error", end);
    const line = async () => {
      while (!lines.length && !ended) await new Promise((r) => { wake = r; });
      return lines.length ? lines.shift() : null;
    };
    let f = null, to = null;
    const say = async (text, at) => {
      if (f?.name === "slow") {
        for (const c of text + "\r\n") { socket.write(c); await sleep(2); }
        return true;
      }
      if (f && (f.name === "4xx" || f.name === "5xx") && f.stage === at) {
        socket.write(`${f.name[0]}50 ${f.name[0]}.7.0 Not at ${at}\r\n`);
        f = null;
        return false;
      }
      if (f?.name === "half-closed" && f.stage === at) {
        socket.end();
        return false;
      }
      socket.write(text + "\r\n");
      return true;
    };
    this.came("connect");
    f = this.take(["drop at connect", "drop after EHLO", "STARTTLS fails"]);
    if (f?.name === "drop at connect") return socket.destroy();
    if (this.stage === "connect") f = this.take(["4xx", "5xx", "half-closed"]) ?? f;
    if (!(await say("220 faulty.test ESMTP", "connect"))) return undefined;
    for (let said; (said = await line()) !== null;) {
      const verb = said.slice(0, 4).toUpperCase();
      this.came(verb.toLowerCase());
      if (verb === "EHLO" || verb === "HELO") {
        if (f?.name === "drop after EHLO") return socket.destroy();
        await say(`250-faulty.test\r\n250-SIZE ${this.size}\r\n${f?.name === "STARTTLS fails" ? "250-STARTTLS\r\n" : ""}250 8BITMIME`);
      } else if (said.toUpperCase() === "STARTTLS") {
        socket.write("220 Go ahead\r\n");
        await sleep(5);
        socket.write("this is no TLS at all\r\n");
        return socket.destroy();
      } else if (verb === "MAIL") {
        f = this.take();
        if (f?.name === "drop after MAIL") return socket.destroy();
        await say("250 2.1.0 Ok", "mail");
      } else if (verb === "RCPT") {
        to = /<(.*?)>/.exec(said)?.[1];
        if (f?.name === "drop after RCPT") return socket.destroy();
        await say("250 2.1.5 Ok", "rcpt");
      } else if (verb === "DATA") {
        if (!(await say("354 Go", "data"))) continue;
        if (!(await this.letter(line, say, socket, f, to))) return undefined;
        f = null;
      } else if (verb === "QUIT") {
        socket.end("221 Bye\r\n");
      } else {
        socket.write(verb === "RSET" || verb === "NOOP" ? "250 Ok\r\n" : "502 5.5.1 What?\r\n");
      }
    }
    socket.end();
    return undefined;
  }

  /** False when the connection is over. */
  async letter(line, say, socket, f, to) {
    let id = null, boundary = null, n = 0;
    for (let said; (said = await line()) !== null;) {
      if (said === ".") {
        this.came("dot");
        const refused = (f?.name === "4xx" || f?.name === "5xx") && f.stage === "dot";
        if (!refused) this.taken.push({ id, to });
        if (f?.name === "drop after the dot") { socket.destroy(); return false; }
        if (refused) { await say("", "dot"); return true; }
        return say("250 2.0.0 Queued", "dot");
      }
      if (!n++) this.came("body");
      id ??= /^Message-ID: *<(.*)>/i.exec(said)?.[1] ?? null;
      boundary ??= /boundary="(.*)"/.exec(said)?.[1] ?? null;
      if (f?.name === "drop in DATA" && n > 3) { socket.destroy(); return false; }
      if (f?.name === "drop before the dot" && boundary && said === `--${boundary}--`) { socket.destroy(); return false; }
    }
    return false;
  }
}
