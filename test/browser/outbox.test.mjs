// The outbox with one of each state, letters that leave later, and a pace: as they look, and by hand, with and without
// scripts.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, until } from "../lib/desk.mjs";
import { FaultySmtp } from "../lib/smtp.mjs";

const pictures = path.join(root, "build/browser");
let d, server, inbox, browser, context, page;
const problems = [];

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const get = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const post = async (p, body) => {
  const r = await d.api("POST", `/b/${d.slug}${p}`, body);
  assert.equal(r.status, 200, `${p}: ${r.text}`);
  return r.json;
};
const rows = async (view) => (await get(`/outbox?view=${view}`)).outbox;
const stateOf = async (made) => (await get(`/c/${made.conversation}`)).messages.findLast((m) => m.kind === "reply").outbox[0].state;
const local = (ms) => new Date(Date.now() + ms).toISOString().slice(0, 19);
const look = async (name) => {
  problems.push(...await everyLook(page, name, (w, s) => path.join(pictures, `outbox-${name}-${w}-${s}.png`)));
  await page.setViewportSize({ width: 1440, height: 900 });
};

async function send(to, extra = {}) {
  return post("/write/reply", { to, subject: `Keeper Juno for ${to.split("@")[0]}`,
    text: `Dear ${to.split("@")[0]},\n\nKeeper Juno is on her way to you.\n\nInes\n`, ...extra });
}

async function becomes(made, state) {
  await until(`it is ${state}`, async () => (await stateOf(made)) === state);
  return made;
}

const idOf = (to) => server.taken.findLast((t) => t.to === to).id;
const answerTo = (to) => d.deliver(mail({ from: `Milo <${to}>`, to: d.inbox, subject: "Re: Keeper Juno", text: "One more thing!\r\n",
  headers: [`In-Reply-To: <${idOf(to)}>`] }));

/** What a mail system writes when nobody is there (RFC 3464). */
const bounce = (to, id) => ["From: Mail Delivery System <mailer-daemon@relay.test>", `To: ${d.inbox}`, "Subject: Undelivered Mail",
  "MIME-Version: 1.0", "Auto-Submitted: auto-replied", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
  "--b", "Content-Type: text/plain", "", `<${to}>: 550 5.1.1 No such person here`, "", "--b", "Content-Type: message/delivery-status", "",
  "Reporting-MTA: dns; relay.test", "", `Final-Recipient: rfc822; ${to}`, "Action: failed", "Status: 5.1.1",
  "Diagnostic-Code: smtp; 550 5.1.1 No such person here", "", "--b", "Content-Type: message/rfc822", "", `Message-ID: <${id}>`,
  `From: ${d.inbox}`, `To: ${to}`, "", "Dear you", "", "--b--", ""].join("\r\n");

