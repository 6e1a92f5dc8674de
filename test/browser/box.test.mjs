// A box's way, as those meet it who make, pick and send it: from the conversation over the pick list to the carrier,
// its letter and slip on paper, many in one print, the stock it comes out of. With and without scripts, at two widths,
// light and dark.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { looksWell as lookWell, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, packing, packer, milo;

const at = p => `${d.url}/b/${d.slug}${p}`;
const api = async p => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const post = async (p, body) => {
  const answer = await d.api("POST", `/b/${d.slug}${p}`, body);
  assert.equal(answer.status, 200, `${p}: ${answer.text}`);
  return answer.json;
};
const idOf = async name => (await api("/list/waiting")).conversations.find(c => c.customer_name === name).id;

const address = "Milo Ferreira\n3 Quay Lane\n4020 Harrowmere";
const letter = "Dear Milo,\n\nKeeper Juno is on her way to you. She has packed her lantern, and a second oar.\n\n" +
  "Fair winds,\nInes";
const soon = days => new Date(Date.now() + days * 86400000).toISOString().slice(0, 10);
let keys = 0;
const makeBox = (conversation, more = {}) =>
  post(`/c/${conversation}/box`, { key: `browser-box-${++keys}`, address, letter, language: "en",
    items: [{ name: "Lantern", quantity: 1 }, { name: "Second oar", quantity: 2 }],
    promise: "none", ...more });

