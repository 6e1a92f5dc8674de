// Promises as an agent meets them: days in a reply become chips, one that is none is taken away, the rest is kept,
// moved, known to become late, kept or broken; what is due rises; and what a customer promised is remembered when they
// write again. With and without scripts, at two widths, light and dark.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { axeFindings, colleague, everyLook, looksWell as lookWell, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
const ZONE = "Europe/Lisbon";
let d, browser, context, page, bare, plain, milo, henrike;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const tell = (p, body) => d.api("POST", `/b/${d.slug}${p}`, body);
const post = async (p, body) => {
  const answer = await tell(p, body);
  assert.equal(answer.status, 200, `${p}: ${answer.text}`);
  return answer.json;
};
const waiting = async (name) => (await api("/list/waiting")).conversations.find((c) => c.customer_name === name)?.id;
const promises = async (conversation) => (await api(`/c/${conversation}`)).promises;
const chips = (p) => p.locator("[data-due] [data-chip]");
const quiet = (troubles) => troubles.filter((t) => !/status of (409|422)/.test(t));

/** A day of the brand's calendar, so many days from now: "2026-12-04", and as pages write it. */
const day = (ahead) => new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(Date.now() + ahead * 86400000);
const inWords = (iso) => {
  const noon = new Date(`${iso}T12:00:00Z`);
  const part = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(noon);
  const thisYear = day(0).slice(0, 4) === iso.slice(0, 4);
  const rest = `${noon.getUTCDate()} ${part({ month: "long" })}`;
  return thisYear ? `${part({ weekday: "long" })}, ${rest}` : `${rest} ${iso.slice(0, 4)}`;
};

const reply = `Dear Milo,

I read your letter on the quay. I will send you a new Keeper Juno within two weeks. I will write to you again within three weeks.

I will also send you a lantern soon.

Ines`;

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  await post("/admin/settings", { undo_seconds: "1" });
  // Whether a letter is good enough is not what is asked here.
  await post("/voice/stops", { name: false, greeting: false, canned_letter: false, slot: false });
  milo = await waiting("Milo Ferreira");
  henrike = await waiting("Henrike Solberg");
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
  bare = await openContext(browser, d.url, { javaScriptEnabled: false });
  plain = await bare.newPage();
  await signIn(plain, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const looksWell = (name, address, then = null) => lookWell(context, name, at(address), { pictures: "promise", then });

test("before anything was promised the pages say what they are for", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  await page.getByRole("link", { name: "Promises due" }).click();
  await page.getByText("Everything we promised is in time.").waitFor();
  await looksWell("empty", "/promises");
});

