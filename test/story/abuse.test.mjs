// What strangers try with a desk's mail: make two desks talk for ever, make it send their words to others, read what
// was written to somebody else, put fields and second letters into mail. RELAY_SPAM=10000 is the long run.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { Desk, lmtp, mail, sleep, until } from "../lib/desk.mjs";

const of = (d) => ({
  get: async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json,
  post: (p, body = {}) => d.api("POST", `/b/${d.slug}${p}`, body),
  list: async (view = "waiting") => (await of(d).get(`/list/${view}`)).conversations,
});
/** The list shows the longest waiting ones; these are new. */
const only = async (d, subject) => until(`"${subject}" to wait`, async () =>
  (await of(d).list()).find((c) => c.subject === subject));
const incoming = async (d, chosen) => {
  const id = (await of(d).get("/admin/inboxes")).inboxes[0].id;
  const answer = await of(d).post(`/admin/inboxes/${id}/incoming`, chosen);
  assert.equal(answer.status, 200, answer.text);
  return id;
};
/** Every mail that left into the desk's own folder. */
const gone = (d) => {
  const dir = path.join(d.data, "maildir/new");
  return fs.existsSync(dir) ? fs.readdirSync(dir).map((f) => fs.readFileSync(path.join(dir, f), "utf8")) : [];
};
const field = (text, name) => new RegExp(`^${name}: *(.*?)\\r?$`, "im").exec(text.split(/\r?\n\r?\n/)[0])?.[1];
/** As a person would read it. */
const readable = (text) => text + text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, x) => String.fromCharCode(parseInt(x, 16))) +
  [...text.matchAll(/=\?utf-8\?b\?(.*?)\?=/gi)].map((m) => Buffer.from(m[1], "base64").toString()).join(" ");

/** A mail of this minute: older ones were brought in from somewhere, and are not acknowledged. */
const fresh = (m) => mail(m).replace(/^Date: .*$/m, `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`);

/** A mail server between desks: every letter is kept, marked as checked, and handed on by LMTP or to a robot. */
class Relay {
  mails = [];
  to = new Map(); // domain -> port, or a function of the mail

  static async start() {
    const r = new Relay();
    r.server = net.createServer((s) => r.talk(s.unref()));
    r.server.unref();
    await new Promise((resolve) => r.server.listen(0, "127.0.0.1", resolve));
    r.port = r.server.address().port;
    return r;
  }

  stop() { this.server.close(); }

  talk(socket) {
    let rest = "", letter = null, from, to;
    socket.on("error", () => {});
    socket.write("220 relay.test ESMTP\r\n");
    socket.on("data", (b) => {
      rest += b.toString("latin1");
      for (let at; (at = rest.indexOf("\r\n")) >= 0;) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        if (letter && line === ".") {
          this.took({ from, to, text: letter.join("\r\n") + "\r\n" });
          letter = null;
          socket.write("250 2.0.0 Queued\r\n");
        } else if (letter) {
          letter.push(line.replace(/^\./, ""));
        } else {
          if (/^MAIL/i.test(line)) from = /<(.*?)>/.exec(line)[1];
          if (/^RCPT/i.test(line)) to = /<(.*?)>/.exec(line)[1];
          if (/^DATA/i.test(line)) letter = [];
          socket.write(letter ? "354 Go\r\n" : /^QUIT/i.test(line) ? "221 Bye\r\n" : "250 Ok\r\n");
        }
      }
    });
  }

  async took(m) {
    this.mails.push(m);
    const way = this.to.get(m.to.split("@")[1]);
    const said = /@([\w.-]+)/.exec(field(m.text, "From"))[1];
    if (typeof way === "function") way(m);
    else if (way) await lmtp(way, m.from, [m.to], `Authentication-Results: relay.test; dmarc=pass header.from=${said}\r\n${m.text}`);
  }
}

