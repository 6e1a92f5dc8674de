// Letters by SMTP from a relay: a real Postfix hands them over by STARTTLS with the certificate checked; whoever is no
// known relay is turned away; nothing in clear is believed after TLS, and no second letter hides in the first.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { Desk, folder, freePort, mail, root, run, sleep, until } from "../lib/desk.mjs";

const script = path.join(root, "test/peers/mail.sh");
const skip = process.getuid() === 0 ? false : "Postfix starts as root only";
/** An address of this machine that is not loopback, or none. */
const outer = Object.values(os.networkInterfaces()).flat().find((i) => i.family === "IPv4" && !i.internal)?.address;

let d, world, post, ca, cert, key, port, config;

function peers(...args) {
  // Postfix and Dovecot stay in the background, so nothing of ours may be waiting at their end of a pipe.
  const out = fs.openSync(path.join(world, "out"), "w+");
  const r = spawnSync(script, args, { stdio: ["ignore", out, out] });
  fs.closeSync(out);
  const said = fs.readFileSync(path.join(world, "out"), "utf8");
  if (r.status !== 0) throw new Error(`mail.sh ${args[0]}: status ${r.status}\n${said}`);
  return Object.fromEntries(said.split("\n").filter((l) => l.includes("=")).map((l) => [l.slice(0, l.indexOf("=")),
    l.slice(l.indexOf("=") + 1)]));
}

function configure(...entries) {
  const etc = path.join(world, "mail/postfix");
  const set = spawnSync("/usr/sbin/postconf", ["-c", etc, "-e", ...entries]);
  assert.equal(set.status, 0, set.stderr.toString());
  spawnSync("/usr/sbin/postfix", ["-c", etc, "reload"], { stdio: "ignore" });
}

/** What a relay says and hears, whole replies one by one. */
class Peer {
  static to(where = {}) {
    const p = new Peer();
    p.listen(net.connect({ port: where.port ?? port, host: "127.0.0.1", ...where }));
    return p;
  }

  listen(socket) {
    this.socket = socket;
    this.said = "";
    this.closed = false;
    socket.on("data", (b) => { this.said += b.toString("latin1"); });
    socket.on("error", () => {});
    socket.on("close", () => { this.closed = true; });
  }

  async reply() {
    const whole = /^(?:\d{3}-[^\r]*\r\n)*\d{3} [^\r]*\r\n/;
    const m = await until("a reply", () => whole.exec(this.said) ?? (this.closed && ["closed"]));
    this.said = this.said.slice(m[0].length);
    return m[0];
  }

  async expect(code, bytes) {
    if (bytes !== undefined) this.socket.write(Buffer.from(bytes, "latin1"));
    const line = await this.reply();
    assert.ok(line.startsWith(code), `after ${JSON.stringify(bytes?.slice(0, 60))} wanted ${code}, got ${line}`);
    return line;
  }

  /** The handshake; rejects where there is none to be had. */
  async encrypt() {
    const plain = this.socket;
    plain.removeAllListeners("data");
    const secure = tls.connect({ socket: plain, ca, servername: "localhost" });
    this.listen(secure);
    await new Promise((resolve, reject) => {
      secure.once("secureConnect", resolve);
      secure.once("error", reject);
      secure.once("close", () => reject(new Error("closed")));
    });
  }
}

const waiting = async () => (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations;
const stuffed = (text) => text.replace(/^\./gm, "..") + "\r\n.\r\n";

before(async () => {
  if (skip) return;
  world = folder("lhrelay-");
  fs.chmodSync(world, 0o711);
  d = await Desk.start({ serve: false });
  post = peers("start", path.join(world, "mail"), String(d.lmtpPort));
  ca = fs.readFileSync(post.CA_FILE);
  port = await freePort();
  config = path.join(d.data, "desk.json");
  cert = path.join(world, "desk.pem");
  key = path.join(world, "desk.key");
  const made = path.dirname(post.CA_FILE);
  fs.copyFileSync(path.join(made, "server.pem"), cert);
  fs.copyFileSync(path.join(made, "server.key"), key);
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config, "utf8")), smtp: `0.0.0.0:${port}`,
    smtp_relays: ["127.0.0.1", "2001:db8::/64", ...(outer ? [outer] : [])], smtp_cert: cert, smtp_key: key }));
  await d.serve();
  const added = await d.api("POST", `/b/${d.slug}/admin/inboxes`, { name: "Parts", address: "parts@desk.test" });
  assert.ok(added.status < 300, added.text);
  configure(`transport_maps=inline:{ desk.test=relay:[localhost]:${port} }`,
    `smtp_tls_policy_maps=inline:{ [localhost]:${port}=verify }`, `smtp_tls_CAfile=${post.CA_FILE}`, "smtp_tls_loglevel=1");
});