test("a day in a reply becomes a chip; one that is none is taken away, and stays away while typing goes on", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  await page.locator("#text").fill(reply);
  await until("three chips", async () => (await chips(page).count()) === 3);
  assert.equal((await chips(page).nth(0).innerText()).replace(/\s*×$/, ""), `Promised: ${inWords(day(14))}`);
  assert.equal((await chips(page).nth(1).innerText()).replace(/\s*×$/, ""), `Promised: ${inWords(day(21))}`);
  assert.match(await chips(page).nth(2).innerText(), /^No day yet: .*soon/);

  // The one without a day leads to its sentence.
  await chips(page).nth(2).getByRole("button").click();
  assert.match(await page.evaluate(() => document.getSelection().toString()), /soon/);

  // By keyboard: taken away, put back, taken away again.
  const off = chips(page).nth(1).getByRole("button", { name: /^That is no promise: .*three weeks/ });
  await off.focus();
  await page.keyboard.press("Enter");
  const back = chips(page).nth(1).getByRole("button", { name: /^Put back: I will write/ });
  await back.waitFor();
  assert.ok(await back.evaluate((b) => b === document.activeElement), "focus stays on the chip");
  await page.keyboard.press("Enter");
  await off.waitFor();
  await page.keyboard.press("Enter");
  await back.waitFor();
  await page.evaluate(() => new Promise((done) => setTimeout(done, 50)));
  assert.match(await page.locator("#said").innerText(), /^No promise: .*three weeks/);

  // Everything moves, letters of more than one byte come in front: it is the same promise that is none.
  await page.locator("#text").evaluate((a) => a.setRangeText("Grüße vom Kai 🦀, und ", 12, 12, "end"));
  await page.locator("#text").press("End");
  await page.keyboard.type("!");
  await until("chips of the new text", async () => (await page.evaluate(() => document.querySelector("form[data-check-url]").longhand.check.shown)) ===
    (await page.locator("#text").inputValue()));
  assert.equal(await chips(page).nth(1).locator("s").innerText(), inWords(day(21)));
  assert.match(await page.locator("[data-due] input").inputValue(), /^\d+ I will write to you again within three weeks/);
  assert.deepEqual(await everyLook(page, "chips", (width, scheme) => path.join(shots, `promise-chips-${width}-${scheme}.png`)), []);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });

  // Another page of the same draft knows it, too.
  await until("the draft is kept", async () => (await page.locator("[data-draft-state]").innerText()) === "Draft kept");
  await page.reload();
  await until("the chips again", async () => (await chips(page).count()) === 3);
  assert.equal(await chips(page).nth(1).locator("s").innerText(), inWords(day(21)));

  await page.locator("#sendbar [data-send-button]").click();
  const made = await until("it is sent", async () => {
    const { ours } = await promises(milo);
    return ours.length > 0 && ours;
  });
  assert.deepEqual(made.map((p) => [p.day, p.standing]), [[day(14), "open"]]);
  assert.match(made[0].text, /new Keeper Juno within two weeks/);
  await page.goto(at(`/c/${milo}`));
  const row = page.locator("#promises .promise", { hasText: "within two weeks" });
  assert.match(await row.innerText(), new RegExp(`By ${inWords(day(14))}`));
});

test("a letter that begins a conversation has chips as well", { skip }, async () => {
  await page.goto(at("/write"));
  await page.getByLabel("To", { exact: true }).fill("pier@customer.test");
  await page.getByLabel("Subject").fill("The pier");
  await page.locator("#text").fill("Dear Pier,\n\nI will send you the planks within two weeks. I will write to you again within three weeks.\n\nInes");
  await until("two chips", async () => (await chips(page).count()) === 2);
  await chips(page).nth(0).getByRole("button").click();
  await page.locator("#sendbar [data-send-button]").click();
  await page.waitForURL(/\/c\/\d+$/);
  const made = (await promises(/\d+$/.exec(page.url())[0])).ours;
  assert.deepEqual(made.map((p) => p.day), [day(21)]);
  // The next one is another letter: the same words promise again.
  await page.goto(at("/write"));
  await page.locator("#text").fill("Dear Pier,\n\nI will send you the planks within two weeks.\n\nInes");
  await until("a chip that is on", async () => (await page.locator("[data-due] .chip--on").count()) === 1);
  await page.locator("#text").fill("");
});

test("without scripts the checked page has a box for each", { skip }, async () => {
  await plain.goto(at(`/c/${henrike}`));
  const text = "Dear Henrike,\n\nI will send you the right door by Friday. I will write again within three weeks.\n\nInes";
  await plain.locator("#text").fill(text);
  await plain.getByRole("button", { name: "Check" }).click();
  const boxes = plain.locator("[data-no-promise]");
  assert.equal(await boxes.count(), 2);
  assert.deepEqual(await axeFindings(await twin(plain)), []);
  await plain.locator("label", { hasText: "three weeks" }).locator("input").check();
  await plain.getByRole("button", { name: "Check" }).click();
  assert.deepEqual(await boxes.evaluateAll((all) => all.map((b) => b.checked)), [false, true], "ticks survive the next check");
  // What is typed after the check moves the sentence.
  await plain.locator("#text").fill(text.replace("Dear Henrike,", "Dear Henrike, dear lighthouse family,"));
  await plain.getByLabel("To", { exact: true }).fill("not an address");
  await plain.locator("#sendbar [data-send-button]").click();
  await plain.getByRole("alert").getByText("Not sent").waitFor();
  assert.deepEqual(await boxes.evaluateAll((all) => all.map((b) => b.checked)), [true], "ticks survive a refusal");
  await plain.getByLabel("To", { exact: true }).fill("henrike@customer.test");
  await plain.locator("#sendbar [data-send-button]").click();
  await plain.waitForURL(new RegExp(`/c/${henrike}$`));
  assert.deepEqual((await promises(henrike)).ours.map((p) => p.text), ["I will send you the right door by Friday."]);
});

