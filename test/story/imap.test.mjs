// A mailbox elsewhere: Dovecot's, fetched by IDLE. What comes into it becomes a conversation, is answered in the desk,
// and where the answer cannot be delivered, the real bounce comes into the mailbox and lands on the reply.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { Desk, folder, mail, root, run, sleep, until } from "../lib/desk.mjs";
import { readInbox, waitForInbox } from "../peers/imap.mjs";

const script = path.join(root, "test/peers/mail.sh");
const skip = process.getuid() === 0 ? false : "Postfix and Dovecot start as root only";
const address = "shop@customer.test";

let d, world, post, page;

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

/** A customer's mail program: one SMTP transaction with Postfix. */
async function byPost(from, text, to = address) {
  const socket = net.connect(Number(post.SMTP_PORT), "127.0.0.1");
  let said = "", n = 0;
  socket.on("data", (b) => { said += b; });
  socket.on("error", () => {});
  const expect = async (code) => {
    const line = await until(`an answer of Postfix: ${said}`, () => (said.match(/^\d{3} .*\r\n/gm) ?? [])[n]);
    n++;
    assert.ok(line.startsWith(code), `wanted ${code}: ${line}`);
  };
  await expect("220");
  for (const [line, code] of [["EHLO customer.test", "250"], [`MAIL FROM:<${from}>`, "250"], [`RCPT TO:<${to}>`, "250"],
    ["DATA", "354"], [`${text}\r\n.`, "250"], ["QUIT", "221"]]) {
    socket.write(line + "\r\n");
    await expect(code);
  }
  socket.destroy();
}

const mailbox = () => ({ port: post.IMAP_PORT, user: "shop", password: post.MAIL_PASSWORD });
const api = (method, where, body) => d.api(method, `/b/${d.slug}${where}`, body);
const fetching = async () => (await api("GET", page)).json;
const list = async (view) => (await api("GET", `/list/${view}`)).json.conversations;
const waitingWith = (subject) => until(`"${subject}" waits`, async () =>
  (await list("waiting")).find((c) => c.subject === subject));
const shown = async (id) => (await api("GET", `/c/${id}`)).json;
const idle = () => until("the desk waits for the server's word", async () => (await fetching()).state === "idle");

