// When a child wrote, as agents, grown-ups and those who look after worries meet it: suggested and said, a grown-up
// is asked by a mail of fixed words, opens the link (a scanner did before), types the address or declines; a worry
// goes to whom it should; the words are deleted on their day. With and without scripts, at two widths and themes.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { colleague, looksWell as lookWell, openBrowser, openContext, shoot, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, sleep, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, sanna, milo;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const call = (p, body) => d.api("POST", `/b/${d.slug}${p}`, body);
const idOf = async (name) => (await api("/list/waiting")).conversations.find((c) => c.customer_name === name).id;
const child = (id) => api(`/c/${id}/child`);

/** The bytes of the newest mail to this address, quoted-printable undone. */
async function mailTo(address) {
  const folder = path.join(d.data, "maildir/new");
  return until(`a mail to ${address}`, () => {
    if (!fs.existsSync(folder)) return null;
    const found = fs.readdirSync(folder).map((f) => path.join(folder, f))
      .map((f) => ({ text: fs.readFileSync(f, "latin1"), at: fs.statSync(f).mtimeMs }))
      .filter((m) => m.text.includes(`To: ${address}`)).sort((a, b) => b.at - a.at);
    return found.length ? found[0].text.replace(/=\r?\n/g, "") : null;
  });
}
const linkIn = (text) => /https?:\/\/[^\s]+\/grown-up\/[A-Za-z0-9_-]{22}/.exec(text)[0];
/** The link as the desk under test serves it. */
const here = (link) => d.url + new URL(link).pathname;

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  browser = await openBrowser();
  context = await openContext(browser, d.url, { javaScriptEnabled: false });
  page = await context.newPage();
  await signIn(page, d);
  sanna = await colleague(browser, d, "sanna@desk.test", "Sanna Korhonen");
  milo = await idOf("Milo Ferreira");
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const looksWell = (name, address, { signedOut = false, then = null } = {}) =>
  lookWell(context, name, address, { pictures: "child", signedOut, then, but: /status of (404|410)/ });

test("listening suggests it, a person says so, and may take it back", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  await page.getByText("A child may have written this.").waitFor();
  await page.getByRole("link", { name: "Why we think so" }).waitFor();
  assert.equal((await child(milo)).locked, false);
  await looksWell("suggested", at(`/c/${milo}`));
  await page.getByRole("button", { name: "Yes, a child" }).click();
  await page.locator("#child").getByText("Short, warm words").waitFor();
  assert.equal((await child(milo)).locked, true);
  // An older page does not undo what somebody did meanwhile.
  const stale = await call(`/c/${milo}/child`, { child: false, version: 0 });
  assert.equal(stale.status, 409);
  await page.getByRole("button", { name: "No child wrote" }).click();
  assert.equal((await child(milo)).state, "none");
  assert.equal(await page.locator("#child .banner").count(), 0);
  await page.getByText("A child, or something that worries you").click();
  await page.getByRole("button", { name: "A child wrote this" }).click();
  await page.locator("#child").getByText("Short, warm words").waitFor();
  await page.locator("#child").getByText("Their words are deleted when this is done: 30 days later.").waitFor();
  await looksWell("said", at(`/c/${milo}`), { then: (p) => p.getByText("Ask a grown-up", { exact: true }).click() });
});

test("a grown-up is asked, by nothing but our own words, and not too often", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  await page.getByText("Ask a grown-up", { exact: true }).click();
  const field = page.getByLabel("E-mail of the grown-up");
  assert.match(await field.inputValue(), /@/);
  await page.evaluate(() => null).catch(() => null);
  await field.fill("letters@tidewatch.example");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("alert").getByText("That is the address of an inbox of this desk.").waitFor();
  assert.equal(await page.getByLabel("E-mail of the grown-up").inputValue(), "letters@tidewatch.example");
  await page.getByLabel("E-mail of the grown-up").fill("joana@ferreira.test");
  await page.getByRole("button", { name: "Send the link" }).click();
  const bytes = await mailTo("joana@ferreira.test");
  for (const word of ["Milo", "Juno", "tram", "Ferreira <", "Ines"]) assert.ok(!bytes.includes(word), word);
  assert.match(bytes, /Auto-Submitted:/);
  await until("it is marked as sent", async () => (await child(milo)).ask_state === "sent");
  const soon = await call(`/c/${milo}/child/ask`, { email: "joana@ferreira.test" });
  assert.equal(soon.status, 429);
  await page.goto(at(`/c/${milo}`));
  await page.locator("#child").getByText("A grown-up was asked (joana@ferreira.test").waitFor();
  await looksWell("asked", at(`/c/${milo}`));
});

