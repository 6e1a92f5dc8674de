// The way of a letter through real servers: a customer's mail goes through Postfix to our LMTP, is answered in
// Chromium, leaves by SMTP through Postfix again and is read back from the customer's Dovecot mailbox by IMAP.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openContext, signIn, skip as noBrowser } from "../lib/browser.mjs";
import { Desk, folder, mail, root, until } from "../lib/desk.mjs";
import { readInbox, waitForInbox } from "../peers/imap.mjs";

const script = path.join(root, "test/peers/mail.sh");
const skip = noBrowser || (process.getuid() === 0 ? false : "Postfix and Dovecot start as root only");

let d, world, post, browser, context, page;

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

const postfix = (verb) => {
  const r = spawnSync("postfix", ["-c", path.join(world, "mail/postfix"), verb], { stdio: "ignore",
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  if (r.status !== 0) throw new Error(`postfix ${verb}: status ${r.status}`);
};

/** A customer's mail program: one SMTP transaction with Postfix. */
async function byPost(from, to, text) {
  const socket = net.connect(Number(post.SMTP_PORT), "127.0.0.1");
  let said = "";
  socket.on("data", (b) => { said += b; });
  socket.on("error", () => {});
  const answers = (n) => until(`answer ${n} of Postfix: ${said}`, () => (said.match(/^\d{3} .*\r\n/gm) ?? [])[n]);
  let n = 0;
  const expect = async (code) => {
    const line = await answers(n++);
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

const box = (user) => ({ port: post.IMAP_PORT, user, password: post.MAIL_PASSWORD });
const list = async (view) => (await d.api("GET", `/b/${d.slug}/list/${view}`)).json.conversations;
const waitingWith = (subject) => until(`"${subject}" waits`, async () =>
  (await list("waiting")).find((c) => c.subject === subject));
const shown = async (id) => (await d.api("GET", `/b/${d.slug}/c/${id}`)).json;
const header = (text, name) => {
  const head = text.slice(0, text.search(/\r?\n\r?\n/)).replace(/\r?\n[ \t]+/g, " ");
  return new RegExp(`^${name}: *(.*?)\\r?$`, "im").exec(head)?.[1];
};

/** The text part as a mail program would show it. */
function plain(text) {
  const at = text.search(/^content-type: text\/plain/im);
  const part = text.slice(at);
  const start = part.search(/\r?\n\r?\n/);
  const encoding = /^content-transfer-encoding: *(\S+)/im.exec(part.slice(0, start))?.[1] ?? "7bit";
  const body = part.slice(start).replace(/^(\r?\n){2}/, "").split(/\r?\n--/)[0].replace(/\r\n/g, "\n");
  if (!/quoted-printable/i.test(encoding)) return body;
  const bytes = body.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, x) => String.fromCharCode(parseInt(x, 16)));
  return /=[0-9A-F]{2}/i.test(body) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}

async function answer(conversation, text) {
  await page.goto(`${d.url}/b/${d.slug}/c/${conversation}`);
  await page.locator("#text").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.insertText(text);
  await page.locator("[data-send-button]").click();
  await page.locator("[data-held]").waitFor();
}

before(async () => {
  if (skip) return;
  world = folder("lhpost-");
  fs.chmodSync(world, 0o711);
  d = await Desk.start();
  post = peers("start", path.join(world, "mail"), String(d.lmtpPort));
  const admin = `/b/${d.slug}/admin`;
  assert.equal((await d.api("POST", `${admin}/settings`, { undo_seconds: "1" })).status, 200);
  const [inbox] = (await d.api("GET", `${admin}/inboxes`)).json.inboxes;
  const kept = await d.api("POST", `${admin}/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1",
    smtp_port: Number(post.SMTP_PORT), smtp_tls: "never" });
  assert.equal(kept.status, 200, kept.text);
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  try {
    await d?.stop();
  } finally {
    if (post) peers("stop", path.join(world, "mail"));
    if (world) fs.rmSync(world, { recursive: true, force: true });
    if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
  }
});

const words = "Dear Milo,\n\na new Keeper Juno is on her way, and Captain Fenn says „Grüße“ — 20 € stay in your tin.\n" +
  ".A line that begins with a dot.\n\n  Two spaces in front.\n\nInes\n";
let conversation, ours;

test("a mail through Postfix is answered in the browser and arrives in the customer's mailbox, in its thread", { skip },
  async () => {
    await byPost("milo@customer.test", "letters@desk.test", mail({ id: "first.letter@customer.test" }));
    const row = await waitingWith("Keeper Juno");
    conversation = row.id;
    await page.goto(`${d.url}/b/${d.slug}/list/waiting`);
    await page.locator(`[data-id="${conversation}"] a`).click();
    // Heard words stand twice: marked in the letter, and quoted beside it.
    await page.locator("#thread mark").getByText("my figure fell down the drain").waitFor();
    // The desk sends now, so the page does not say otherwise.
    assert.equal(await page.locator(".banner--stay").count(), 0);
    await answer(conversation, words);
    const [arrived] = await waitForInbox(box("milo"), 1, 20);
    assert.match(header(arrived, "To"), /milo@customer\.test/);
    assert.match(header(arrived, "From"), /Tidewatch Toys.*<letters@desk\.test>/);
    assert.equal(header(arrived, "Subject"), "Re: Keeper Juno");
    assert.equal(header(arrived, "In-Reply-To"), "<first.letter@customer.test>");
    assert.match(header(arrived, "References"), /<first\.letter@customer\.test>/);
    assert.equal(header(arrived, "Auto-Submitted"), undefined);
    assert.ok(plain(arrived).startsWith(words.trimEnd()), plain(arrived));
    ours = header(arrived, "Message-ID");
    assert.match(ours, /^<[^<>\s]+@[^<>\s]+>$/);
    const after = await until("the reply counts as sent", async () => {
      const now = await shown(conversation);
      return now.messages[1]?.state === "sent" && now;
    });
    assert.equal(after.conversation.state, "them");
    await page.goto(`${d.url}/b/${d.slug}/c/${conversation}`);
    await page.locator(".paper--ours").getByText("Sent", { exact: true }).waitFor();
  });

test("the customer's answer to it joins the conversation and opens it again", { skip }, async () => {
  await page.getByRole("button", { name: "Done" }).click();
  await until("it is done", async () => (await shown(conversation)).conversation.state === "done");
  await byPost("milo@customer.test", "letters@desk.test", mail({ subject: "Re: Keeper Juno", text: "Thank you!\r\n",
    headers: [`In-Reply-To: ${ours}`, `References: <first.letter@customer.test> ${ours}`] }));
  const row = await waitingWith("Keeper Juno");
  assert.equal(row.id, conversation);
  const now = await shown(conversation);
  assert.equal(now.conversation.state, "us");
  assert.deepEqual(now.messages.map((m) => m.kind), ["letter", "reply", "letter"]);
  await page.goto(`${d.url}/b/${d.slug}/c/${conversation}`);
  await page.locator("#thread").getByText("Thank you!").waitFor();
});

test("a second answer threads below the first and names every letter before it", { skip }, async () => {
  await answer(conversation, "You are welcome.\n\nInes\n");
  const arrived = (await waitForInbox(box("milo"), 2, 20)).find((m) => header(m, "Message-ID") !== ours);
  const references = header(arrived, "References").split(/\s+/);
  assert.ok(references.includes("<first.letter@customer.test>") && references.includes(ours), references.join(" "));
  assert.equal(references.at(-1), header(arrived, "In-Reply-To"));
});

test("a recipient that Postfix refuses: the reply is shown as not delivered, with its words, and waits for us again",
  { skip }, async () => {
    await byPost("milo@customer.test", "letters@desk.test",
      mail({ from: "Nemo <nobody@customer.test>", subject: "Nobody home" }));
    const { id } = await waitingWith("Nobody home");
    await answer(id, "Dear Nemo,\n\nare you there?\n");
    await until("the reply has failed", async () => (await shown(id)).messages[1]?.state === "failed");
    assert.ok((await list("waiting")).some((c) => c.id === id), "it is back on the list");
    await page.goto(`${d.url}/b/${d.slug}/c/${id}`);
    const trouble = page.locator(".paper--ours + .trouble, .paper--ours .trouble").first();
    await trouble.getByText(/nobody@customer\.test has not got this.*550 5\.1\.1.*No such person/).waitFor();
    await page.getByRole("link", { name: /Outbox/ }).click();
    await page.getByRole("heading", { name: "Outbox" }).waitFor();
    await page.locator("main").getByText(/No such person/).waitFor();
    await page.getByRole("button", { name: "Give up" }).click();
    await until("the decision is kept", async () =>
      (await d.api("GET", `/b/${d.slug}/outbox`)).json.outbox.length === 0);
    assert.equal((await shown(id)).conversation.state, "us", "it still has no answer");
  });

test("without a mail server a reply waits, says so, and goes out once when the server is back", { skip }, async () => {
  await byPost("tove@customer.test", "letters@desk.test",
    mail({ from: "Tove <tove@customer.test>", subject: "A broken axle" }));
  const { id } = await waitingWith("A broken axle");
  postfix("stop");
  await until("Postfix is gone", () => new Promise((resolve) => {
    const s = net.connect(Number(post.SMTP_PORT), "127.0.0.1", () => { s.destroy(); resolve(false); });
    s.on("error", () => resolve(true));
  }));
  await answer(id, "Dear Tove,\n\na new axle is coming.\n");
  const row = await until("one try has failed", async () => {
    const [x] = (await shown(id)).messages[1]?.outbox ?? [];
    return x?.state === "ready" && x.attempts === 1 && x;
  });
  assert.notEqual(row.says, "");
  assert.ok(row.ready_at > Date.now(), "the next try has a time");
  assert.equal((await shown(id)).messages[1].state, "queued");
  await page.goto(`${d.url}/b/${d.slug}/c/${id}`);
  await page.getByText(/tove@customer\.test has not got this yet; Longhand tries again/).waitFor();
  postfix("start");
  const job = (await d.api("GET", `/b/${d.slug}/admin/jobs`)).json.jobs.find((j) => j.kind === "send");
  assert.match(job.last_error, /./);
  await page.goto(`${d.url}/b/${d.slug}/admin/jobs`);
  await page.locator(`form[action$="/jobs/${job.id}/retry"] button`).click();
  const [arrived] = await waitForInbox(box("tove"), 1, 20);
  assert.match(plain(arrived), /a new axle is coming/);
  await until("the reply counts as sent", async () => (await shown(id)).messages[1].state === "sent");
  assert.equal((await readInbox(box("tove"))).length, 1);
});

test("the doctor's letter goes round, and nobody has to answer it", { skip }, async () => {
  const said = d.run("doctor", "mail", "--wait", "30");
  assert.equal(said.status, 0, said.out + said.err);
  assert.match(said.out, /^good +mail +letters@desk\.test: a letter left and came back within \d+\.\d s$/m);
  assert.match(said.out, /^look +dkim /m, "the Postfix of this test signs nothing");
  assert.ok(!(await list("waiting")).some((c) => c.subject === "A letter of this desk to itself"));
  assert.ok((await list("closed")).some((c) => c.subject === "A letter of this desk to itself"), "kept, and put away");
  const wrong = d.run("doctor", "letters");
  assert.equal(wrong.status, 2);
});

test("nothing was asked of any other server, and no page had a fault", { skip }, () => {
  assert.deepEqual(context.foreign, []);
  assert.deepEqual(context.troubles, []);
});