after(async () => {
  try {
    await d?.stop();
  } finally {
    if (post) peers("stop", path.join(world, "mail"));
    if (world) fs.rmSync(world, { recursive: true, force: true });
    if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
  }
});

async function byPostfix(text, ...to) {
  const p = Peer.to({ port: Number(post.SMTP_PORT) });
  await p.expect("220");
  await p.expect("250", "EHLO customer.test\r\n");
  await p.expect("250", "MAIL FROM:<milo@customer.test>\r\n");
  for (const one of to) await p.expect("250", `RCPT TO:<${one}>\r\n`);
  await p.expect("354", "DATA\r\n");
  await p.expect("250", stuffed(text));
  p.socket.destroy();
}

/** How many messages there are of this subject, in all conversations. */
async function copies(subject) {
  const found = (await waiting()).filter((c) => c.subject === subject);
  let n = 0;
  for (const c of found)
    n += (await d.api("GET", `/b/${d.slug}/c/${c.id}`)).json.messages.filter((m) => m.kind === "letter").length;
  return n;
}

test("Postfix hands letters over by TLS, and checks the certificate", { skip }, async () => {
  const subject = "By the relay";
  // Larger than a record of TLS, and than what is read at once.
  const text = ".a dot\r\n" + "The mast of my Keeper Juno broke.\r\n".repeat(9000);
  await byPostfix(mail({ subject, text }), "letters@desk.test");
  const c = await until("it waits", async () => (await waiting()).find((one) => one.subject === subject));
  const log = fs.readFileSync(post.MAIL_LOG, "utf8");
  assert.match(log, /Verified TLS connection established to localhost\[127\.0\.0\.1\]/);
  assert.match(log, /status=sent \(250 2\.0\.0 kept \d+\)/);
  const shown = (await d.api("GET", `/b/${d.slug}/c/${c.id}`)).json;
  assert.match(JSON.stringify(shown.messages[0]), /\.a dot/);
});

test("a letter for two inboxes comes once into each", { skip }, async () => {
  const subject = "For both";
  await byPostfix(mail({ subject, id: "" }), "letters@desk.test", "parts@desk.test", "letters@desk.test");
  await until("both have it", async () => (await copies(subject)) === 2);
  const log = fs.readFileSync(post.MAIL_LOG, "utf8");
  assert.match(log, /452 4\.5\.3 One recipient a letter/);
  await until("Postfix has nothing left", () =>
    spawnSync("/usr/sbin/postqueue", ["-c", path.join(world, "mail/postfix"), "-j"]).stdout.toString() === "");
  assert.equal(await copies(subject), 2);
  // As docs/operating.md tells: nothing is put off any more.
  const refused = (text) => text.split("452 4.5.3").length;
  configure("relay_destination_recipient_limit=1");
  await byPostfix(mail({ subject: "At once" }), "letters@desk.test", "parts@desk.test");
  await until("both have it", async () => (await copies("At once")) === 2);
  assert.equal(refused(fs.readFileSync(post.MAIL_LOG, "utf8")), refused(log));
});

