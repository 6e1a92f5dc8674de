// The missing-pieces page as people use it on a telephone: with and without scripts, found by a misspelled name, a piece
// chosen, told in their own words, and a private page that follows the box. How long it takes is printed.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
let d, browser;

const page = () => `${d.url}/missing/${d.slug}`;
const api = async (method, p, body) => {
  const answer = await d.api(method, `/b/${d.slug}${p}`, body);
  assert.ok(answer.status === 200, `${method} ${p}: ${answer.status} ${answer.text}`);
  return answer.json;
};
const conversationOf = async (name) => until(`a conversation of ${name}`, async () =>
  (await api("GET", "/list/waiting")).conversations.find((c) => c.customer_name === name));

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

/** Nothing for axe, nothing too wide, a picture of each look. */
async function looksWell(p, name) {
  const problems = [];
  problems.push(...(await everyLook(p, name, (width, scheme) => path.join(shots, `missing-${name}-${width}-${scheme}.png`))));
  assert.deepEqual(problems, []);
}

async function fillIn(p, { name, email, script }) {
  await p.getByLabel("Number or name on the box").fill("harbor glidr");
  if (!script) await p.getByRole("button", { name: "Find it" }).click();
  await p.getByRole("button", { name: /Harbour Glider/ }).click();
  await p.getByRole("heading", { name: "Pieces" }).waitFor();
  await p.getByLabel("Find a piece").fill("plate 2x4");
  if (!script) await p.getByRole("button", { name: "Find", exact: true }).click();
  const plate = p.getByRole("spinbutton", { name: /^How many of Plate 2 × 4/ }).first();
  await until("the list to be short", async () => (await p.locator(".piece").count()) < 4);
  if (script) await p.getByRole("button", { name: /^One more: How many of Plate 2 × 4/ }).first().click();
  else await plate.fill("1");
  assert.equal(await plate.inputValue(), "1");
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByLabel("What happened?").fill("The bag was empty. The dog was not.");
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByLabel("Your name").fill(name);
  await p.getByLabel("E-mail, for our reply").fill(email);
  await p.getByLabel("Address, as on an envelope").fill("Hafenstrasse 5\n20457 Hamburg");
  await p.getByLabel("Country").fill("DE");
  await p.getByRole("button", { name: "Send it" }).click();
  await p.getByRole("heading", { name: `Thank you, ${name.split(" ")[0]}` }).waitFor();
}

async function flow(script, name) {
  const context = await openContext(browser, d.url, { ...phone, javaScriptEnabled: script });
  const p = await context.newPage();
  const from = Date.now();
  await p.goto(page());
  await fillIn(p, { name, email: `${name.toLowerCase().replace(" ", ".")}@customer.test`, script });
  console.log(`missing pieces at 390 px ${script ? "with" : "without"} scripts: ${((Date.now() - from) / 1000).toFixed(1)} s by machine`);
  const link = await p.getByLabel("This page is yours. Keep its address").inputValue();
  assert.match(link, new RegExp(`^${d.url}/your/[A-Za-z0-9_-]{22}$`));
  assert.deepEqual([...context.troubles, ...context.foreign], []);
  await context.close();
  return link;
}

for (const script of [true, false]) {
  test(`a piece is asked for on a telephone ${script ? "with" : "without"} scripts, and the page follows the box`, { skip }, async () => {
    const name = script ? "Ruth Meyer" : "Sam Okafor";
    const link = await flow(script, name);
    const c = await conversationOf(name);
    assert.equal(c.channel, "web");
    const whole = await api("GET", `/c/${c.id}`);
    assert.match(whole.messages[0].text, /^The bag was empty\. The dog was not\.\n\nHarbour Glider \(4127\)\n\n1 × Plate 2 × 4, /);
    const box = whole.boxes[0];
    assert.equal(box.state, "proposed");
    const context = await openContext(browser, d.url, { ...phone, javaScriptEnabled: script });
    const p = await context.newPage();
    const shows = async (text) => {
      await p.goto(link);
      await p.locator("[data-when=now], [data-when=done]").getByText(text).first().waitFor();
      assert.ok(!/Meyer|Okafor|Hamburg|customer\.test|dog/.test(await p.locator("body").innerText()));
    };
    await shows("A person reads your letter and looks at what we have");
    await api("POST", `/boxes/${box.id}/agree`, {});
    await shows("We look for your pieces on our shelves");
    await api("POST", `/boxes/${box.id}/pack`, { all: true });
    await shows("It waits for the postman");
    await api("POST", `/boxes/${box.id}/send`, { carrier: "", tracking: "", due_day: "" });
    await shows("On its way to you");
    await p.getByText("With you, if all goes well").waitFor();
    await api("POST", `/boxes/${box.id}/arrived`, {});
    await shows("It arrived");
    assert.deepEqual([...context.troubles, ...context.foreign], []);
    await context.close();
  });
}

