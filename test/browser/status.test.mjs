// The status page: an agent writes with a preview, everybody reads without a script, somebody asks for mails and ends
// them, words are changed and withdrawn. How large the page is, is printed.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, inside, outside;

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start();
  browser = await openBrowser();
  inside = await (await openContext(browser, d.url)).newPage();
  // Whoever reads it may have no script at all.
  outside = await (await openContext(browser, d.url, { javaScriptEnabled: false })).newPage();
  await signIn(inside, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const picture = (name) => (width, scheme) => path.join(shots, `status-${name}-${width}-${scheme}.png`);
async function looksWell(page, name, all = false) {
  assert.deepEqual(await everyLook(page, name, picture(name), all), []);
  const { troubles, foreign } = page.context();
  assert.deepEqual([...troubles.splice(0), ...foreign.splice(0)], []);
}

const desk = () => `${d.url}/b/${d.slug}/status`;
const page = () => `${d.url}/status/${d.slug}`;
/** The page of everybody, once it holds a text. */
const reads = (text) => until(`the page to say ${text}`, async () => {
  const r = await fetch(page());
  const html = r.status === 200 ? await r.text() : "";
  return html.includes(text) && html;
});
const part = (name, note, state) => d.api("POST", `/b/${d.slug}/status/components`, { name, note, state });

test("an agent opens the page, writes, sees how it reads and publishes", { skip }, async () => {
  await inside.goto(desk());
  await inside.getByText("There is no status page yet.").waitFor();
  await looksWell(inside, "none");
  await inside.getByRole("button", { name: "Open the page" }).click();
  await inside.getByText("Done. It stands there now.").waitFor();
  for (const [name, note] of [["Missing pieces", ""], ["Shop", ""], ["Boxes and post", "two days"]])
    assert.equal((await part(name, note, "working")).status, 200);
  await reads("Everything works.");
  await outside.goto(page());
  assert.equal(await outside.getByRole("heading", { level: 1 }).textContent(), "Everything works.");

  await inside.goto(desk());
  await inside.getByLabel("Headline").fill("The missing-pieces page is not answering.");
  await inside.getByLabel("Your words").fill("Since 09:12 the page stops after the set number. <b>Nothing</b> is lost.\n\n" +
    "You can write to us in the meantime.");
  await inside.getByText("What works, from now on").click();
  await inside.getByLabel("Missing pieces").selectOption("down");
  await inside.getByRole("button", { name: "See how it reads" }).click();
  const preview = inside.locator("#preview");
  await preview.getByText("<b>Nothing</b> is lost.").waitFor();
  assert.match(await preview.textContent(), /I will write here again by .*\d\d:\d\d/);
  assert.ok(!(await fetch(page()).then((r) => r.text())).includes("not answering"), "a preview is not published");
  await looksWell(inside, "preview");
  await inside.getByRole("button", { name: "Publish it" }).click();
  await inside.getByText("Done. It stands there now.").waitFor();
  const html = await reads("The missing-pieces page is not answering.");
  assert.ok(html.includes("&lt;b&gt;Nothing&lt;/b&gt; is lost."));
  await looksWell(inside, "desk");
});

test("everybody reads it: no script, nothing from elsewhere, small, and with a machine's times", { skip }, async () => {
  // A morning with several words, and a history.
  const post = (body) => d.api("POST", `/b/${d.slug}/status/update`, body);
  const matter = (await d.api("GET", `/b/${d.slug}/status`)).json.updates[0].matter;
  for (const words of ["We thought a restart would do it. It did not.", "We found the cause: the catalogue ran out of room."])
    assert.equal((await post({ kind: "trouble", matter, words, next: "23:59" })).status, 200);
  const html = await reads("ran out of room");
  const answer = await outside.goto(`${page()}?after=${Date.now()}`);
  const csp = answer.headers()["content-security-policy"];
  assert.match(csp, /default-src 'none'; style-src 'sha256-/);
  assert.ok(!/script-src|unsafe/.test(csp));
  assert.ok(!/<script|<img|<iframe|<link rel="stylesheet"|\son\w+=/.test(html));
  assert.ok(Buffer.byteLength(html) <= 20000);
  console.log(`# the page is ${Buffer.byteLength(html)} bytes`);
  assert.equal(await outside.getByRole("heading", { level: 1 }).textContent(), "The missing-pieces page is not answering.");
  const times = [...html.matchAll(/datetime="([^"]+)"/g)].map((m) => m[1]);
  assert.ok(times.length >= 5 && times.every((t) => /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?$/.test(t)), times.join(" "));
  assert.deepEqual(outside.context().foreign, []);
  // The styles do apply: without them the button would be a bare link.
  const eye = await (await openContext(browser, d.url)).newPage();
  await eye.goto(page());
  assert.equal(await eye.locator("script").count(), 0);
  assert.notEqual(await eye.locator(".btn").evaluate((e) => getComputedStyle(e).backgroundColor), "rgba(0, 0, 0, 0)");
  await looksWell(eye, "public", true);
  // The copy needs nobody, and its own policy holds there, too.
  await eye.goto(`file://${path.join(d.data, "status", d.slug, "index.html")}`);
  assert.notEqual(await eye.locator(".btn").evaluate((e) => getComputedStyle(e).backgroundColor), "rgba(0, 0, 0, 0)");
  const feed = await fetch(`${page()}/feed.atom`).then((r) => r.text());
  await eye.goto("about:blank");
  const entries = await eye.evaluate((text) => {
    const doc = new DOMParser().parseFromString(text, "application/xml");
    return doc.querySelector("parsererror") ? -1 : doc.querySelectorAll("entry > content").length;
  }, feed);
  assert.equal(entries, 3);
  eye.context().troubles.length = 0;
  await eye.close();
});

/** The newest link in a mail to an address. */
const linkTo = (address) => until(`a mail to ${address}`, () => {
  const left = path.join(d.data, "maildir/new");
  for (const f of fs.existsSync(left) ? fs.readdirSync(left) : []) {
    const text = fs.readFileSync(path.join(left, f), "utf8").replace(/=\r?\n/g, "");
    if (text.includes(`To: ${address}`)) return /\/status\/\S+\/mail\/[\w-]+/.exec(text)[0];
  }
  return null;
});

test("somebody asks for mails, says yes, and stops them", { skip }, async () => {
  await outside.goto(page());
  await outside.getByRole("link", { name: "Get these words by mail" }).click();
  await outside.getByLabel("Your e-mail address").fill("nobody");
  await outside.locator("form").evaluate((f) => { f.noValidate = true; }).catch(() => {});
  await outside.getByLabel("Your e-mail address").fill("letters@desk.test");
  await outside.getByRole("button", { name: "Ask me by mail" }).click();
  await outside.getByRole("alert").getByText("That is an address of ours").waitFor();
  assert.equal(await outside.getByLabel("Your e-mail address").inputValue(), "letters@desk.test");
  await outside.getByLabel("Your e-mail address").fill("ruth@customer.test");
  await outside.getByRole("button", { name: "Ask me by mail" }).click();
  await outside.getByRole("heading", { name: "Look into your mail" }).waitFor();
  const link = await linkTo("ruth@customer.test");
  // A scanner that follows the link says nothing for her.
  await fetch(d.url + link);
  await outside.goto(d.url + link);
  await outside.getByRole("button", { name: "Yes, write to me" }).click();
  await outside.getByText("You hear from us with the next words").waitFor();
  assert.equal((await d.api("GET", `/b/${d.slug}/status`)).json.subscribers, 1);
  const eye = await (await openContext(browser, d.url)).newPage();
  await eye.goto(`${page()}/subscribe`);
  await looksWell(eye, "subscribe");
  await eye.goto(d.url + link);
  await looksWell(eye, "subscribed");
  await eye.close();
  // One click of a mail program (RFC 8058).
  const r = await fetch(d.url + link, { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) });
  assert.equal(r.status, 200);
  assert.equal((await d.api("GET", `/b/${d.slug}/status`)).json.subscribers, 0);
  assert.equal((await outside.goto(d.url + link)).status(), 404);
  await outside.getByRole("heading", { name: "This link does not work any more" }).waitFor();
});

test("words are changed, withdrawn, and a matter is closed", { skip }, async () => {
  await inside.goto(desk());
  await inside.getByRole("link", { name: /ran out of room/ }).click();
  await inside.getByLabel("Your words").fill("We found the cause: the catalogue ran out of disk.");
  await inside.getByRole("button", { name: "Keep" }).click();
  await inside.getByText("Done. It stands there now.").waitFor();
  assert.match(await reads("ran out of disk"), /changed \d\d:\d\d/);
  await inside.getByText("What it said before").click();
  await inside.getByText("the catalogue ran out of room").waitFor();
  await looksWell(inside, "one");
  await inside.getByText("Withdraw it", { exact: true }).click();
  await inside.getByRole("button", { name: "Yes, withdraw it" }).click();
  await inside.getByText("withdrawn").first().waitFor();
  await until("the words to be gone", async () => !(await fetch(page()).then((r) => r.text())).includes("ran out of disk"));
  await inside.getByRole("radio", { name: /^It works again/ }).check();
  await inside.getByLabel("Your words").fill("The page answers again since 12:10.");
  await inside.getByLabel("If it works again: all parts work").check();
  await inside.getByRole("button", { name: "See how it reads" }).click();
  await inside.getByRole("button", { name: "Publish it" }).click();
  const html = await reads("The page answers again");
  assert.ok(html.includes(">Everything works.</h1>") && !html.includes("Not answering since"));
  // A part that is shown no more asks first, without a script, too.
  await inside.locator("summary", { hasText: "Shop" }).click();
  const shop = inside.locator("details", { has: inside.locator("summary", { hasText: "Shop" }) }).first();
  await shop.getByText("Show it no more", { exact: true }).click();
  await shop.getByRole("button", { name: "Yes, show it no more" }).click();
  await until("the part to be gone", async () => !(await fetch(page()).then((r) => r.text())).includes(">Shop<"));
});