test("no stranger is let in, and nobody reaches anybody but an inbox", { skip }, async () => {
  const stranger = Peer.to({ localAddress: "127.0.0.9" });
  await stranger.expect("554 5.7.1");
  assert.equal(await stranger.reply(), "closed");
  const p = Peer.to();
  await p.expect("220 longhand ESMTP");
  assert.match(await p.expect("250", "EHLO relay.test\r\n"), /250-STARTTLS\r\n/);
  await p.expect("500", "AUTH PLAIN AGFubmEAYW5uYQ==\r\n");
  await p.expect("250", "MAIL FROM:<letters@desk.test>\r\n");
  for (const to of ["milo@customer.test", "letters%customer.test@desk.test", "@desk.test:milo@customer.test", "root"])
    await p.expect("550", `RCPT TO:<${to}>\r\n`);
  await p.expect("554", "DATA\r\n");
  await p.expect("221", "QUIT\r\n");
});

test("a relay on another machine must begin TLS", { skip: skip || (outer ? false : "only loopback here") }, async () => {
  const p = Peer.to({ host: outer, localAddress: outer });
  await p.expect("220");
  await p.expect("250", "EHLO relay.test\r\n");
  await p.expect("530 5.7.0", "MAIL FROM:<milo@customer.test>\r\n");
  await p.expect("220", "STARTTLS\r\n");
  await p.encrypt();
  await p.expect("503", "MAIL FROM:<milo@customer.test>\r\n");
  assert.doesNotMatch(await p.expect("250", "EHLO relay.test\r\n"), /STARTTLS/);
  await p.expect("250", "MAIL FROM:<milo@customer.test>\r\n");
  await p.expect("250", "RCPT TO:<letters@desk.test>\r\n");
  await p.expect("354", "DATA\r\n");
  // Byte by byte, each a record of its own; the answers and the end of the connection come over TLS, too.
  for (const c of "Subject: In pieces\r\n\r\nx\r\n.\r\nQUIT\r\n") p.socket.write(c);
  await p.expect("250 2.0.0");
  await p.expect("221");
  await until("it waits", async () => (await waiting()).some((c) => c.subject === "In pieces"));
});

test("one that asks and does not read yet gets every answer over TLS", { skip }, async () => {
  const p = Peer.to();
  await p.expect("220");
  await p.expect("220", "STARTTLS\r\n");
  await p.encrypt();
  const times = 60000; // about 9 MB of answers: more than the system holds for a peer
  let heard = 0, rest = "";
  p.socket.removeAllListeners("data");
  p.socket.pause();
  p.socket.on("data", (b) => {
    const lines = (rest + b.toString("latin1")).split("\n");
    rest = lines.pop();
    heard += lines.filter((l) => l.startsWith("250 SIZE ")).length;
  });
  p.socket.pause();
  p.socket.write("EHLO relay.test\r\n".repeat(times));
  await sleep(500);
  assert.equal(heard, 0);
  // Nor does it hold up another, as little as one that begins TLS and then says nothing.
  const silent = Peer.to();
  await silent.expect("220");
  await silent.expect("220", "STARTTLS\r\n");
  const other = Peer.to();
  await other.expect("220");
  await other.expect("220", "STARTTLS\r\n");
  await other.encrypt();
  await other.expect("221", "QUIT\r\n");
  silent.socket.destroy();
  p.socket.resume();
  await until("all answers", () => heard === times);
  p.socket.destroy();
});

test("what is said before the handshake is not believed after it", { skip }, async () => {
  const p = Peer.to();
  await p.expect("220");
  await p.expect("250", "EHLO relay.test\r\n");
  const evil = "EHLO evil.test\r\nMAIL FROM:<evil@customer.test>\r\nRCPT TO:<letters@desk.test>\r\nDATA\r\n" +
    stuffed("Subject: Injected\r\n\r\nx");
  await p.expect("220", `STARTTLS\r\n${evil}`);
  await p.encrypt();
  await p.expect("503 5.5.1 Say EHLO", "MAIL FROM:<milo@customer.test>\r\n");
  assert.equal(p.said, "");
  await p.expect("250", "EHLO relay.test\r\n");
  await p.expect("221", "QUIT\r\n");
  // What comes later in clear is no TLS: the connection ends.
  const q = Peer.to();
  await q.expect("220");
  await q.expect("220", "STARTTLS\r\n");
  q.socket.write(evil);
  await until("it is closed", () => q.closed);
  assert.ok(!/^(?:250|354)/m.test(q.said), q.said);
  assert.equal(await copies("Injected"), 0);
});