async function throughRelay(d, relay) {
  const id = await incoming(d, { authserv_id: "relay.test", acknowledges: true });
  const answer = await of(d).post(`/admin/inboxes/${id}`, { transport: "smtp", smtp_host: "127.0.0.1", smtp_port: String(relay.port),
    smtp_tls: "never" });
  assert.equal(answer.status, 200, answer.text);
  await of(d).post("/admin/settings", { undo_seconds: 0 });
}

test("a mail loop: two desks that acknowledge fall silent after two mails", { timeout: 90000 }, async () => {
  const relay = await Relay.start();
  const a = await Desk.start({ inbox: "letters@a.test" }), b = await Desk.start({ inbox: "letters@b.test" });
  relay.to.set("a.test", a.lmtpPort).set("b.test", b.lmtpPort);
  await Promise.all([throughRelay(a, relay), throughRelay(b, relay)]);
  const sent = await of(a).post("/write/reply", { to: b.inbox, subject: "Hello neighbours", text: "Do you have spare ropes?",
    override: "a test" });
  assert.equal(sent.status, 200, sent.text);
  await until("the acknowledgement", () => relay.mails.length === 2);
  const [first, second] = relay.mails;
  assert.equal(field(second.text, "Auto-Submitted"), "auto-replied");
  assert.equal(second.from, "");
  assert.doesNotMatch(readable(second.text), /neighbours|ropes/);
  assert.equal(first.to, b.inbox);
  // It stands in the conversation that it answers, which does not wait because of it.
  const id = (await until("it to be read", async () => (await of(a).list("them"))[0])).id;
  await until("it to join", async () => (await of(a).get(`/c/${id}`)).messages.some((m) => m.machine === "auto_reply"));
  assert.equal((await of(a).list()).length, 0);
  // A robot that answers everything, and says that it is none.
  relay.to.set("robot.test", (m) => lmtp(b.lmtpPort, "robot@robot.test", [b.inbox],
    `Authentication-Results: relay.test; dmarc=pass header.from=robot.test\r\n` +
    fresh({ from: "robot@robot.test", to: b.inbox, subject: `Re: ${field(m.text, "Subject")}`, text: "I am here.\r\n" })));
  relay.to.get("robot.test")({ text: "Subject: x\r\n\r\n" });
  await until("one to the robot", () => relay.mails.length === 3);
  await sleep(9000);
  assert.equal(relay.mails.length, 3);
  await Promise.all([a.stop(), b.stop()]);
  relay.stop();
});

async function shop() {
  const made = await Desk.start({ serve: false });
  made.must("setup", "--proxy", "127.0.0.1");
  await made.serve();
  await of(made).post("/admin/settings", { undo_seconds: 0, missing_pieces: 1 });
  return made;
}

let d;
before(async () => { d = await shop(); });
after(() => d.stop());

/** Many letters over few connections. */
async function flood(d, n, letter) {
  const one = async (from, to) => {
    const socket = net.connect(d.lmtpPort, "127.0.0.1");
    let said = "";
    socket.on("data", (b) => { said += b; });
    const answers = (k) => until(`answer ${k}`, () => (said.match(/^\d{3} .*\r\n/gm) ?? []).length >= k, 60000);
    socket.write("LHLO x\r\n");
    let k = 2;
    for (let i = from; i < to; i++) {
      socket.write(`MAIL FROM:<v${i}@victim.test>\r\nRCPT TO:<${d.inbox}>\r\nDATA\r\n${letter(i)}\r\n.\r\n`);
      k += 4;
      if (i % 50 === 49 || i === to - 1) await answers(k);
    }
    socket.destroy();
    return (said.match(/^250 2\.0\.0/gm) ?? []).length;
  };
  await Promise.all([0, 1, 2, 3].map((k) => one(Math.floor(n * k / 4), Math.floor(n * (k + 1) / 4))));
}