test("the link: looking changes nothing, answering works once", { skip }, async () => {
  const link = here(linkIn(await mailTo("joana@ferreira.test")));
  for (let i = 0; i < 3; i++) assert.equal((await fetch(link)).status, 200);
  assert.equal((await fetch(link, { method: "HEAD" })).status < 500, true);
  assert.equal((await child(milo)).state, "asked");
  assert.equal(await looksWell("link", link, { signedOut: true }), 200);
  const robots = await fetch(link);
  assert.equal(robots.headers.get("x-robots-tag"), "noindex, nofollow");
  assert.equal(robots.headers.get("referrer-policy"), "no-referrer");
  assert.ok(!(await robots.text()).includes("Milo"));

  const outside = await openContext(browser, d.url, { javaScriptEnabled: false });
  const p = await outside.newPage();
  await p.goto(link);
  await p.getByLabel("Your name").fill("Joana Ferreira");
  await p.getByRole("button", { name: "Send my answer" }).click();
  await p.getByRole("alert").getByText("The address is empty.").waitFor();
  assert.equal(await p.getByLabel("Your name").inputValue(), "Joana Ferreira");
  await p.getByLabel("The address, as it should stand on the parcel").fill("Joana Ferreira\nRua do Farol 7, 2.º\n1200-123 Lisboa");
  await p.getByLabel("Country").fill("Portugal");
  await p.getByLabel("You may remember what they promised").check();
  await p.getByRole("button", { name: "Send my answer" }).click();
  await p.getByRole("heading", { name: "Thank you" }).waitFor();
  await p.getByText("We keep what was promised to us").waitFor();
  await shoot(p, { path: path.join(shots, "child-link-thanks.png"), fullPage: true });
  await p.goto(link);
  await p.getByRole("heading", { name: "You have answered already" }).waitFor();
  await outside.close();
  assert.equal(await looksWell("link-used", link, { signedOut: true }), 410);
  assert.equal(await looksWell("link-wrong", `${d.url}/grown-up/aaaaaaaaaaaaaaaaaaaaaa`, { signedOut: true }), 404);

  const now = await child(milo);
  assert.deepEqual([now.state, now.locked, now.keep_memory, now.grown_up], ["confirmed", false, true, "Joana Ferreira"]);
  await page.goto(at(`/c/${milo}`));
  await page.locator("#child").getByText("Joana Ferreira confirmed and told us the address.").waitFor();
  await page.getByText("A grown-up confirmed and told us the address").first().waitFor();
  await looksWell("confirmed", at(`/c/${milo}`));
});