/** The same page where axe can run. */
async function twin(p) {
  const seeing = await openContext(browser, d.url, { storageState: await context.storageState() });
  const other = await seeing.newPage();
  await other.route("**/*.js", (r) => r.abort());
  await other.goto(p.url());
  return other;
}

test("one is noted by hand, moved, known to become late, kept, and opened again", { skip }, async () => {
  await plain.goto(at(`/c/${milo}`));
  await plain.getByText("Note a promise").click();
  const form = plain.locator("#promise-new");
  await form.getByLabel("What we promised").fill("Telephone gran about the <tram>");
  await form.getByLabel("By when").fill("2999-02-02");
  await form.getByRole("button", { name: "Note it" }).click();
  await plain.getByRole("alert").getByText("That day is more than 10 years ahead.").waitFor();
  assert.equal(await form.getByLabel("What we promised").inputValue(), "Telephone gran about the <tram>");
  await form.getByLabel("By when").fill(day(3));
  await form.getByRole("button", { name: "Note it" }).click();
  const row = plain.locator("#promises .promise", { hasText: "Telephone gran" });
  await row.waitFor();
  await looksWell("conversation", `/c/${milo}`, (p) => p.locator("#promises").getByText("What became of it?").first().click());

  const become = async (what, { on, why, proof, press = "Note it" } = {}) => {
    await row.locator("summary").click();
    if (what) await row.getByLabel(what).check();
    if (on) await row.getByLabel("The new day").fill(on);
    if (proof) await row.getByLabel("What shows it").selectOption({ index: proof });
    if (why) await row.getByLabel(/^Why/).fill(why);
    await row.getByRole("button", { name: press }).click();
  };
  await become("It will be late", { on: day(5), why: "Gran is at sea until Thursday." });
  await plain.waitForURL(/#promises$/);
  assert.match(await row.innerText(), new RegExp(`Will be late: promised for ${inWords(day(3))}`));
  assert.match(await row.innerText(), new RegExp(`It would come on ${inWords(day(5))} instead: Gran is at sea`));
  await become("Another day was agreed", { on: day(6), why: "She asked for the weekend." });
  assert.match(await row.innerText(), new RegExp(`By ${inWords(day(6))}`));
  // Without a word of why it comes back with what was chosen.
  await become("It was broken");
  await plain.getByRole("alert").getByText("Say in a sentence why it was broken.").waitFor();
  assert.ok(await plain.getByLabel("It was broken").isChecked());
  await plain.getByRole("link", { name: "To the conversation", exact: true }).click();
  await become("It is kept", { proof: 1 });
  assert.match(await row.innerText(), /^Kept/);
  await row.getByRole("link", { name: "this message shows it" }).click();
  await plain.waitForURL(new RegExp(`/c/${milo}#m-`));
  await plain.goto(at(`/c/${milo}`));
  await become("", { press: "Open it again" });
  assert.match(await row.innerText(), new RegExp(`By ${inWords(day(6))}`));
  await row.getByRole("link", { name: "Telephone gran" }).click();
  assert.deepEqual(await plain.locator("ol.rows b").allInnerTexts(), [`Promised for ${inWords(day(3))}`,
    `Will be late: ${inWords(day(5))} instead of ${inWords(day(3))}`, `Moved from ${inWords(day(3))} to ${inWords(day(6))}`,
    "Kept", "Open again"]);
  await looksWell("one", new URL(plain.url()).pathname.replace(`/b/${d.slug}`, ""));
});

test("what somebody else changed is seen before it is changed again", { skip }, async () => {
  const one = (await promises(milo)).ours.at(-1);
  await plain.goto(at(`/promises/${one.id}`));
  await post(`/promises/${one.id}`, { step: "warned", day: day(8), why: "The line is down." });
  await plain.getByLabel("It is not needed any more").check();
  await plain.getByLabel(/^Why/).fill("She came by herself.");
  await plain.getByRole("button", { name: "Note it" }).click();
  await plain.getByRole("alert").getByText("Somebody changed this promise").waitFor();
  assert.equal(await plain.getByLabel(/^Why/).inputValue(), "She came by herself.");
  await plain.getByText("The line is down.").first().waitFor();
  await plain.getByRole("button", { name: "Note it" }).click();
  await until("released", async () => (await api(`/promises/${one.id}`)).promise.standing === "released");
});

test("what is due rises: in the rail, on the page and above one’s own list", { skip }, async () => {
  await post(`/c/${milo}/take`, { even_so: true });
  await post(`/c/${milo}/promises`, { text: "Write to Milo today", day: day(0) });
  const endless = await post(`/c/${milo}/promises`, { text: `Ask the keeper of ${"Leuchtturm".repeat(40)}`, day: day(12) });
  await looksWell("endless", `/promises/${endless.promise}`);
  await looksWell("endless-beside", `/c/${milo}`);
  const late = await post(`/c/${henrike}/promises`, { text: "The door comes from the other harbour", day: day(2) });
  await post(`/promises/${late.promise}`, { step: "warned", day: day(9), why: "The ferry lies in the ice." });
  await page.goto(at("/promises"));
  assert.equal(await page.locator("[data-count=promises]").innerText(), "2");
  assert.match(await page.locator(".head .quiet").innerText(), /1 is due today . 1 will be late/);
  const texts = await page.locator("ul.promises a.quote").allInnerTexts();
  assert.deepEqual(texts.sort(), ["The door comes from the other harbour", "Write to Milo today"]);
  await page.getByText("The ferry lies in the ice.").waitFor();
  await looksWell("due", "/promises");
  await page.getByRole("link", { name: /^Write to Henrike/ }).click();
  await page.waitForURL(new RegExp(`/c/${henrike}#text`));
  await page.goto(at("/list/mine"));
  await page.getByRole("heading", { name: "2 promises of yours are due" }).waitFor();
  await looksWell("mine", "/list/mine");

  // Another page learns of it by itself.
  await page.goto(at("/list/waiting"));
  await post(`/c/${henrike}/promises`, { text: "Count the doors", day: day(0) });
  await until("the count in the rail", async () => (await page.locator("[data-count=promises]").innerText()) === "3");
});

test("a crowd is paged, and each view holds its own", { skip }, async () => {
  for (let i = 0; i < 53; i++) await post(`/c/${henrike}/promises`, { text: `Piece ${i} of the pier`, day: day(20 + (i % 7)) });
  await page.goto(at("/promises?view=open"));
  assert.equal(await page.locator("ul.promises > li").count(), 50);
  await page.getByRole("link", { name: "Next 50" }).click();
  await page.getByRole("link", { name: "From the start" }).waitFor();
  const rest = await page.locator("ul.promises > li").count();
  const all = await api("/promises?view=open");
  const more = await d.api("GET", all.next.replace("/api/v1", ""));
  assert.equal(all.promises.length, 50);
  assert.equal(more.json.promises.length, rest);
  assert.equal(new Set([...all.promises, ...more.json.promises].map((p) => p.id)).size, 50 + rest);
  await looksWell("crowd", "/promises?view=open");
  await page.getByRole("link", { name: "Not needed any more" }).click();
  assert.equal(await page.locator("ul.promises > li").count(), 1);
  await page.getByRole("link", { name: "Broken" }).click();
  await page.getByText("None of these.").waitFor();
});

test("what a child promised is remembered here, and elsewhere once a grown-up agrees", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  const heard = page.locator("#promises .promise", { hasText: "never" });
  await heard.getByRole("button", { name: /^Remember it/ }).click();
  await page.locator("#promises .promise", { hasText: "Only here, until a grown-up agrees" }).waitFor();
  assert.equal((await promises(milo)).theirs.length, 1);
  const from = (await api(`/c/${milo}`)).messages.find((m) => m.kind === "letter").from;
  const next = d.deliver(mail({ from: `Milo Ferreira <${from}>`, to: d.inbox, subject: "The lighthouse", text: "Dear Tidewatch,\r\n\r\nhow high is the lighthouse?\r\n\r\nMilo\r\n" }));
  const again = await until("the second letter", async () => (await api("/list/waiting")).conversations.find((c) => c.subject === "The lighthouse")?.id);
  assert.ok(next.status === 0);
  await page.goto(at(`/c/${again}`));
  assert.equal(await page.locator("#memory .banner").count(), 0, "no word before a grown-up agreed");
  await page.goto(at(`/c/${milo}`));
  await page.getByText("A grown-up agreed").click();
  await page.getByLabel("Who agreed, and how").fill("His mother, on the telephone");
  await page.getByRole("button", { name: "Keep it for their next letter" }).click();
  await until("it is agreed", async () => (await promises(milo)).theirs[0].agreed);
  await page.goto(at(`/c/${again}`));
  await page.locator("#memory").getByText("Milo promised:").waitFor();
  assert.match(await page.locator("#memory q").innerText(), /never/);
  await looksWell("memory", `/c/${again}`);
  await page.locator("#memory a").click();
  await page.waitForURL(new RegExp(`/c/${milo}#m-`));
  await page.locator("h1 a").click();
  await page.locator("#promised").getByText("Milo Ferreira promised:").waitFor();
  await looksWell("customer", new URL(page.url()).pathname.replace(`/b/${d.slug}`, ""));
});

