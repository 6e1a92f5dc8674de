// Hostile letters in a real browser: more than 2,000 payloads, through the desk as a letter comes and is looked at. No
// script of theirs runs, no request of theirs leaves, whether the letter is viewed as it was sent, as text, printed, or
// answered. And once more without the frame, the policy and the sandbox, so that the sanitiser stands by itself.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, lmtp, until } from "../lib/desk.mjs";
import { letterOf, payloads } from "../lib/hostile.mjs";

const AT_ONCE = 100;
let d, browser, context, page, canary, all, letters = [];
const asked = [], ran = [];

/** What came out of it since the last look. */
const caught = () => ({ asked: asked.splice(0), ran: ran.splice(0) });
const nothing = { asked: [], ran: [] };

before(async () => {
  if (skip) return;
  canary = http.createServer((q, r) => {
    asked.push(q.url);
    r.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*" }).end(`<script>hit(${JSON.stringify(q.url)})</script>`);
  });
  await new Promise((done) => canary.listen(0, "127.0.0.1", done));
  all = payloads(`127.0.0.1:${canary.address().port}`);
  d = await Desk.start();
  for (let i = 0; i < all.length; i += AT_ONCE) {
    const subject = `hostile ${i}`;
    const answer = (await lmtp(d.lmtpPort, "mallory@evil.test", [d.inbox], letterOf(all.slice(i, i + AT_ONCE), subject, d.inbox))).at(-1);
    assert.match(answer, /^250 /);
    letters.push(subject);
  }
  const rows = await until("all are read", async () => {
    const list = (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations;
    return list.filter((c) => letters.includes(c.subject)).length === letters.length && list;
  }, 60000);
  letters = await Promise.all(rows.map(async (c) => (await d.api("GET", `/b/${d.slug}/c/${c.id}`)).json));
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  await context.exposeBinding("hit", (source, id) => { ran.push(String(id)); });
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  canary?.close();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("there are enough of them, and every letter is shown", { skip }, () => {
  assert.ok(all.length >= 2000, `${all.length} payloads`);
  assert.equal(new Set(all.map((p) => p.id)).size, all.length);
  for (const l of letters) {
    assert.equal(l.messages.length, 1);
    assert.ok(l.messages[0].html, `${l.conversation.subject} has no HTML`);
    assert.doesNotMatch(l.messages[0].problem, /stopped/);
  }
});

test("viewed as sent, in the sandboxed frame", { skip, timeout: 120000 }, async () => {
  for (const l of letters) {
    const id = l.messages[0].id;
    await page.goto(`${d.url}/b/${d.slug}/c/${l.conversation.id}?sent=${id}`, { waitUntil: "load" });
    const frame = page.frames().find((f) => f.url().includes(`/m/${id}/html`));
    assert.ok(frame, "the letter stands in its frame");
    assert.ok((await frame.locator("body").innerHTML()).length > 100);
  }
  // Pictures that were not attached are empty data, which is no request.
  assert.deepEqual(caught(), nothing);
  assert.deepEqual(context.foreign, []);
});

test("viewed as text, printed, and answered", { skip, timeout: 120000 }, async () => {
  for (const l of letters.slice(0, 6)) {
    await page.emulateMedia({ media: "screen" });
    await page.goto(`${d.url}/b/${d.slug}/c/${l.conversation.id}`, { waitUntil: "load" });
    await page.emulateMedia({ media: "print" });
    await page.pdf();
  }
  await page.emulateMedia({ media: "screen" });
  // What is sent back holds nothing of their markup.
  const l = letters[0];
  const sent = await d.api("POST", `/b/${d.slug}/c/${l.conversation.id}/reply`, { to: "mallory@evil.test", text: "Dear Mallory,\n\nno.\n\nInes",
    version: l.conversation.version, override: "It is a test." });
  assert.equal(sent.status, 200, sent.text);
  const raw = d.must("raw", String(sent.json.message)).out;
  assert.doesNotMatch(raw, /hit\(|onerror|javascript:|evil\.test\/|127\.0\.0\.1:/);
  assert.deepEqual(caught(), nothing);
  assert.deepEqual(context.foreign, []);
  assert.deepEqual(context.troubles, []);
});

test("without frame, policy and sandbox the sanitiser holds alone", { skip, timeout: 120000 }, async () => {
  const bare = await browser.newContext();
  await bare.exposeBinding("hit", (source, id) => { ran.push(String(id)); });
  const there = await bare.newPage();
  const left = [];
  there.on("request", (q) => { if (!/^(data|about|blob):/.test(q.url())) left.push(q.url()); });
  for (const l of letters) {
    const document = (await d.api("GET", `/b/${d.slug}/m/${l.messages[0].id}/html`)).text;
    assert.match(document, /^<!doctype html>/);
    const inside = document.replace(/<link rel="stylesheet"[^>]*>/, "");
    await there.setContent(inside, { waitUntil: "load" });
    // A second reading by a browser makes nothing new of it.
    await there.evaluate(() => {
      const again = document.createElement("div");
      again.innerHTML = document.body.innerHTML;
      document.body.append(again);
    });
  }
  await there.waitForTimeout(200);
  assert.deepEqual(left, []);
  assert.deepEqual(caught(), nothing);
  await bare.close();
});

test("the same, raw, do run and do ask: so the count above can fail", { skip, timeout: 60000 }, async () => {
  const bare = await browser.newContext();
  await bare.exposeBinding("hit", (source, id) => { ran.push(String(id)); });
  const there = await bare.newPage();
  const live = all.filter((p, i) => i % 12 === 0);
  for (const p of live) {
    await there.setContent(p.bytes.toString("utf8"), { waitUntil: "commit", timeout: 5000 }).catch(() => {});
    await there.waitForTimeout(15);
  }
  const seen = caught();
  assert.ok(new Set(seen.ran).size >= 10, `${new Set(seen.ran).size} of ${live.length} ran`);
  assert.ok(new Set(seen.asked).size >= 10, `${new Set(seen.asked).size} of ${live.length} asked`);
  await bare.close();
});