test("a worry goes to who looks after it, comes first, and is closed with a sentence", { skip }, async () => {
  const tove = await idOf("Tove Lindqvist").catch(async () => (await api("/list/waiting")).conversations[3].id);
  await page.goto(at("/worries"));
  await page.getByText("Nobody yet.").waitFor();
  await page.getByText("No letter worries anybody.").waitFor();
  await looksWell("worries-empty", at("/worries"));
  assert.equal((await sanna.page.goto(at("/worries"))).status(), 403);
  await page.getByRole("button", { name: "Looks after them: Sanna Korhonen" }).click();
  await page.getByRole("button", { name: "No longer: Sanna Korhonen" }).waitFor();

  await page.goto(at(`/c/${tove}`));
  await page.getByText("A child, or something that worries you").click();
  await page.getByLabel("What worries you").fill("She writes that nobody is at home with her at night.");
  await page.getByRole("button", { name: "This letter worries me" }).click();
  await page.locator("#worry").getByText("Sanna Korhonen looks after it.").waitFor();
  await looksWell("worry", at(`/c/${tove}`));

  await sanna.page.goto(at("/list/waiting"));
  await sanna.page.getByText("1 letter worries somebody here.").waitFor();
  await sanna.page.getByRole("link", { name: "Look at them" }).click();
  await sanna.page.getByText("She writes that nobody is at home with her at night.").waitFor();
  assert.equal((await api(`/c/${tove}`)).conversation.agent_name ?? "Sanna Korhonen", "Sanna Korhonen");
  for (let i = 0; i < 3; i++) {
    const other = (await api("/list/waiting")).conversations[5 + i].id;
    await call(`/c/${other}/worry`, { worry: `A crowded page, number ${i}. `.repeat(12) });
  }
  await looksWell("worries", at("/worries"));
  await sanna.page.goto(at("/worries"));
  const row = sanna.page.locator("li.row", { hasText: "nobody is at home" });
  await row.getByText("It is looked after").click();
  await row.getByLabel("What was done, in a sentence").fill("!!!");
  await row.getByRole("button", { name: "Close it" }).click();
  await sanna.page.getByRole("alert").waitFor();
  const again = sanna.page.locator("li.row", { hasText: "nobody is at home" });
  assert.equal(await again.getByLabel("What was done, in a sentence").inputValue(), "!!!");
  await again.getByLabel("What was done, in a sentence").fill("I spoke with her aunt; all is well.");
  await again.getByRole("button", { name: "Close it" }).click();
  await sanna.page.getByText("Done.").waitFor();
  await sanna.page.getByRole("link", { name: "Closed", exact: true }).click();
  await sanna.page.getByText("I spoke with her aunt; all is well.").waitFor();
  await looksWell("worries-closed", at("/worries?view=closed"));
});

test("a grown-up who declines: everything is deleted, and the page says so", { skip }, async () => {
  const told = d.deliver(mail({ from: "Pippa Vandermolen <pippa@vandermolen.test>", to: d.inbox,
    subject: "My crane", text: "Hello, I am Pippa and I am 8 years old. My harbour crane has no hook.\r\n" }));
  assert.equal(told.status, 0, told.err);
  const pippa = await until("the letter is read", async () =>
    (await api("/list/waiting?after=")).conversations.find((c) => c.customer_name === "Pippa Vandermolen")?.id ??
    (await api("/search?q=Vandermolen"))?.found?.[0]?.conversation);
  assert.equal((await call(`/c/${pippa}/child/ask`, { email: "eva@vandermolen.test" })).status, 200);
  const link = here(linkIn(await mailTo("eva@vandermolen.test")));
  const outside = await openContext(browser, d.url);
  const p = await outside.newPage();
  await p.goto(link);
  await p.getByLabel("Send nothing, and delete everything").check();
  await p.getByRole("button", { name: "Send my answer" }).click();
  await p.getByRole("heading", { name: "All right" }).waitFor();
  assert.deepEqual(outside.troubles, []);
  await outside.close();
  await until("the words are gone", async () => (await child(pippa)).deleted_at > 0);
  await page.goto(at(`/c/${pippa}`));
  await page.locator("#child").getByText("The words of this conversation were deleted on").waitFor();
  const text = await page.locator("body").innerText();
  assert.ok(!/Pippa|Vandermolen|crane/i.test(text.replace(/[\s\S]*What was said/, "")), text);
  await looksWell("deleted", at(`/c/${pippa}`));
  assert.equal((await fetch(link)).status, 404);
  // And nowhere in the data folder, once the desk came round to the files.
  const left = () => fs.readdirSync(d.data, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
    .map((f) => path.join(f.parentPath ?? f.path, f.name))
    .filter((f) => /vandermolen/i.test(fs.readFileSync(f, "latin1")));
  await until("no file names them", async () => !left().length || (await sleep(500))).catch(() => null);
  assert.deepEqual(left(), []);
});

test("the day comes: zero days after it is done", { skip }, async () => {
  assert.equal((await call("/admin/settings", { child_delete_days: 0 })).status, 200);
  await page.goto(at(`/c/${milo}`));
  assert.equal((await call(`/c/${milo}/close`, { reason: "none_needed" })).status, 200);
  await page.goto(at("/admin/jobs"));
  await page.getByRole("button", { name: "Do it now: Delete what children wrote" }).click();
  await until("the words are gone", async () => (await child(milo)).deleted_at > 0);
  assert.deepEqual(context.troubles.filter((t) => !/status of (403|404|409|410|422|429)/.test(t)), []);
  assert.deepEqual(context.foreign, []);
});