before(async () => {
  if (skip) return;
  fs.mkdirSync(pictures, { recursive: true });
  server = await FaultySmtp.start();
  d = await Desk.start({ demo: true });
  await post("/admin/settings", { undo_seconds: "0" });
  inbox = (await get("/admin/inboxes")).inboxes.find((i) => i.is_default);
  await post(`/admin/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1", smtp_port: server.port, smtp_tls: "never" });
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  server?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
  assert.deepEqual((context?.troubles ?? []).filter((t) => !/status of 422/.test(t)), []);
});

test("empty: nothing waits for a decision", { skip }, async () => {
  await page.goto(at("/outbox"));
  await page.getByText("Nothing waits for a decision").waitFor();
  await look("empty");
});

let uncertain, stopped, scheduled;

test("one of each state, with the server's own words and what to do", { skip }, async () => {
  server.play("5xx", 1, "rcpt");
  await becomes(await send("refused@customer.test"), "failed");
  server.play("drop after the dot");
  uncertain = await becomes(await send("uncertain@customer.test"), "uncertain");
  await becomes(await send("gone@customer.test"), "sent");
  assert.equal(d.deliver(bounce("gone@customer.test", idOf("gone@customer.test"))).status, 0);
  await until("it came back", async () => (await rows("bounced")).length === 1);
  const first = await becomes(await send("again@customer.test"), "sent");
  stopped = await post(`/c/${first.conversation}/reply`, { to: "again@customer.test", subject: "Re: Keeper Juno",
    text: "Dear Milo,\n\none thing more from us.\n", leave_at: local(2500) });
  assert.equal(answerTo("again@customer.test").status, 0);
  await until("it is stopped", async () => (await rows("stopped")).length === 1);
  server.play("4xx", 1, "rcpt");
  await becomes(await send("later@customer.test"), "ready");
  scheduled = await send("scheduled@customer.test", { leave_at: local(86400000) });
  await post(`/admin/inboxes/${inbox.id}/pace`, { letters_per_minute: 1 });
  await becomes(await send("first@customer.test"), "sent");
  await becomes(await send("queue@customer.test"), "limited");
  server.play("5xx", 1, "dot");
  await post(`/admin/inboxes/${inbox.id}/pace`, { letters_per_minute: 0 });
  await until("the queue moved", async () => (await rows("failed")).length === 2);
  const [given] = (await rows("failed")).filter((r) => r.recipient === "queue@customer.test");
  await post(`/outbox/${given.id}/give-up`, {});
  await post(`/admin/inboxes/${inbox.id}/pace`, { letters_per_minute: 1 });
  await becomes(await send("second@customer.test"), "sent");
  await becomes(await send("queue2@customer.test"), "limited");

  await page.goto(at("/outbox"));
  for (const text of [/refused@customer\.test has not got this.*550 5\.7\.0 Not at rcpt/, /may or may not have reached uncertain@/,
    /came back from gone@customer\.test.*5\.1\.1/, /waits for an answer again/])
    await page.locator("main").getByText(text).waitFor();
  await look("needs");
  await page.goto(at("/outbox?view=waits"));
  for (const text of [/later@customer\.test has not got this yet/, /If they write again before, it waits for you/, /only so many letters a minute/])
    await page.locator("main").getByText(text).waitFor();
  await look("waits");
  for (const [view, text] of [["given_up", "Keeper Juno for queue"], ["sent", "250 2.0.0 Queued"], ["uncertain", "They may get it twice."]]) {
    await page.goto(at(`/outbox?view=${view}`));
    await page.locator("main").getByText(text).first().waitFor({ state: "attached" });
  }
  await page.goto(at(`/admin/inboxes/${inbox.id}`));
  assert.equal(await page.getByLabel("Letters a minute").inputValue(), "1");
  await look("inbox");
  await post(`/admin/inboxes/${inbox.id}/pace`, { letters_per_minute: 0 });
});

test("an uncertain one is sent again only after a question", { skip }, async () => {
  await page.goto(at("/outbox?view=uncertain"));
  await page.locator("summary", { hasText: "Send it again" }).click();
  await page.getByRole("button", { name: "Send it again all the same" }).click();
  await page.waitForURL(/\/outbox$/);
  await becomes(uncertain, "sent");
  assert.equal(server.taken.filter((t) => t.to === "uncertain@customer.test").length, 2);
});

test("a reply that waits for its time: shown in the thread, sent now, taken back, another time", { skip }, async () => {
  await page.goto(at(`/c/${scheduled.conversation}`));
  await page.locator(".leaves").getByText(/This leaves .*If they write again before, it waits for you/).waitFor();
  await look("scheduled");
  await page.getByText("Another time").click();
  await page.locator(".leaves").getByLabel("It leaves at").fill(local(2 * 86400000).slice(0, 16));
  await page.getByRole("button", { name: "Keep this time" }).click();
  await page.getByText(/You changed when a reply leaves/).waitFor();
  await page.getByRole("button", { name: "Take it back" }).click();
  await page.waitForURL(/#text$/);
  assert.match(await page.locator("#text").inputValue(), /on her way to you/);
  assert.equal((await rows("waits")).filter((r) => r.recipient === "scheduled@customer.test").length, 0);

  await page.goto(at(`/c/${stopped.conversation}`));
  await page.locator(".leaves").getByText(/waits for an answer again/).waitFor();
  await look("stopped");
  await page.getByRole("button", { name: "Send it now" }).click();
  await becomes(stopped, "sent");
});

async function sendLater(p, name) {
  const { id } = (await get("/list/waiting")).conversations.find((c) => c.customer_name === name);
  await p.goto(at(`/c/${id}`));
  await p.locator("#text").fill("Dear friend,\n\nshe is on her way to you.\n");
  await p.getByText("Send later").click();
  return id;
}

test("send later from the composer, with a time in the past refused and the letter kept", { skip }, async () => {
  const names = (await get("/list/waiting")).conversations.map((c) => c.customer_name);
  const id = await sendLater(page, names[0]);
  await look("composer");
  await page.locator("#later [name=leave_at]").fill("2020-01-01T09:00");
  await page.getByRole("button", { name: "Send it then" }).click();
  await page.locator("#conflict").getByText("That time has passed").waitFor();
  assert.match(await page.locator("#text").inputValue(), /on her way/);
  await page.locator("#later [name=leave_at]").fill(local(86400000).slice(0, 16));
  await page.getByRole("button", { name: "Send it then" }).click();
  await page.locator(".leaves").waitFor();
  assert.ok((await rows("waits")).some((r) => r.conversation === id && r.later));
});

test("without scripts too", { skip }, async () => {
  const plain = await openContext(browser, d.url, { javaScriptEnabled: false, storageState: await context.storageState() });
  const p = await plain.newPage();
  const names = (await get("/list/waiting")).conversations.map((c) => c.customer_name);
  const id = await sendLater(p, names[0]);
  await p.locator("#later [name=leave_at]").fill(local(86400000).slice(0, 16));
  await p.getByRole("button", { name: "Send it then" }).click();
  await p.locator(".leaves").waitFor();
  assert.ok((await rows("waits")).some((r) => r.conversation === id && r.later));
  await p.getByRole("button", { name: "Send it now" }).click();
  await until("it went", async () => (await rows("sent")).some((r) => r.conversation === id));
  await plain.close();
});

test("crowded: pages of fifty, newest first", { skip }, async () => {
  for (let i = 0; i < 60; i++) await send(`crowd${i}@customer.test`);
  await until("all went", async () => (await get("/outbox?view=sent")).counts.sent >= 60);
  await page.goto(at("/outbox?view=sent"));
  assert.equal(await page.locator(".outbox-row").count(), 50);
  await look("crowded");
  await page.getByRole("link", { name: "Next 50" }).click();
  await page.getByRole("link", { name: "From the start" }).waitFor();
  assert.ok(await page.locator(".outbox-row").count() >= 10);
});

test("axe finds nothing and nothing is too wide", { skip }, () => assert.deepEqual(problems, []));