test("relay spam: not a word of the attacker is mailed, and nobody gets two acknowledgements a day", { timeout: 600000 }, async () => {
  const n = Number(process.env.RELAY_SPAM ?? 1000), words = /gold-rush|pillow|evil\.test/i, d = await shop();
  await incoming(d, { authserv_id: "mx.desk.test", acknowledges: true });
  // Forged letters: some fail, of some nobody says anything; and one sender that is who it says, fifty times.
  await flood(d, n, (i) => (i % 3 ? `Authentication-Results: ${i % 3 > 1 ? "mx.desk.test" : "mx.evil.test"}; dmarc=${i % 3 > 1 ? "fail" : "pass"} header.from=victim.test\r\n` : "") +
    fresh({ from: `gold-rush <v${i % 97}@victim.test>`, subject: `gold-rush at evil.test ${i}`, text: "pillows at evil.test" }));
  await flood(d, 50, (i) => "Authentication-Results: mx.desk.test; dmarc=pass header.from=honest.test\r\n" +
    fresh({ from: "gold-rush <honest@honest.test>", subject: `pillows ${i}`, text: "evil.test" }));
  // Forged forms, from many networks, to few addresses.
  const form = (i) => fetch(`${d.url}/api/v1/missing/${d.slug}`, { method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": `2001:db8:${i.toString(16)}::1` },
    body: JSON.stringify({ q: "gold-rush", piece_words: "pillow at evil.test", words: "evil.test", who: "grown_up",
      name: "gold-rush evil.test", email: `f${i % 60}@victim.test`, address: "pillow 1\nHamburg", country: "DE", key: `key-${i}-abcdefgh` }) });
  const forms = [];
  for (let i = 0; i < Math.min(n / 5, 400); i += 8) forms.push(...await Promise.all([...Array(8).keys()].map((k) => form(i + k))));
  assert.ok(forms.filter((r) => r.status === 200).length >= 60, `forms were refused: ${forms[0].status} ${await forms[0].text()}`);
  // The honest letters came last, and letters are read and heard in the order they came: theirs is the last of all.
  await until("the one acknowledgement", () => gone(d).some((m) => field(m, "To") === "honest@honest.test"), 500000);
  await until("the forms' mails", () => gone(d).length >= 61, 60000);
  await sleep(1000);
  const mails = gone(d);
  const to = mails.map((m) => field(m, "To"));
  assert.equal(to.filter((a) => a === "honest@honest.test").length, 1);
  assert.equal(to.filter((a) => /^v\d/.test(a)).length, 0);
  assert.equal(new Set(to).size, to.length, "somebody got two");
  assert.equal(mails.length, 60 + 1);
  for (const m of mails) {
    assert.doesNotMatch(readable(m).replace(/^To: .*$/gm, ""), words);
    assert.equal(field(m, "Auto-Submitted"), "auto-replied");
  }
  await d.stop();
  console.log(`# ${n + 50} letters and ${forms.length} forms: ${mails.length} mails, each to another address`);
});

test("Ticket Trick: what others write to the desk stands on nobody's public page", async () => {
  await incoming(d, { reply_addresses: true });
  const kept = await fetch(`${d.url}/api/v1/missing/${d.slug}`, { method: "POST", headers: { "content-type": "application/json",
    "x-forwarded-for": "198.51.100.7" }, body: JSON.stringify({ q: "Ferry", piece_words: "an anchor", words: "It was not in the box.",
    who: "grown_up", name: "Eve", email: "eve@trick.test", address: "Eve\nHamburg", country: "DE", key: "trick-key-1" }) });
  const told = await kept.json();
  assert.equal(kept.status, 200, JSON.stringify(told));
  const link = JSON.stringify(told).match(/\/your\/[\w-]{22}/)[0];
  const c = await until("the form", async () => (await of(d).list()).find((x) => x.customer_name === "Eve"));
  const sent = await of(d).post(`/c/${c.id}/reply`, { to: "eve@trick.test", text: "Dear Eve,\n\nit comes.", override: "a test" });
  assert.equal(sent.status, 200, sent.text);
  const address = await until("the reply", () => gone(d).map((m) => field(m, "Reply-To")).find(Boolean));
  assert.match(address, /^letters\+[a-z2-7]{26}@desk\.test$/);
  // A service sends a code to whoever signed up with the desk's address, or with the address of Eve's conversation.
  for (const [i, to] of [address, d.inbox].entries())
    await lmtp(d.lmtpPort, "bounces@verify.test", [to], mail({ from: "no-reply@verify.test", to, subject: `Your code 49381${i}`,
      text: `Your code is 49381${i}.\r\n` }));
  const other = await only(d, "Your code 493810");
  assert.equal(other.related, c.id);
  await only(d, "Your code 493811");
  for (const page of [link, `/api/v1${link}`, `/missing/${d.slug}`])
    assert.doesNotMatch(await (await fetch(`${d.url}${page}`)).text(), /49381|verify/);
  assert.doesNotMatch(JSON.stringify(await of(d).get(`/c/${c.id}`)), /49381/);
});