test("every step looks well, also when something is wrong", { skip }, async () => {
  const context = await openContext(browser, d.url);
  const p = await context.newPage();
  await p.goto(page());
  await looksWell(p, "begin");
  await p.goto(`${page()}?q=harbour`);
  await looksWell(p, "found");
  await p.goto(`${page()}?q=zzzz`);
  await looksWell(p, "nothing");
  await p.goto(`${page()}?product=2210`);
  await looksWell(p, "pieces");
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByRole("alert").waitFor();
  await looksWell(p, "wrong");
  await p.getByLabel("Not in the list? Describe it").fill("the round end of the hose");
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByLabel("What happened?").waitFor();
  await looksWell(p, "words");
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByLabel("Somebody under 16").check();
  assert.equal(await p.getByLabel("Address, as on an envelope").isVisible(), false);
  await looksWell(p, "child");
  await p.getByLabel("A grown-up", { exact: true }).check();
  await looksWell(p, "who");
  await p.getByLabel("Your name").fill("Tove");
  await p.locator("input[type=file]").setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await p.getByLabel("E-mail, for our reply").fill("tove@customer.test");
  await p.getByLabel("Address, as on an envelope").fill("Quay 1");
  await p.getByRole("button", { name: "Send it" }).click();
  await p.getByText("This is no photo that we can show").waitFor();
  assert.equal(await p.getByLabel("Your name").inputValue(), "Tove");
  assert.equal(await p.locator("input[type=file]").evaluate((i) => i.files.length), 1);
  assert.deepEqual(context.troubles.filter((t) => !/status of 422/.test(t)), []);
  await context.close();
});

test("the private page looks well; one that has ended is friendly", { skip }, async () => {
  const link = await flow(true, "Ada Lind");
  const c = await conversationOf("Ada Lind");
  const context = await openContext(browser, d.url);
  const p = await context.newPage();
  await p.goto(`${link}?new=1`);
  await looksWell(p, "thanks");
  await p.goto(link);
  await looksWell(p, "private");
  await signIn(p, d);
  await p.goto(`${d.url}/b/${d.slug}/c/${c.id}`);
  await p.locator("#track > summary").click();
  await looksWell(p, "links");
  await p.getByRole("button", { name: "Make a new link" }).click();
  const fresh = await p.getByLabel("Link", { exact: true }).inputValue();
  await looksWell(p, "made");
  const other = await openContext(browser, d.url);
  const guest = await other.newPage();
  await guest.goto(fresh);
  await guest.getByRole("heading", { name: "How it stands, Ada" }).waitFor();
  await api("POST", `/c/${c.id}/link/end`, {});
  const answer = await guest.goto(fresh);
  assert.equal(answer.status(), 410);
  await guest.getByRole("heading", { name: "This page has gone" }).waitFor();
  await looksWell(guest, "gone");
  assert.deepEqual(context.troubles, []);
  await context.close();
  await other.close();
});

test("where the service is off there is nothing", { skip }, async () => {
  assert.equal((await fetch(page())).status, 200);
  await api("POST", "/admin/settings", { missing_pieces: "0" });
  assert.equal((await fetch(page())).status, 404);
  assert.equal((await fetch(`${d.url}/missing/nobody`)).status, 404);
});