before(async () => {
  if (skip) return;
  world = folder("lhimap-");
  fs.chmodSync(world, 0o711);
  d = await Desk.start({ serve: false, inbox: address });
  post = peers("start", path.join(world, "mail"), String(d.lmtpPort));
  // Dovecot is inside: the operator allows that.
  const config = path.join(d.data, "desk.json");
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config, "utf8")), posts_inside: true }));
  await d.serve();
  assert.equal((await api("POST", "/admin/settings", { undo_seconds: "1" })).status, 200);
  const [inbox] = (await api("GET", "/admin/inboxes")).json.inboxes;
  page = `/admin/inboxes/${inbox.id}/fetching`;
  const kept = await api("POST", `/admin/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "localhost",
    smtp_port: Number(post.SUBMISSION_PORT), smtp_tls: "required", smtp_user: "shop", smtp_password: post.MAIL_PASSWORD,
    smtp_ca_file: post.CA_FILE });
  assert.equal(kept.status, 200, kept.text);
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

const add = (password, ...more) => run(["fetch", "add", address, "--data", d.data, "--host", "localhost", "--port",
  post.IMAPS_PORT, "--ca-file", post.CA_FILE, "--user", "shop", "--password-file", "-", ...more], `${password}\n`);

test("a wrong password is said plainly, a right one lists the mailbox's folders", { skip }, async () => {
  await byPost("old@customer.test", mail({ subject: "From before", id: "before@customer.test" }));
  await waitForInbox(mailbox(), 1, 20);
  let r = add("not-the-one");
  assert.equal(r.status, 0, r.err);
  r = d.run("fetch", "test", address);
  assert.equal(r.status, 1);
  assert.match(r.err, /longhand fetch: .+\./);
  assert.doesNotMatch(r.err, /not-the-one/);
  const tried = (await api("POST", `${page}/test`, {})).json;
  assert.equal(tried.test_ok, false);
  const trouble = await until("the page tells of it", async () => {
    const now = await fetching();
    return now.trouble && now;
  });
  assert.ok(trouble.says.length > 10, trouble.says);
  r = add(post.MAIL_PASSWORD);
  assert.equal(r.status, 0, r.err);
  r = d.run("fetch", "test", address);
  assert.equal(r.status, 0, r.err);
  assert.match(r.out, /announced at once/);
  assert.match(r.out, /^ {2}INBOX$/m);
  await idle();
  const [row] = d.json("fetch", "list").mailboxes;
  assert.equal(row.inbox, address);
  assert.equal(row.trouble, false);
});

let conversation;

test("a mail is here within two seconds of its delivery, and only mail from now on", { skip }, async () => {
  const subject = "Keeper Juno", at = Date.now();
  await byPost("gone@customer.test", mail({ from: "Milo Ferreira <gone@customer.test>", to: address, subject,
    id: "first@customer.test" }));
  // Taken together with Postfix's own way into the mailbox; the server's next look would be two minutes away.
  await until("it is fetched", async () => (await fetching()).kept === 1, 10000);
  const took = Date.now() - at;
  console.log(`from the customer's SMTP to the desk's database: ${took} ms`);
  conversation = (await waitingWith(subject)).id;
  assert.ok(took < 2000, `${took} ms`);
  assert.deepEqual((await list("waiting")).map((c) => c.subject), [subject]);
});

test("marked as read there or not, in one folder or two: each mail comes once", { skip }, async () => {
  const done = await api("POST", page, { after: "seen" });
  assert.equal(done.status, 200, done.text);
  await idle();
  await byPost("ada@customer.test", mail({ from: "Ada <ada@customer.test>", to: address, subject: "Second", id: "second@customer.test" }));
  await waitingWith("Second");
  await api("POST", `${page}/pause`, {});
  await byPost("ada@customer.test", mail({ from: "Ada <ada@customer.test>", to: address, subject: "Third", id: "third@customer.test" }));
  await waitForInbox(mailbox(), 4, 20);
  await sleep(300);
  assert.equal((await fetching()).kept, 2, "nothing is fetched while it is paused");
  assert.equal((await api("POST", `${page}/resume`, {})).status, 200);
  await waitingWith("Third");
  // A desk that dies without a word fetches nothing twice.
  await d.kill();
  await d.serve();
  await idle();
  const moved = await api("POST", page, { after: "move", move_to: "Done" });
  assert.equal(moved.status, 200, moved.text);
  await idle();
  await byPost("ada@customer.test", mail({ from: "Ada <ada@customer.test>", to: address, subject: "Fourth", id: "fourth@customer.test" }));
  await waitingWith("Fourth");
  await until("it is moved there", async () => !(await readInbox(mailbox())).some((m) => /Subject: Fourth/.test(m)));
  const subjects = (await list("waiting")).map((c) => c.subject).sort();
  assert.deepEqual(subjects, ["Fourth", "Keeper Juno", "Second", "Third"]);
  assert.equal((await fetching()).kept, 4);
});

test("the answer bounces, and the bounce comes by the mailbox and lands on the reply", { skip }, async () => {
  const before = await shown(conversation);
  const sent = await api("POST", `/c/${conversation}/reply`, { text: "Dear Milo,\n\na new Keeper Juno is on her way.\n\nInes\n",
    version: before.conversation.version, key: "imap-story-1", to: "gone@customer.test", over: "a test", done: true });
  assert.equal(sent.status, 200, sent.text);
  const told = await until("the reply is marked", async () => {
    const now = await shown(conversation);
    return now.messages.some((m) => m.outbox?.[0].state === "bounced") && now;
  }, 20000);
  const reply = told.messages.find((m) => m.kind === "reply");
  assert.equal(reply.state, "failed");
  assert.equal(reply.bounces[0].recipient, "gone@customer.test");
  assert.equal(reply.bounces[0].status, "5.1.1");
  assert.equal(told.conversation.state, "us");
  assert.ok((await list("waiting")).some((c) => c.id === conversation), "it waits for a person again");
});

test("no password in pages, logs, the database or a backup's database", { skip }, async () => {
  const secret = post.MAIL_PASSWORD;
  assert.ok(!JSON.stringify(await fetching()).includes(secret));
  assert.ok(!d.log.includes(secret));
  for (const f of fs.readdirSync(d.data)) {
    const at = path.join(d.data, f);
    if (fs.statSync(at).isFile()) assert.ok(!fs.readFileSync(at).includes(secret), f);
  }
  const file = path.join(world, "desk.backup"), again = path.join(world, "again");
  d.must("backup", file);
  assert.equal(run(["restore", file, "--data", again]).status, 0);
  assert.ok(!fs.readFileSync(path.join(again, "desk.db")).includes(secret));
  const r = run(["fetch", "test", address, "--data", again]);
  assert.equal(r.status, 0, `the restored desk knows the password: ${r.err}`);
  fs.unlinkSync(path.join(again, "secret.key"));
  const without = run(["fetch", "test", address, "--data", again]);
  assert.equal(without.status, 1);
  assert.match(without.err, /secret\.key/);
});