test("Cc hijack: a copy lets nobody in, neither to write nor to read", async () => {
  await lmtp(d.lmtpPort, "ada@hijack.test", [d.inbox], mail({ from: "ada@hijack.test", subject: "Lost anchor",
    headers: ["Cc: eve@evil.test"] }));
  const c = await only(d, "Lost anchor"), before = gone(d).length;
  const sent = await of(d).post(`/c/${c.id}/reply`, { to: "ada@hijack.test", text: "Dear Ada,\n\nit comes.", override: "a test" });
  assert.equal(sent.status, 200, sent.text);
  await until("the reply", () => gone(d).length > before);
  const left = gone(d).filter((m) => /Dear Ada/.test(m));
  assert.equal(left.length, 1);
  assert.doesNotMatch(left[0], /evil\.test/);
  const id = field(left[0], "Message-ID");
  // Eve, who has a copy of the first letter and somehow the id; and Eve in Ada's name, answers to herself.
  await lmtp(d.lmtpPort, "eve@evil.test", [d.inbox], mail({ from: "eve@evil.test", subject: "Re: Lost anchor", headers: [`In-Reply-To: ${id}`] }));
  const hers = await only(d, "Re: Lost anchor");
  assert.notEqual(hers.id, c.id);
  assert.equal(hers.related, c.id);
  assert.deepEqual((await of(d).get(`/c/${c.id}`)).messages.map((m) => m.kind), ["letter", "reply"]);
});