/** A packer with a password of their own. */
async function hirePacker() {
  const made = d.must("agent", "add", "pia@desk.test", "--name", "Pia", "--role", "packer").out;
  const c = await openContext(browser, d.url, { javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const p = await c.newPage();
  await p.goto(d.url + /\/invitation\/\S+/.exec(made)[0]);
  await p.getByLabel("Your name").fill("Pia");
  await p.getByLabel("Password").fill("four plain words here");
  await p.getByRole("button", { name: "Keep it and sign in" }).click();
  await p.waitForURL(/\/list\/waiting/);
  return [c, p];
}

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  milo = await idOf("Milo Ferreira");
  browser = await openBrowser();
  context = await openContext(browser, d.url, { javaScriptEnabled: false });
  page = await context.newPage();
  await signIn(page, d);
  [packing, packer] = await hirePacker();
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const looksWell = (name, where, of = context) => lookWell(of, name, at(where), { pictures: "box" });

/** The pages of a PDF as PNG files. */
function pages(pdf, name) {
  const file = path.join(shots, `${name}.pdf`);
  fs.writeFileSync(file, pdf);
  const r = spawnSync("pdftoppm", ["-r", "72", "-png", file, path.join(shots, name)]);
  assert.equal(r.status, 0, r.stderr.toString());
  return fs.readdirSync(shots).filter(f => f.startsWith(`${name}-`) && f.endsWith(".png"));
}

const words = pdf => spawnSync("pdftotext", ["-raw", "-", "-"], { input: pdf }).stdout.toString();

test("the empty pages say what they are for", { skip }, async () => {
  const full = [d, context];
  d = await Desk.start();
  context = await openContext(browser, d.url, { javaScriptEnabled: false });
  await signIn(await context.newPage(), d);
  for (const [name, where] of [["boxes", "/boxes"], ["pick", "/boxes/pick"], ["stock", "/stock"], ["carriers", "/carriers"]])
    await looksWell(`${name}-empty`, where);
  await d.stop();
  fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
  [d, context] = full;
  await packer.goto(at("/boxes"));
  await packer.getByText("Nothing to pick.").waitFor();
  await packer.goto(at("/boxes/find?q=4711"));
  await packer.getByText("No box has the number 4711.").waitFor();
  // Whoever packs does not answer, and leads choose the carriers.
  assert.equal((await packer.goto(at(`/c/${milo}/box`))).status(), 403);
  assert.equal((await packer.goto(at("/boxes"))).status(), 200);
  assert.equal(await packer.getByRole("link", { name: "Carriers" }).count(), 0);
});

test("an agent makes a box of what was given, without scripts", { skip }, async () => {
  await page.goto(at(`/c/${milo}/box`));
  await page.getByText("Nothing was given yet that could go into a box.").waitFor();
  await post(`/c/${milo}/gestures`, { kind: "extra", key: "browser-gesture-1", situation: "lost", item_kind: "figure",
    code: "F-011", quantity: 2, cost: "4.50", judgement: "He slept beside her every night.", even_retired: true });
  await page.goto(at(`/c/${milo}`));
  await page.getByRole("link", { name: "Make a box of what is given" }).click();
  assert.equal(await page.locator("h1").innerText(), "A box for Milo Ferreira");
  assert.equal(await page.getByRole("spinbutton", { name: /Keeper Juno/ }).inputValue(), "2");
  await page.getByLabel("Name and address").fill(Array.from({ length: 13 }, (_, i) => `Line ${i}`).join("\n"));
  await page.getByLabel("Text").fill(letter);
  await page.getByLabel("Should have arrived by").fill(soon(90));
  await page.getByRole("button", { name: "Make the box" }).click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByLabel("Name and address").inputValue(), /Line 12/);
  assert.equal((await page.getByLabel("Text").inputValue()).trim(), letter);
  await looksWell("form", `/c/${milo}/box`);
  await page.getByLabel("Name and address").fill("");
  await page.getByRole("spinbutton", { name: /Keeper Juno/ }).fill("1");
  await page.getByRole("button", { name: "Make the box" }).click();
  await page.waitForURL(/#boxes$/);
  const panel = page.locator("#boxes");
  await panel.getByText("No address yet").waitFor();
  await panel.getByText("Keeper Juno").waitFor();
  await panel.getByRole("link", { name: "Change box 1" }).click();
  await page.getByLabel("Name and address").fill(address);
  await page.getByRole("button", { name: "Keep" }).click();
  await page.waitForURL(/\/boxes\/\d+$/);
  await page.locator("address").getByText("3 Quay Lane").waitFor();
  await looksWell("conversation", `/c/${milo}`);
});

test("a packer scans, picks, packs and sends it on a phone, without scripts", { skip }, async () => {
  await page.goto(at("/carriers"));
  const another = page.locator("section", { hasText: "Another carrier" });
  await another.getByLabel("Name").fill("Harrow Post");
  await another.getByLabel("Where one sees how far a box is").fill("javascript:alert({tracking})");
  await page.getByRole("button", { name: "Add the carrier" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await another.getByLabel("Name").inputValue(), "Harrow Post");
  await another.getByLabel("Where one sees").fill("https://post.example/track?n={tracking}");
  await page.getByRole("button", { name: "Add the carrier" }).click();
  await page.getByRole("status").getByText("Done.").waitFor();
  await looksWell("carriers", "/carriers");

  // A hand scanner types and presses Enter.
  await packer.goto(at("/boxes"));
  await packer.getByLabel(/Number of a box/).pressSequentially("box:1");
  await packer.keyboard.press("Enter");
  await packer.waitForURL(/\/boxes\/\d+$/);
  assert.equal(await packer.locator("h1").innerText(), "Box 1 for Milo Ferreira");
  const pull = packer.getByRole("button", { name: /Keeper Juno/ });
  assert.equal(await pull.getAttribute("aria-pressed"), "false");
  await looksWell("to-pick", new URL(packer.url()).pathname.replace(`/b/${d.slug}`, ""), packing);
  await pull.click();
  assert.equal(await packer.getByRole("button", { name: /Keeper Juno/ }).getAttribute("aria-pressed"), "true");
  await packer.getByRole("button", { name: /Keeper Juno/ }).click();
  assert.equal(await packer.getByRole("button", { name: /Keeper Juno/ }).getAttribute("aria-pressed"), "false");
  await packer.getByRole("button", { name: /Keeper Juno/ }).click();
  await packer.getByRole("button", { name: "Mark packed" }).click();
  await packer.getByLabel("Carrier").selectOption("Harrow Post");
  await packer.getByLabel("Tracking number").fill("HP 31/7");
  await looksWell("packed", new URL(packer.url()).pathname.replace(`/b/${d.slug}`, ""), packing);
  await packer.getByRole("button", { name: "Mark sent" }).click();
  await packer.getByText("On the way").first().waitFor();
  const link = packer.getByRole("link", { name: "HP31/7" });
  assert.equal(await link.getAttribute("href"), "https://post.example/track?n=HP31%2F7");
  await looksWell("sent", new URL(packer.url()).pathname.replace(`/b/${d.slug}`, ""), packing);

  await page.goto(at(`/c/${milo}`));
  await page.locator("#boxes").getByRole("link", { name: "Follow it: HP31/7" }).waitFor();
  // The tracking number finds it, too; what the slip's code holds leads there.
  await packer.goto(at("/boxes/find?q=HP+31%2F7"));
  assert.equal(await packer.locator("h1").innerText(), "Box 1 for Milo Ferreira");
  await packer.goto(at("/box/1"));
  await packer.getByText("It is lost", { exact: true }).click();
  await packer.getByRole("button", { name: "Yes, it is lost" }).click();
  await packer.getByRole("button", { name: "It arrived after all" }).click();
  await packer.locator(".head").getByText("Arrived").first().waitFor();
  await packer.getByText("It came back", { exact: true }).click();
  await packer.getByLabel("Why, in one sentence").first().fill("Nobody was at home");
  await packer.getByRole("button", { name: "Yes, it came back" }).click();
  await packer.getByText("Nobody was at home").waitFor();
  await packer.locator(".head").getByText("Came back").first().waitFor();
});

test("letter, slip and label are printed; nothing in them is run", { skip }, async () => {
  const { id, number } = await makeBox(milo);
  for (const [what, contains] of [["letter", "Keeper Juno is on her way"], ["slip", "Packing slip"], ["label", "3 Quay Lane"]]) {
    const r = await packing.request.get(at(`/boxes/${id}/${what}.pdf`));
    assert.equal(r.status(), 200);
    assert.equal(r.headers()["content-type"], "application/pdf");
    assert.equal(r.headers()["content-disposition"], `inline; filename="box-${number}-${what}.pdf"`);
    assert.match(r.headers()["content-security-policy"], /^default-src 'none';/);
    assert.equal(r.headers()["x-content-type-options"], "nosniff");
    const pdf = await r.body();
    assert.match(words(pdf), new RegExp(contains));
    const [png] = pages(pdf, `box-print-${what}`);
    assert.ok(fs.statSync(path.join(shots, png)).size > 3000);
  }
  const saved = await packing.request.get(at(`/boxes/${id}/all.pdf?save=1`));
  assert.match(saved.headers()["content-disposition"], /^attachment;/);
  assert.equal(pages(await saved.body(), "box-print-all").length, 2);
  await post(`/boxes/${id}/change`, { letter: "Dear Milo, \u{E000} and a tide." });
  await page.goto(at(`/boxes/${id}`));
  await page.getByText("No font here has: U+E000.").waitFor();
  await post(`/boxes/${id}/cancel`, {});
  assert.equal((await packing.request.get(at(`/boxes/${id}/letter.pdf`))).status(), 409);
});

test("a crowd of boxes: pages, the pick list with a finger, one print of all", { skip }, async () => {
  for (let i = 0; i < 60; i++)
    await makeBox(milo, i % 7 ? {} : { address: "", letter: `Dear Milo, \u{E001} number ${i}` });
  await packer.goto(at("/boxes"));
  assert.equal(await packer.locator("li.box-row").count(), 50);
  await looksWell("boxes", "/boxes", packing);
  await packer.getByRole("link", { name: "Next 50" }).click();
  assert.equal(await packer.locator("li.box-row").count(), 10);

  // With scripts a tick stays where the finger is.
  const live = await openContext(browser, d.url, { storageState: await packing.storageState(),
    viewport: { width: 390, height: 844 }, hasTouch: true });
  const p = await live.newPage();
  await p.goto(at("/boxes/pick"));
  await looksWell("pick", "/boxes/pick", packing);
  const many = await p.locator(".pull").count();
  assert.equal(many, 100);
  await p.locator(".pull").nth(60).scrollIntoViewIfNeeded();
  const top = await p.evaluate(() => scrollY);
  const id = await p.locator(".pull").nth(60).getAttribute("id");
  await p.locator(".pull").nth(60).tap();
  await until("the tick", () => p.evaluate(which => !document.getElementById(which), id));
  assert.ok(Math.abs((await p.evaluate(() => scrollY)) - top) < 200);
  assert.ok(!/refused/i.test(await p.content()));
  assert.deepEqual([...live.troubles, ...live.foreign], []);
  await live.close();

  await packer.goto(at("/boxes"));
  await packer.getByRole("checkbox", { name: "Letters" }).uncheck();
  await packer.getByRole("checkbox", { name: "Packing slips" }).uncheck();
  await packer.locator("li.box-row input").nth(3).check();
  await packer.getByRole("button", { name: "Print the ticked boxes" }).click();
  await packer.getByRole("alert").getByText("Choose what to print").waitFor();
  assert.equal(await packer.locator("li.box-row input").nth(3).isChecked(), true);
  await packer.getByRole("checkbox", { name: "Letters" }).check();
  await packer.getByRole("button", { name: "Print the ticked boxes" }).click();
  await packer.waitForURL(/\/boxes\/prints\/\d+$/);

  await packer.goto(at("/boxes"));
  await packer.getByRole("button", { name: "Print all 60 boxes" }).click();
  await packer.waitForURL(/\/boxes\/prints\/\d+$/);
  // The page goes on by itself, without scripts.
  await packer.getByRole("link", { name: "Open the PDF" }).waitFor({ timeout: 30000 });
  await packer.getByText("60 boxes, 120 pages").waitFor();
  await packer.getByText("No font here has: U+E001.").first().waitFor();
  await looksWell("printed", new URL(packer.url()).pathname.replace(`/b/${d.slug}`, ""), packing);
  const r = await packing.request.get(`${packer.url()}/boxes.pdf`);
  assert.equal(r.headers()["content-type"], "application/pdf");
  assert.match(words(await r.body()), /Keeper Juno is on her way/);
  assert.equal((await d.api("GET", `/b/${d.slug}/boxes/prints/77`)).status, 404);
});

test("stock comes in, is counted, runs short and is waited for", { skip }, async () => {
  await packer.goto(at("/stock"));
  await packer.getByText("Count something new").click();
  await packer.getByLabel("What it is").selectOption("part");
  await packer.getByLabel("Number", { exact: true }).fill("99-204");
  await packer.getByLabel("Name, if the catalogue has none").fill("Right door");
  await packer.getByLabel("Place", { exact: true }).fill("Shelf B2, bin 14");
  await packer.getByLabel("How many lie there").fill("-3");
  // A browser would not send it; a program might.
  const refused = await d.api("POST", `/b/${d.slug}/stock/receive`, { kind: "part", code: "99-204", place: "B2", quantity: -3 });
  assert.equal(refused.status, 422);
  await packer.getByLabel("How many lie there").fill("2");
  await packer.getByRole("button", { name: "Count it" }).click();
  await packer.waitForURL(/\/stock\/item\?/);
  await packer.getByText("2 free: 2 there, 0 reserved for boxes.").waitFor();
  const { id, short_of_stock } = await makeBox(milo, { items: [{ kind: "part", code: "99-204", name: "Right door", quantity: 3 }] });
  assert.equal(short_of_stock, true);
  await packer.goto(at(`/boxes/${id}`));
  await packer.getByText("Not in stock", { exact: true }).waitFor();
  await looksWell("short", `/boxes/${id}`, packing);
  await packer.goto(at("/stock/item?kind=part&code=99-204&colour="));
  await packer.getByLabel("More expected").fill("5");
  await packer.getByLabel("On", { exact: true }).fill(soon(120));
  await packer.getByRole("button", { name: "Keep the day" }).click();
  await packer.goto(at(`/boxes/${id}`));
  await packer.getByText(/With the stock we expect it could arrive by/).waitFor();
  await packer.goto(at("/boxes/pick"));
  await packer.getByText("Not in stock, and waited for").waitFor();
  await packer.goto(at("/stock/item?kind=part&code=99-204&colour="));
  await packer.getByLabel("Came in").fill("5");
  await packer.getByLabel("From, or why").fill("=HYPERLINK(\"http://elsewhere.test\")");
  await packer.getByRole("button", { name: "Add them" }).click();
  await packer.getByText("4 free: 7 there, 3 reserved for boxes.").waitFor();
  await packer.getByLabel("Counted there").fill("6");
  await packer.getByLabel("Why it differs").fill("One was broken");
  await packer.getByRole("button", { name: "Keep the count" }).click();
  await packer.getByText("One was broken").waitFor();
  await looksWell("stock-item", "/stock/item?kind=part&code=99-204&colour=", packing);

  await packer.goto(at("/stock"));
  await packer.getByText("From a file, and into one").click();
  const file = csv => packer.locator("input[type=file]").setInputFiles({ name: "stock.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
  await file("kind,code,place,on_hand\npart,90-1,A1,seven\n");
  await packer.getByRole("button", { name: "Take it over" }).click();
  await packer.getByText(/Line 2/).waitFor();
  await looksWell("stock", "/stock", packing);
  await packer.getByText("From a file, and into one").click();
  await file("kind,code,place,on_hand,name\n" + Array.from({ length: 130 }, (_, i) => `part,90-${i},A${i},${i},Small part ${i}`).join("\n"));
  await packer.getByRole("button", { name: "Take it over" }).click();
  await packer.getByText(/130 lines read/).waitFor();
  await packer.goto(at("/stock"));
  assert.equal(await packer.locator("main li.row").count(), 100);
  await packer.getByRole("link", { name: "Next page" }).click();
  assert.ok((await packer.locator("main li.row").count()) > 20);
  const exported = await packing.request.get(at("/stock/export.csv"));
  assert.match(exported.headers()["content-disposition"], /attachment; filename="stock.csv"/);
  assert.match(await exported.text(), /90-129/);
});

test("a child's box stays locked, and says so", { skip }, async () => {
  await post(`/c/${milo}/child`, { child: true });
  const { id, locked } = await makeBox(milo, { address: "" });
  assert.equal(locked, true);
  assert.equal((await d.api("POST", `/b/${d.slug}/boxes/${id}/pack`, { all: true })).status, 409);
  assert.equal((await packing.request.get(at(`/boxes/${id}/letter.pdf`))).status(), 409);
  await page.goto(at(`/c/${milo}`));
  await page.locator("#boxes").getByText("Locked until a grown-up confirms").first().waitFor();
  await looksWell("locked", `/boxes/${id}`);
  await page.goto(at(`/boxes/${id}/change`));
  assert.equal(await page.getByLabel("Name and address").count(), 0);
  await page.goto(at(`/boxes/${id}`));
  await page.getByText("Cancel the box").click();
  await page.getByRole("button", { name: "Yes, cancel it" }).click();
  await page.locator(".head").getByText("Cancelled").first().waitFor();
});