test("when the brand moves to another zone the day stays", { skip }, async () => {
  const before = (await api("/promises?view=open")).promises[0];
  await post("/admin/brand", { zone: "Pacific/Auckland" });
  const after = (await api(`/promises/${before.id}`)).promise;
  assert.equal(after.day, before.day);
  assert.notEqual(after.due_at, before.due_at);
  await page.goto(at(`/promises/${before.id}`));
  await page.getByText("To the end of that day in Pacific/Auckland").waitFor();
  assert.ok((await page.locator("main .facts").innerText()).includes(inWords(before.day)));
  await post("/admin/brand", { zone: ZONE });
});

test("leads take a table along; an agent does not", { skip }, async () => {
  const [file] = await Promise.all([page.waitForEvent("download"), page.goto(at("/promises")).then(() =>
    page.getByRole("link", { name: "All as a table (CSV)" }).click())]);
  assert.match(file.suggestedFilename(), /^promises-\d{4}-\d\d-\d\d\.csv$/);
  const csv = fs.readFileSync(await file.path(), "utf8");
  assert.match(csv, /^promise,conversation,customer,text,due_day,/);
  assert.match(csv, /The door comes from the other harbour/);
  // Where a child wrote, a row has neither name nor words.
  assert.doesNotMatch(csv, /Milo/);
  const theirs = await colleague(browser, d, "omar@tidewatch.example", "Omar Haddad");
  await theirs.page.goto(at("/promises"));
  assert.equal(await theirs.page.getByRole("link", { name: "All as a table (CSV)" }).count(), 0);
  assert.equal((await theirs.page.goto(at("/promises/export"))).status(), 403);
  await theirs.context.close();
  assert.deepEqual(quiet(context.troubles), []);
  assert.deepEqual(context.foreign, []);
});
