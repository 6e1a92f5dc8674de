// Back to the makers, as agents and leads meet it: a letter's defect is recorded with one click, thirty letters raise
// an alarm that a lead acknowledges and closes, letters like them are joined, a test takes the cases in and ends, and
// everybody in it waits for a letter that a person writes. Without scripts, at two widths, light and dark; the
// conversation with scripts, too.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { looksWell as lookWell, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, first;
const others = [];

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const post = async (p, body) => {
  const answer = await d.api("POST", `/b/${d.slug}${p}`, body);
  assert.equal(answer.status, 200, `${p}: ${answer.text}`);
  return answer.json;
};
const row = (text) => page.locator("li.row", { hasText: text });
const letter = (n, text) => {
  const got = d.deliver(mail({ from: `Writer ${n} <writer${n}@customer.test>`, to: d.inbox, subject: "Canal Crane", text }));
  assert.equal(got.status, 0, got.err);
};
const idOf = (name) => until(`the letter of ${name}`, async () =>
  (await api("/list/waiting")).conversations.find((c) => c.customer_name === name)?.id ??
  (await api("/search?q=" + encodeURIComponent(name.toLowerCase()))).found?.[0]?.conversation);

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  browser = await openBrowser();
  // Nothing here needs scripts.
  context = await openContext(browser, d.url, { javaScriptEnabled: false });
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const looksWell = (name, address) => lookWell(context, name, at(address), { pictures: "makers" });

test("the empty pages say what they are for", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  await page.getByRole("link", { name: "Defects" }).click();
  assert.match(await page.locator(".empty").innerText(), /Nobody has recorded a defect yet/);
  await looksWell("defects-empty", "/defects");
  await looksWell("trials-empty", "/trials");
  await looksWell("units-empty", "/defects/units");
  await looksWell("makers-empty", "/defects/makers");
});

test("a letter's defect is recorded with one click, once", { skip }, async () => {
  letter(1, "Dear Tidewatch,\r\n\r\nthe pulley wheel of our Canal Crane broke on the first day. Can you help?\r\n\r\nNora\r\n");
  first = await idOf("Writer 1");
  await page.goto(at(`/c/${first}`));
  const panel = page.locator("#defects");
  assert.match(await panel.innerText(), /Canal Crane: Pulley wheel/);
  assert.match(await panel.innerText(), /the pulley wheel of our Canal Crane broke on the first day/);
  await looksWell("conversation-offers", `/c/${first}`);
  await panel.getByRole("button", { name: "Record it" }).click();
  assert.match(await page.locator("#defects").innerText(), /Lot unknown/);
  assert.equal(await page.locator("#defects").getByRole("button", { name: "Record it" }).count(), 0);
  assert.equal((await post(`/c/${first}/defect`, { product: "3308", part: "66-140", symptom: "broken" })).repeated, true);
  // They write the lot later.
  await page.locator("#defects summary", { hasText: "They told us the lot" }).click();
  await page.locator("#defects").getByLabel("Lot").fill("K-17");
  await page.locator("#defects").getByRole("button", { name: "Keep" }).click();
  assert.match(await page.locator("#defects").innerText(), /Lot K-17/);
  await looksWell("conversation-recorded", `/c/${first}`);
});

test("what listening did not find is typed in", { skip }, async () => {
  await page.goto(at(`/c/${first}`));
  await page.getByRole("link", { name: "Record something else" }).click();
  await page.getByRole("button", { name: "Record it" }).click();
  assert.match(await page.locator("[role=alert]").innerText(), /Name the product or the part/);
  await page.getByLabel("Product, its number or name").fill("the crane");
  await page.getByLabel("Part of it").fill("the little brass bell <b>");
  await page.getByLabel("missing").check();
  await looksWell("form", `/c/${first}/defect`);
  await page.getByRole("button", { name: "Record it" }).click();
  assert.match(await page.locator("#defects").innerText(), /Canal Crane: the little brass bell <b>/);
  await row("brass bell").getByRole("button", { name: "Take back" }).click();
  assert.doesNotMatch(await page.locator("#defects").innerText(), /brass bell/);
});

