// Leeway as agents and leads meet it: the normal answer beside the letter, one click within it, one sentence beyond
// it, a lead above the room; room to use, policies, judgements as stories, and a pattern that becomes policy.
// With and without scripts, by keyboard, at two widths, light and dark.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { colleague, looksWell as lookWell, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, milo, omar, lea;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const call = (method, p, body, token) => d.api(method, `/b/${d.slug}${p}`, body, token);
const api = async (p) => (await call("GET", p)).json;
const idOf = async (name) => (await api("/list/waiting")).conversations.find((c) => c.customer_name === name).id;
const given = async (id) => (await api(`/c/${id}/gestures`)).gestures;
const letterOf = async (name, text) => {
  const sent = d.deliver(mail({ from: `${name} <${name.toLowerCase().replace(" ", ".")}@customer.test>`, to: d.inbox, text }));
  return sent.conversation ?? until("the letter is filed", async () =>
    (await api("/list/waiting")).conversations.find((c) => c.customer_name === name)?.id);
};
let keys = 0;
const give = async (token, id, more) => {
  const answer = await call("POST", `/c/${id}/gestures`, { key: `test-key-${++keys}`, kind: "replacement", situation: "lost",
    item_kind: "figure", code: "F-012", cost: "4.50", judgement: "A child cried, and it was nobody's fault.", ...more }, token);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  milo = await idOf("Milo Ferreira");
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
  omar = await colleague(browser, d, "omar@tidewatch.example", "Omar Haddad");
  omar.token = d.token("omar@tidewatch.example");
  lea = await colleague(browser, d, "lea@tidewatch.example", "Lea Brandt");
  lea.token = d.token("lea@tidewatch.example");
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const looksWell = (name, address, { as = context, open = null } = {}) => lookWell(as, name, at(address), { pictures: "leeway",
  then: open && (async (p) => { for (const summary of await p.locator(`${open} > summary`).all()) await summary.click(); }) });

test("the empty pages say what they are for", { skip }, async () => {
  await page.getByRole("link", { name: "Leeway", exact: true }).click();
  assert.equal(await page.locator("h1").innerText(), "Room to use");
  for (const [name, text] of [["judgements", "Nobody has gone beyond policy yet."],
    ["judgements/patterns", "No pattern at the moment."], ["gestures/asked", "Nothing waits for a lead."]]) {
    await page.goto(at(`/${name}`));
    await page.getByText(text).waitFor();
    await looksWell(`${name.replace("/", "-")}-empty`, `/${name}`);
  }
});

test("beside the letter: what is normal, and one sentence beyond it, while the reply stays", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  const panel = page.locator("#gestures");
  await panel.getByText(/Normally: ask them to pay 3\.99/).waitFor();
  await page.locator("#text").fill("Dear Milo,\n\nthe tram has no luck with keepers.");
  await panel.getByText("Give it on your judgement").focus();
  await page.keyboard.press("Enter");
  const form = panel.locator("#give-it");
  await form.getByLabel(/What it costs us/).fill("4,50");
  await form.getByRole("button", { name: "Give it" }).press("Enter");
  await form.getByText("Write one sentence of judgement").waitFor();
  assert.equal(await form.getByLabel(/What it costs us/).inputValue(), "4,50");
  await form.getByLabel(/Why it is right for Milo/).fill("He saved since Easter.\nAnd he owned up about the tram.");
  await form.getByRole("button", { name: "Give it" }).click();
  await panel.locator("#given").getByText("Given by Ines Duarte").waitFor();
  assert.match(await page.locator("#text").inputValue(), /no luck with keepers/);
  await panel.getByText(/145\.50/).waitFor();
  // An extra, that the catalogue finds by its name.
  await panel.getByText("Something else, or an extra").click();
  const extra = panel.locator("#give");
  await extra.getByLabel("Of what").fill("captain fenn");
  await extra.getByLabel(/What it costs us/).fill("99999");
  await extra.getByLabel(/Why it is right/).fill("They are friends.");
  await extra.getByRole("button", { name: "Give it" }).click();
  await extra.getByText(/you can decide 145\.50 EUR alone/).waitFor();
  await extra.getByLabel(/What it costs us/).fill("3.20");
  await extra.getByRole("button", { name: "Give it" }).click();
  await panel.locator("#given li").nth(1).waitFor();
  assert.deepEqual((await given(milo)).map((g) => [g.kind, g.code, g.cost]),
    [["replacement", "F-011", "4.50"], ["extra", "F-012", "3.20"]]);
  await looksWell("conversation", `/c/${milo}`, { open: "#gestures details" });
});