test("header injection: no field takes a line end or NUL, and none leaves", async () => {
  await lmtp(d.lmtpPort, "kim@inject.test", [d.inbox], mail({ from: "kim@inject.test", subject: "Plain" }));
  const c = await only(d, "Plain");
  const inbox = await incoming(d, {});
  const tries = [];
  d.defaultToken ??= d.token();
  for (const bad of ["\r\nX-Injected: 1", "\nBcc: v@injected.test", "\rX-Injected: 1", "\0X-Injected: 1"]) {
    for (const f of ["to", "cc", "bcc", "subject"])
      tries.push([f, bad, of(d).post(`/c/${c.id}/reply`, { to: "kim@inject.test", subject: "Re: Plain", text: "Dear Kim,\n\nhello.",
        override: "a test", [f]: f === "subject" ? `Hello${bad}` : `kim@inject.test${bad}` })]);
    tries.push(["inbox name", bad, of(d).post(`/admin/inboxes/${inbox}`, { name: `Us${bad}` })],
      ["inbox address", bad, of(d).post(`/admin/inboxes/${inbox}`, { address: `us${bad}@desk.test` })],
      ["authserv_id", bad, of(d).post(`/admin/inboxes/${inbox}/incoming`, { authserv_id: `mx${bad}` })],
      ["brand name", bad, of(d).post("/admin/brand", { name: `Us${bad}` })],
      ["form", bad, fetch(`${d.url}/api/v1/missing/${d.slug}`, { method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify({ q: "x", piece_words: "x", words: "x", who: "grown_up", name: `Kim${bad}`, email: `kim${bad}@inject.test`,
          address: "x", country: "DE", key: "inject-key" }) })],
      ["file", bad, (async () => {
        const body = new FormData();
        body.append("file", new Blob(["x"]), `a${bad}.txt`);
        return fetch(`${d.url}/api/v1/b/${d.slug}/c/${c.id}/attach`, { method: "POST", body, headers: { authorization: `Bearer ${d.defaultToken}` } });
      })()]);
  }
  for (const [what, bad, sent] of tries) {
    const { status } = await sent;
    // The name of a file is cleaned instead, and leaves with the reply below; addresses may stand on lines of their own.
    const taken = what === "file" || (["to", "cc", "bcc"].includes(what) && bad.startsWith("\nBcc: v@"));
    assert.ok(status < 500 && (status >= 400 || taken), `${what} with ${JSON.stringify(bad)}: ${status}`);
  }
  await of(d).post(`/c/${c.id}/reply`, { to: "kim@inject.test", subject: "Re: Plain", text: "Dear Kim,\n\nwith the files.", override: "a test" });
  await until("the reply", () => gone(d).some((m) => /with the files/.test(m)));
  const known = /^(From|To|Cc|Reply-To|Subject|Date|Message-ID|In-Reply-To|References|MIME-Version|Content-[\w-]+|Auto-Submitted):/i;
  for (const m of gone(d)) {
    const lines = m.split(/\r?\n\r?\n/)[0].split(/\r?\n/).filter((l) => !/^[ \t]/.test(l));
    assert.deepEqual(lines.filter((l) => !known.test(l)), []);
    assert.doesNotMatch(m, /^(X-Injected|Bcc):/im);
    assert.doesNotMatch(m, /\0|\r(?!\n)/);
  }
});

test("SMTP smuggling: no other end of a letter than CRLF.CRLF, coming or going", async () => {
  const was = (await of(d).list()).length, ends = ["\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n\0.\r\n"];
  for (const [i, end] of ends.entries()) {
    const said = await lmtp(d.lmtpPort, "mal@smuggle.test", [d.inbox], Buffer.from(mail({ from: "mal@smuggle.test", subject: `Smuggled ${i}`,
      text: `first${end}MAIL FROM:<boss@desk.test>\r\nRCPT TO:<${d.inbox}>\r\nDATA\r\nSubject: second\r\n\r\nsecond\r\n` }), "latin1"));
    assert.match(said.at(-1), /^250 /);
  }
  await until("one letter each", async () => (await of(d).list()).filter((c) => /^Smuggled/.test(c.subject)).length === ends.length);
  assert.equal((await of(d).list()).length, Math.min(was + ends.length, (await of(d).list()).length));
  assert.ok(!(await of(d).list()).some((c) => c.subject === "second"));
  // And out: what an agent pastes stays inside its letter.
  const relay = await Relay.start(), id = await incoming(d, {});
  await of(d).post(`/admin/inboxes/${id}`, { transport: "smtp", smtp_host: "127.0.0.1", smtp_port: String(relay.port), smtp_tls: "never" });
  const c = await only(d, "Smuggled 0");
  const text = `Dear Mal,\n\none${ends.join("two")}\r\n.\r\nMAIL FROM:<x@y.test>\r\nRCPT TO:<v@victim.test>\r\nDATA\r\nthree`;
  const sent = await of(d).post(`/c/${c.id}/reply`, { to: "mal@smuggle.test", text: text.replaceAll("\0", ""), override: "a test" });
  assert.equal(sent.status, 200, sent.text);
  await until("it to leave", () => relay.mails.length);
  await sleep(500);
  assert.deepEqual(relay.mails.map((m) => m.to), ["mal@smuggle.test"]);
  assert.match(relay.mails[0].text, /three/);
  relay.stop();
});