test("thirty letters raise the alarm; leads look into it", { skip }, async () => {
  for (let n = 2; n <= 33; n++)
    letter(n, `Hello,\r\n\r\nthe pulley wheel of our Canal Crane broke on the ${n < 20 ? "second" : "third"} day.\r\n\r\nBye\r\n`);
  for (let n = 2; n <= 31; n++) {
    others.push(await idOf(`Writer ${n}`));
    await post(`/c/${others.at(-1)}/defect`, { product: "3308", part: "66-140", symptom: "broken",
      words: `the pulley wheel of our Canal Crane broke on the ${n < 20 ? "second" : "third"} day.`, lot: n % 3 ? "K-17" : "" });
  }
  await idOf("Writer 33");
  const list = await until("the alarm", async () => {
    const l = await api("/defects");
    return l.defects[0]?.alarm?.seen >= 31 && l;
  });
  const id = list.defects[0].id;
  await page.goto(at("/list/waiting"));
  await until("the count in the rail", async () => {
    await page.reload();
    return /Defects\s*1/.test(await page.locator("#rail").innerText());
  });
  await page.getByRole("link", { name: /^Defects/ }).click();
  await looksWell("defects", "/defects");
  await page.getByRole("link", { name: "Canal Crane: Pulley wheel" }).click();
  assert.match(await page.locator(".conflict").innerText(), /31 letters in seven days/);
  await until("letters like these", async () => (await api(`/defects/${id}`)).letters_like.length === 2);
  await page.reload();
  await looksWell("defect-alarm", `/defects/${id}`);
  await page.locator("#like").getByRole("button", { name: /^It is the same/ }).first().click();
  assert.equal((await api(`/defects/${id}`)).all, 32);
  await page.getByLabel("What is being done").fill("Ruth measures the wheels of lot K-17.");
  await page.getByRole("button", { name: "We look into it" }).click();
  assert.match(await page.locator(".conflict").innerText(), /being looked into[\s\S]*Ruth measures/);
  await page.getByLabel("What came of it").fill("The mould was worn; a new one is in use.");
  await page.getByRole("button", { name: "Close the alarm" }).click();
  assert.equal(await page.locator(".conflict").count(), 0);
  assert.match(await page.locator("main").innerText(), /The mould was worn/);
  await looksWell("defect-closed", `/defects/${id}`);
});