test("a colleague's gesture is seen before the same is given twice", { skip }, async () => {
  const v = await idOf("R. Okonkwo");
  await page.goto(at(`/c/${v}`));
  await give(lea.token, v, {});
  const panel = page.locator("#gestures");
  // The page may have heard of it by now; then the form is a fresh one and nothing is wrong.
  await page.evaluate(() => document.querySelectorAll("[name=seen_gestures]").forEach((i) => { i.value = "0"; }));
  await panel.getByRole("button", { name: /free$/ }).first().click();
  await panel.getByText("after you opened it").waitFor();
  await panel.locator("#given").getByText("Captain Fenn").waitFor();
  assert.equal((await given(v)).length, 1);
});

test("without scripts: what was typed stays, and one click is one click", { skip }, async () => {
  const plain = await openContext(browser, d.url, { javaScriptEnabled: false, storageState: await omar.context.storageState() });
  const p = await plain.newPage();
  const v = await letterOf("Nils Aker", "Hello,\r\n\r\nthe right door, red, is missing from the box of the fire station.\r\n");
  await p.goto(at(`/c/${v}`));
  await p.getByRole("button", { name: "Send the piece, free" }).first().click();
  await p.locator("#given").getByText("Given by Omar Haddad").waitFor();
  assert.ok(p.url().endsWith(`/c/${v}#gestures`));
  await p.locator("#give > summary").click();
  const form = p.locator("#give");
  await form.getByLabel("Of what").fill("A brass bell for the engine");
  await form.getByLabel("How many").fill("1000000");
  await form.getByLabel(/What it costs us/).fill("80");
  await form.getByLabel(/Why it is right/).fill("She parked the engine outside, in the rain.");
  await form.getByRole("button", { name: "Give it" }).click();
  const again = p.locator("#gestures .conflict");
  await again.getByText("The quantity must be from 1 to 1000.").waitFor();
  assert.equal(await again.getByLabel("Of what").inputValue(), "A brass bell for the engine");
  await again.getByLabel("How many").fill("1");
  await again.getByRole("button", { name: "Give it" }).click();
  await p.locator("#gestures .conflict").getByText(/you can decide 50\.00 EUR alone/).waitFor();
  await p.locator("#gestures .conflict").getByRole("button", { name: "Ask a lead to confirm it" }).click();
  await p.getByText("Write to Nils now all the same").waitFor();
  // The first is taken back, after a look.
  await p.locator("#given li").first().locator("summary").click();
  await p.locator("#given li").first().getByRole("button", { name: "Yes, take it back" }).click();
  await p.locator("#given").getByText("Taken back by Omar Haddad").waitFor();
  await looksWell("asked-panel", `/c/${v}`, { as: omar.context });
  assert.deepEqual((await given(v)).map((g) => g.state), ["withdrawn", "asked"]);
  await plain.close();
});

test("a lead decides; nobody decides for themselves", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  await page.getByRole("link", { name: /^Waiting for a lead 1/ }).click();
  await page.getByText("A brass bell for the engine for Nils Aker").waitFor();
  await page.getByRole("button", { name: /^Decline/ }).click();
  await page.getByRole("alert").getByText("Say in a sentence why not").waitFor();
  await looksWell("asked", "/gestures/asked");
  await page.getByLabel(/A sentence for Omar/).fill("Lovely. Tell her it is the last one.");
  await page.getByRole("button", { name: /^Confirm/ }).click();
  await page.getByText("Nothing waits for a lead.").waitFor();
  const v = await idOf("Nils Aker");
  await omar.page.goto(at(`/c/${v}`));
  await omar.page.locator("#given").getByText("Confirmed by Ines Duarte").waitFor();
  await omar.page.getByText("Tell her it is the last one.").waitFor();
});