test("no second letter hides in the first", { skip }, async () => {
  const before = (await waiting()).length;
  const ends = ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r"];
  for (const [i, end] of ends.entries()) {
    const p = Peer.to();
    await p.expect("220");
    await p.expect("250", "EHLO relay.test\r\n");
    await p.expect("250", "MAIL FROM:<milo@customer.test>\r\n");
    await p.expect("250", "RCPT TO:<letters@desk.test>\r\n");
    await p.expect("354", "DATA\r\n");
    const second = "MAIL FROM:<boss@desk.test>\r\nRCPT TO:<letters@desk.test>\r\nDATA\r\nSubject: Smuggled\r\n\r\nx";
    await p.expect("250 2.0.0", `${mail({ subject: `First ${i}` })}${end}${second}\r\n.\r\n`);
    await p.expect("221", "QUIT\r\n");
  }
  await until("the letters wait", async () => (await waiting()).length === before + ends.length);
  assert.equal(await copies("Smuggled"), 0);
});

test("a new certificate is taken up, and one that cannot be used is not", { skip }, async () => {
  const whose = async () => {
    const p = Peer.to();
    await p.expect("220");
    await p.expect("220", "STARTTLS\r\n");
    await p.encrypt();
    const { fingerprint256 } = p.socket.getPeerX509Certificate();
    await p.expect("221", "QUIT\r\n");
    return fingerprint256;
  };
  const first = await whose();
  const open = Peer.to();
  await open.expect("220");
  await open.expect("220", "STARTTLS\r\n");
  await open.encrypt();
  const right = fs.readFileSync(key);
  fs.writeFileSync(key, "no key");
  assert.equal(await whose(), first);
  fs.writeFileSync(key, right);
  assert.equal(await whose(), first);
  const made = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
    "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert]);
  assert.equal(made.status, 0, made.stderr.toString());
  ca = [ca, fs.readFileSync(cert)];
  assert.notEqual(await whose(), first);
  // Who was here before stays with what it had.
  await open.expect("250", "EHLO relay.test\r\n");
  await open.expect("221", "QUIT\r\n");
});

test("the doctor says how the listener stands", { skip }, () => {
  assert.match(d.run("doctor").out, /smtp\s+\d relays or networks; the certificate holds for 29 more days/);
});

test("a wrong entry in desk.json is said, and the desk does not start without the listener", { skip }, async () => {
  const right = JSON.parse(fs.readFileSync(config, "utf8"));
  const other = path.join(folder(), "data");
  for (const [wrong, says] of [
    [{ smtp_relays: [] }, /smtp_relays names nobody/], [{ smtp_relays: ["0.0.0.0/0"] }, /would let everybody in/],
    [{ smtp_tls: "never" }, /only where all smtp_relays are this machine/], [{ smtp_cert: "" }, /need smtp_cert and smtp_key/],
    [{ smtp_key: post.CA_FILE }, /The certificate .* cannot be used/], [{ smtp_tls: "maybe" }, /"required" or "never"/],
  ]) {
    fs.mkdirSync(other, { recursive: true });
    fs.copyFileSync(path.join(d.data, "desk.json"), path.join(other, "desk.json"));
    const made = run(["setup", "--data", other, "--brand", "B", "--inbox", "b@desk.test", "--admin", "b@desk.test",
      "--http", "127.0.0.1:0", "--lmtp", "127.0.0.1:0"]);
    assert.equal(made.status, 0, made.err);
    // Setup keeps what it does not know of.
    const kept = JSON.parse(fs.readFileSync(path.join(other, "desk.json"), "utf8"));
    assert.deepEqual(kept.smtp_relays, right.smtp_relays);
    fs.writeFileSync(path.join(other, "desk.json"), JSON.stringify({ ...kept, smtp: "127.0.0.1:0", ...wrong }));
    const r = run(["serve", "--data", other]);
    assert.equal(r.status, 1);
    assert.match(r.err, says);
    assert.match(run(["doctor", "--data", other]).out, says);
    fs.rmSync(other, { recursive: true });
  }
  fs.rmSync(path.dirname(other), { recursive: true });
});