test("a test ends, and everybody in it waits for a letter by a person", { skip }, async () => {
  const id = (await api("/defects")).defects[0].id;
  await page.goto(at(`/defects/${id}`));
  await page.getByRole("link", { name: "Begin a test" }).click();
  await page.getByRole("button", { name: "Begin it" }).click();
  await page.getByLabel("Its name").fill("A thicker pulley wheel");
  await page.getByLabel("What is being tested").fill("Whether a rim of two millimetres holds.");
  await looksWell("trial-new", `/trials/new?defect=${id}`);
  await page.getByRole("button", { name: "Begin it" }).click();
  await page.getByRole("button", { name: "Take in every case of this defect" }).click();
  assert.match(await page.locator("[role=status]").first().innerText(), /32 customers were taken in/);
  await looksWell("trial", new URL(page.url()).pathname.replace(`/b/${d.slug}`, ""));
  await page.locator("summary", { hasText: "End the test" }).click();
  await page.getByLabel("What came of it").fill("With two millimetres the wheel holds four kilos.\nFrom May on every box has it.");
  await page.getByRole("button", { name: "End it" }).click();
  assert.match(await page.locator("main").innerText(), /32 customers wait for a letter/);
  const queue = new URL(page.url()).pathname.replace(`/b/${d.slug}`, "");
  await looksWell("queue", queue);
  // One is written: the facts stand beside the composer, and the letter goes the usual way.
  await page.getByRole("link", { name: "Write to Writer 1", exact: true }).click();
  assert.match(await page.locator(".answer .result").innerText(), /holds four kilos/);
  assert.equal(await page.locator("textarea[name=text]").first().inputValue().then((t) => /four kilos/.test(t)), false);
  await looksWell("conversation-result", `/c/${first}`);
  await page.locator("textarea#text").fill("Dear Nora,\n\nyour pulley wheel went into our test: with a rim of two millimetres it " +
    "holds four kilos, and from May on every Canal Crane has it. Thank you for telling us about the first day.\n\nInes");
  await page.getByRole("button", { name: /^Send to/ }).click();
  assert.equal((await api(queue)).queue.length, 31);
  // Nobody else was written to.
  for (const id of others.slice(0, 5))
    assert.equal((await api(`/c/${id}`)).messages.filter((m) => m.kind === "reply").length, 0);
  await page.goto(at(queue));
  await page.locator("li.row", { hasText: "Writer 2" }).first().locator("summary").click();
  await page.locator("li.row", { hasText: "Writer 2" }).first().getByLabel("Why not, in a sentence").fill("They asked us not to write.");
  await page.locator("li.row", { hasText: "Writer 2" }).first().getByRole("button", { name: "Keep" }).click();
  assert.equal((await api(queue)).queue.length, 30);
  await page.goto(at("/trials?view=waiting"));
  assert.match(await row("A thicker pulley wheel").innerText(), /30 wait/);
  await looksWell("trials", "/trials?view=waiting");
});

test("units sold are imported, and what is wrong in the file is listed by line", { skip }, async () => {
  await page.goto(at("/defects/units"));
  await page.getByLabel("Or its rows").fill("product,month,units\n3308,2026-09,400\n3308,2026-10,520\n9999,2026-10,1\n3308,octobre,3\n");
  await page.getByRole("button", { name: "Import" }).click();
  const said = await page.locator("main").innerText();
  assert.match(said, /2 rows were kept/);
  assert.match(said, /The catalogue has no product “9999”\.[\s\S]*line 4/);
  assert.match(said, /“octobre” is no month such as 2026-11\.[\s\S]*line 5/);
  await looksWell("units", "/defects/units");
});

test("makers are told at an address of theirs only", { skip }, async () => {
  await page.goto(at("/defects/makers"));
  await page.getByLabel("Address of their server").fill("https://192.168.0.10/longhand");
  await page.getByRole("button", { name: "Keep" }).click();
  assert.match(await page.locator("[role=alert]").innerText(), /private network/);
  await page.getByLabel("Address of their server").fill("https://makers.example/longhand");
  await page.getByRole("button", { name: "Keep" }).click();
  assert.match(await page.locator(".conflict code").innerText(), /^[\w-]{22,}$/);
  await page.goto(at("/defects/makers"));
  assert.equal(await page.locator(".conflict").count(), 0);
  await looksWell("makers", "/defects/makers");
});

test("many defects with long names find room", { skip }, async () => {
  for (let n = 0; n < 60; n++)
    await post(`/c/${others[n % others.length]}/defect`, { product: `Harbour${"bridge".repeat(n % 12)} ${n}`,
      part: n % 2 ? "Donaudampfschifffahrtsgesellschaftskapitänsmützenband" : "", symptom: "wrong",
      words: "x".repeat(n * 16) });
  await looksWell("defects-crowded", "/defects");
  await page.goto(at("/defects"));
  await page.getByRole("link", { name: "Next page" }).click();
  assert.ok((await page.locator("table.counts tbody tr").count()) >= 11);
  const csv = await (await context.request.get(at("/defects/export.csv"))).text();
  assert.equal(csv.trim().split("\r\n").length, 1 + 32 + 60);
});