test("room is one's own; leads set it, by name", { skip }, async () => {
  await omar.page.goto(at("/allowance"));
  await omar.page.getByText(/50\.00\sEUR of 50\.00\sEUR to use/).waitFor();
  assert.equal(await omar.page.getByText("Lea Brandt").count(), 0);
  await page.goto(at("/allowance"));
  await page.getByText("Change", { exact: true }).nth(1).click();
  await page.getByLabel(/For Lea Brandt alone/).fill("plenty");
  await page.locator("details[open]").getByRole("button", { name: "Keep" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel(/For Lea Brandt alone/).inputValue(), "plenty");
  await page.getByLabel(/For Lea Brandt alone/).fill("80");
  await page.locator("details[open]").getByRole("button", { name: "Keep" }).click();
  await page.getByText("Done. It counts from now on.").waitFor();
  await page.getByText("Their own amount").waitFor();
  await looksWell("allowance", "/allowance");
  await looksWell("allowance-agent", "/allowance", { as: omar.context });
});

test("policies are added, changed and retired; the currency waits for it", { skip }, async () => {
  await page.goto(at("/policies"));
  await page.getByRole("link", { name: "Add a policy" }).click();
  await page.getByLabel("What happened").selectOption("lost");
  await page.getByLabel("To what").selectOption("product");
  await page.getByLabel("Only this one (its number)").fill("9999");
  await page.getByRole("combobox", { name: "The normal answer" }).selectOption("voucher");
  await page.getByLabel("Amount in EUR").fill("7.50");
  await page.getByLabel("How to say it").fill("It was theirs, and it is gone.");
  await looksWell("policy-new", "/policies/new");
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByRole("alert").getByText("The catalogue has no product").waitFor();
  assert.equal(await page.getByLabel("Amount in EUR").inputValue(), "7.50");
  await page.getByLabel("Only this one (its number)").fill("4127");
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByRole("link", { name: "Lost: Harbour Glider" }).click();
  const one = new URL(page.url()).pathname.replace(`/b/${d.slug}`, "");
  await looksWell("policy", one);
  // Somebody else is faster: mine is still there, theirs is named.
  assert.equal((await call("POST", one, { amount: "9" })).status, 200);
  await page.getByLabel("Amount in EUR").fill("8");
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByRole("alert").getByText("Look at theirs").waitFor();
  assert.equal(await page.getByLabel("Amount in EUR").inputValue(), "8");
  await page.goto(at("/policies"));
  await page.getByText("Count in another one").click();
  await page.getByLabel("Its three letters").fill("CHF");
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByRole("alert").getByText("hold amounts in EUR").waitFor();
  await page.goto(at("/policies"));
  await page.getByRole("link", { name: "Lost: Harbour Glider" }).click();
  await page.getByText("Retire it", { exact: true }).click();
  await page.getByRole("button", { name: "Yes, retire it" }).click();
  await page.getByText("Retired (2)").waitFor();
  await looksWell("policies", "/policies");
  await looksWell("policies-agent", "/policies", { as: omar.context });
  assert.equal((await omar.page.goto(at("/policies/new"))).status(), 403);
});

test("judgements are read as stories; a note is answered", { skip }, async () => {
  const v = await idOf("Gaspard Lemoine");
  const g = await give(omar.token, v, { kind: "extra", code: "", item_kind: "", item: "A paper boat", situation: "other",
    judgement: "The third wrong invoice. He folds boats of them by now." });
  const sent = await call("POST", `/c/${v}/reply`, { text: "Dear Gaspard,\n\nthe third invoice is right; fold it all the same.\n\nOmar",
    override: "Only for this test.", by_hand: true }, omar.token);
  assert.equal(sent.status, 200, sent.text);
  await page.goto(at("/judgements?unread=1"));
  const story = page.locator(`#s-${g.id}`);
  await story.getByText("He folds boats of them by now.").waitFor();
  await looksWell("judgements", "/judgements", { open: ".story__more" });
  await story.getByText("A private note to Omar Haddad").click();
  await story.getByRole("button", { name: "Leave the note" }).click();
  await page.getByRole("alert").getByText("The note is empty.").waitFor();
  await page.getByLabel("What you thought when you read it").fill("I laughed out loud.");
  await page.getByLabel("What could be tried another time").fill("Tell the bookkeepers, too.");
  await page.getByRole("button", { name: "Leave the note" }).click();
  await page.goto(at(`/judgements/${g.id}`));
  await page.getByRole("button", { name: /^Well judged/ }).click();
  await page.locator(`#s-${g.id}`).getByText("Well judged.").waitFor();
  await omar.page.goto(at("/judgements"));
  assert.equal(await omar.page.getByText("Keeper Juno").count(), 0);
  await omar.page.getByText("Tell the bookkeepers, too.").waitFor();
  await omar.page.locator(`#s-${g.id} summary`).click();
  await omar.page.getByLabel("Your answer").fill("They laughed less.");
  await omar.page.getByRole("button", { name: "Send the answer" }).click();
  await omar.page.getByText("They laughed less.").waitFor();
  await looksWell("judgement", `/judgements/${g.id}`, { as: omar.context });
  assert.equal((await lea.page.goto(at(`/judgements/${g.id}`))).status(), 404);
});

test("what three people do becomes policy in two clicks", { skip }, async () => {
  for (const [i, token] of [omar.token, lea.token, d.token()].entries()) {
    const v = await letterOf(`Ada ${i}`, "Hello,\r\n\r\nI lost Chief Amara at the pool.\r\n");
    await give(token, v, { code: "F-021", cost: `${i + 3}.10` });
  }
  await page.goto(at("/judgements/patterns"));
  await looksWell("patterns", "/judgements/patterns");
  await page.getByRole("link", { name: "Make it policy: Lost, Chief Amara" }).click();
  assert.equal(await page.getByLabel("Amount in EUR").inputValue(), "5.10");
  await looksWell("pattern", new URL(page.url()).pathname.replace(`/b/${d.slug}`, "") + new URL(page.url()).search);
  await page.getByRole("button", { name: "Keep it as policy" }).click();
  await page.getByRole("link", { name: "Lost: Chief Amara" }).waitFor();
});

test("a crowded desk: pages follow each other, and the table opens as text", { skip }, async () => {
  const v = await idOf("Wim de Graaf");
  for (let i = 0; i < 12; i++) await give(omar.token, v, { kind: "extra", code: "", item_kind: "", situation: "other", cost: "0.10",
    item: `=Boat number ${i} with a name that goes on and on, like the river it is going to sail down one day` });
  await looksWell("crowded", `/c/${v}`);
  await page.goto(at("/judgements"));
  assert.equal(await page.locator("article.story").count(), 10);
  await page.getByRole("link", { name: "Next page" }).click();
  await looksWell("judgements-crowded", "/judgements");
  const [download] = await Promise.all([page.waitForEvent("download"), (async () => {
    await page.goto(at("/allowance"));
    await page.getByRole("link", { name: "All gestures as a table (CSV)" }).click();
  })()]);
  const table = fs.readFileSync(await download.path(), "utf8");
  assert.match(table, /'=Boat number 11/);
  assert.ok(!/(^|,)"?=Boat/m.test(table));
});

test("nothing was refused by the policy of the pages or fetched from elsewhere", { skip }, async () => {
  // What was refused on purpose above is told by Chromium, too.
  const wrong = [...context.troubles, ...omar.context.troubles, ...lea.context.troubles].filter((t) => !/status of 4(03|04|09|22)/.test(t));
  assert.deepEqual([...wrong, ...context.foreign, ...omar.context.foreign], []);
});
