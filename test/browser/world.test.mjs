// A brand's own world: who speaks, what is true there, which words it uses, how its letters end and how the printed
// ones look; and all of it beside a reply that is being written. With and without scripts, at two widths, light and
// dark.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { deflateSync as deflate } from "node:zlib";
import { colleague, looksWell as lookWell, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, milo;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const post = async (p, body) => {
  const answer = await d.api("POST", `/b/${d.slug}${p}`, body);
  assert.equal(answer.status, 200, `${p}: ${answer.text}`);
  return answer.json;
};
const idOf = async (name) => (await api("/list/waiting")).conversations.find((c) => c.customer_name === name).id;
const row = (text) => page.locator("li.row", { hasText: text });
const keep = (p = page) => p.getByRole("button", { name: "Keep", exact: true }).click();

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  milo = await idOf("Milo Ferreira");
  browser = await openBrowser();
  context = await openContext(browser, d.url, { javaScriptEnabled: false });
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const looksWell = (name, address, { of = context, desk = d, before = null } = {}) =>
  lookWell(of, name, `${desk.url}/b/${desk.slug}${address}`, { pictures: "world", then: before });

test("a brand without a world of its own is told where to begin", { skip }, async () => {
  const empty = await Desk.start({ brand: "Tidewatch Toys" });
  const theirs = await openContext(browser, empty.url, { javaScriptEnabled: false });
  const p = await theirs.newPage();
  await signIn(p, empty);
  for (const [name, says] of [["personas", "Nobody but yourselves yet."], ["world", "No notes yet."], ["words", "None yet."],
    ["look", "What every printed letter has"]]) {
    await p.goto(`${empty.url}/b/${empty.slug}/voice/${name}`);
    await p.getByText(says).waitFor();
    await looksWell(`${name}-empty`, `/voice/${name}`, { of: theirs, desk: empty });
  }
  await p.goto(`${empty.url}/b/${empty.slug}/write`);
  assert.equal(await p.locator("#world").count(), 0, "nothing is said of what is not there");
  await theirs.close();
  await empty.stop();
  fs.rmSync(path.dirname(empty.data), { recursive: true, force: true });
});

test("a persona is written, given to some, changed by two at once, and retired", { skip }, async () => {
  await page.goto(at("/voice/personas"));
  await row("Captain Fenn, of the Night Ferry").waitFor();
  await page.getByRole("link", { name: "Add a persona" }).click();
  await page.getByLabel("Name").fill("captain fenn, of the night ferry");
  await page.getByLabel("Who they are").fill("The harbour master.\nFifty years ashore.");
  await page.getByLabel("How they end a letter").fill("From the quay,\nMara");
  await page.getByLabel("only these:").check();
  await keep();
  await page.getByRole("alert").getByText("There is a persona of that name already.").waitFor();
  assert.equal(await page.getByLabel("Who they are").inputValue(), "The harbour master.\nFifty years ashore.");
  assert.equal(await page.getByLabel("only these:").isChecked(), true);
  await page.getByLabel("Name").fill("Mara, harbour master");
  await keep();
  await page.getByText("Done. It counts from now on.").waitFor();
  await row("Mara, harbour master").getByText("Nobody yet").waitFor();
  await page.getByRole("link", { name: "Mara, harbour master" }).click();
  await page.getByLabel("Ines Duarte").check();
  await keep();
  await row("Mara, harbour master").getByText("Ines Duarte").waitFor();
  await looksWell("personas", "/voice/personas");
  await page.getByRole("link", { name: "Mara, harbour master" }).click();
  const address = new URL(page.url()).pathname.replace(`/b/${d.slug}`, "");
  assert.equal(await page.getByLabel("Ines Duarte").isChecked(), true);
  await looksWell("persona", address);
  // Somebody else is faster: theirs is shown, mine is still there.
  await post(address, { speaks: "Like somebody who counts boats." });
  await page.getByLabel("How they speak").fill("Slowly.");
  await keep();
  await page.getByText("Somebody changed this persona").waitFor();
  await page.getByText("Like somebody who counts boats.").waitFor();
  assert.equal(await page.getByLabel("How they speak").inputValue(), "Slowly.");
  await keep();
  assert.equal((await api(address)).speaks, "Slowly.");
  await page.goto(at(address));
  await page.getByText("Retire it", { exact: true }).click();
  await page.getByRole("button", { name: "Yes, retire it" }).click();
  await page.getByText("Retired (1)").click();
  await page.getByRole("link", { name: "Mara, harbour master" }).click();
  await page.getByRole("button", { name: "Use it again" }).click();
  assert.equal((await api("/voice/personas")).retired.length, 0);
});

test("ends of letters are added, refused twice, and taken away", { skip }, async () => {
  await page.goto(at("/voice/personas"));
  for (let i = 0; i < 2; i++) {
    await page.getByLabel("Another end").fill("Fair winds,\nyour harbour");
    await page.getByRole("button", { name: "Add", exact: true }).click();
  }
  await page.getByRole("alert").getByText("There is a sign-off like this already.").waitFor();
  assert.equal(await page.getByLabel("Another end").inputValue(), "Fair winds,\nyour harbour");
  const offered = (await api("/voice/personas")).sign_offs;
  assert.equal(offered.at(-1).text, "Fair winds,\nyour harbour");
  await row("Fair winds").getByRole("button", { name: /^Take away/ }).click();
  assert.equal((await api("/voice/personas")).sign_offs.length, offered.length - 1);
});

test("a note is written, and stands beside the letters", { skip }, async () => {
  await page.goto(at("/voice/world"));
  await page.getByRole("link", { name: "Write a note" }).click();
  await page.getByLabel("Title").fill("The bell");
  await page.getByLabel("Text").fill("x".repeat(4001));
  await keep();
  await page.getByRole("alert").getByText(/longer than 4000 bytes/).waitFor();
  await page.getByLabel("Text").fill("It rings when a letter comes, <b>twice</b> on Sundays.");
  await keep();
  await page.getByRole("link", { name: "The bell" }).waitFor();
  await looksWell("notes", "/voice/world");
  await page.goto(at(`/c/${milo}`));
  await page.locator("#world > summary").click();
  await page.locator("#world").getByText("The bell").click();
  await page.locator("#world").getByText("<b>twice</b> on Sundays").waitFor();
});

test("a word that is avoided is remarked on, with what to say instead", { skip }, async () => {
  const said = async (text) => (await d.api("POST", `/b/${d.slug}/c/${milo}/check`, { text })).json.remarks
    .filter((r) => r.kind === "word");
  await page.goto(at("/voice/words"));
  await page.getByLabel("The word").fill("...");
  await keep();
  await page.getByRole("alert").getByText("There is no word in it.").waitFor();
  await page.getByLabel("The word").fill("Gizmo");
  await page.getByLabel("Instead").fill("thing");
  await page.getByLabel("Why").fill("Children do not say it.");
  await keep();
  await row("Gizmo").getByText("Say “thing” instead.").waitFor();
  const [remark] = await said("Dear Milo,\n\nyour gizmo is on its way.\n\nInes");
  assert.equal(remark.level, "look");
  assert.match(remark.says, /avoids “gizmo”. Say “thing” instead: Children do not say it./);
  await looksWell("words", "/voice/words");
  // The same word again changes it.
  await page.getByRole("link", { name: "Change: Gizmo" }).click();
  assert.equal(await page.getByLabel("Instead").inputValue(), "thing");
  await page.getByLabel(/^uses it/).check();
  await keep();
  await row("Gizmo").getByText("used").waitFor();
  assert.equal((await said("Dear Milo,\n\nyour gizmo is on its way.\n\nInes")).length, 0);
  await row("Gizmo").getByRole("button", { name: /^Take away/ }).click();
  assert.equal(await row("Gizmo").count(), 0);
});

test("the brand's own name in a greeting stops nothing, another's does", { skip }, async () => {
  const greets = async (name) => (await d.api("POST", `/b/${d.slug}/c/${milo}/check`,
    { text: `Hi ${name},\n\nthe lantern is on its way.\n\nInes` })).json.remarks.filter((r) => r.level === "stop").length;
  assert.equal(await greets("Tidewatch"), 0);
  assert.equal(await greets("Captain Fenn"), 0);
  assert.equal(await greets("Barbara"), 1);
});

test("signing as a persona puts their end under the letter and changes nothing else", { skip }, async () => {
  await post("/account", { signature: "Ines\nTidewatch" });
  const live = await openContext(browser, d.url, { storageState: await context.storageState() });
  const p = await live.newPage();
  await p.goto(at(`/c/${milo}`));
  const area = p.locator("#text");
  await area.fill("Dear Milo,\n\nJuno waves.\n\nInes\nTidewatch");
  assert.equal(await p.locator("#world").getAttribute("open"), null, "folded until it is wanted");
  await p.locator("#world > summary").click();
  await p.locator("#world").getByText("Captain Fenn, of the Night Ferry").click();
  await p.getByText("Has never been late because of fog").waitFor();
  await p.getByRole("button", { name: "Sign as them: Captain Fenn, of the Night Ferry" }).click();
  assert.equal(await area.inputValue(), "Dear Milo,\n\nJuno waves.\n\nWith a fair wind,\nCaptain Fenn\n\nInes\nTidewatch");
  await p.keyboard.press("Control+z");
  assert.equal(await area.inputValue(), "Dear Milo,\n\nJuno waves.\n\nInes\nTidewatch");
  // One of those that are offered in the menu, under a letter without the signature.
  await area.fill("Dear Milo,\n\nJuno waves.\n");
  await p.getByText("Put something in").click();
  await p.locator("#inserts").getByText("Until the next tide").first().click();
  await p.getByRole("button", { name: "Sign with it" }).click();
  assert.equal(await area.inputValue(), "Dear Milo,\n\nJuno waves.\n\nUntil the next tide");
  assert.deepEqual([...live.troubles, ...live.foreign], []);
  await live.close();
});

test("without scripts the same button keeps the draft with the end in it", { skip }, async () => {
  const to = await idOf("Wim de Graaf");
  await page.goto(at(`/c/${to}`));
  await page.locator("#text").fill("Dear Wim,\n\nit floats.\n\nInes\nTidewatch");
  await page.locator("#world > summary").click();
  await page.locator("#world").getByText("Captain Fenn, of the Night Ferry").click();
  await page.getByRole("button", { name: "Sign as them: Captain Fenn, of the Night Ferry" }).click();
  await page.waitForURL(new RegExp(`/c/${to}#text$`));
  assert.equal(await page.locator("#text").inputValue(),
    "Dear Wim,\n\nit floats.\n\nWith a fair wind,\nCaptain Fenn\n\nInes\nTidewatch");
  assert.equal((await api(`/c/${to}`)).messages.filter((m) => m.kind === "reply").length, 0, "nothing was sent");
  await page.goto(at("/write"));
  await page.locator("#text").fill("Hello,");
  await page.getByText("Put something in").click();
  await page.locator("#inserts").getByText("Until the next tide").first().click();
  await page.getByRole("button", { name: "Sign with it" }).click();
  await page.waitForURL(/\/write#text$/);
  assert.equal(await page.locator("#text").inputValue(), "Hello,\n\nUntil the next tide");
});

/** A PNG of one colour, made by hand: no picture of anybody. */
function png(width, height) {
  const crc = (bytes) => {
    let c = ~0;
    for (const b of bytes) {
      c ^= b;
      for (let i = 0; i < 8; i++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    }
    return ~c >>> 0;
  };
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.concat(Array.from({ length: height }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x50)])));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head),
    chunk("IDAT", deflate(rows)), chunk("IEND", Buffer.alloc(0))]);
}

test("the printed letter's look is kept, and its preview is a PDF with it", { skip }, async () => {
  await page.goto(at("/voice/look"));
  await looksWell("look", "/voice/look");
  const broken = png(60, 20).subarray(0, 60);
  await page.getByLabel("Sender").fill("Tidewatch · 9 Lantern Row");
  await page.locator("input[name=mark]").setInputFiles({ name: "mark.png", mimeType: "image/png", buffer: broken });
  await keep();
  await page.getByRole("alert").getByText("The picture is broken").waitFor();
  assert.equal(await page.getByLabel("Sender").inputValue(), "Tidewatch · 9 Lantern Row");
  const whole = png(60, 20);
  await page.locator("input[name=mark]").setInputFiles({ name: "mark.png", mimeType: "image/png", buffer: whole });
  await page.getByLabel("Colour of the one stroke").fill("#a03020");
  await page.getByLabel("without", { exact: true }).check();
  await page.getByLabel("Letters and slips on").selectOption("letter");
  await keep();
  await page.getByText("Done. It counts from now on.").waitFor();
  const look = await api("/voice/look");
  assert.deepEqual([look.sender, look.accent, look.sans, look.paper, look.has_mark],
    ["Tidewatch · 9 Lantern Row", "#a03020", true, "letter", true]);
  const mark = await page.request.get(at("/voice/look/mark"));
  assert.equal(mark.headers()["content-type"], "image/png");
  assert.ok(whole.equals(await mark.body()));
  const pdf = await page.request.get(at("/voice/look/preview"));
  assert.equal(pdf.headers()["content-type"], "application/pdf");
  const file = path.join(d.data, "letter.pdf");
  fs.writeFileSync(file, await pdf.body());
  const text = spawnSync("pdftotext", ["-layout", file, "-"]).stdout.toString();
  assert.match(text, /9 Lantern Row/);
  assert.match(text, /Warm wishes from the harbour,/);
  assert.match(text, /Ines Duarte\s+Keeper of the letters/);
  assert.match(spawnSync("pdfinfo", [file]).stdout.toString(), /612 x 792/);
  // Somebody else changed it: nothing is written over unseen.
  await page.goto(at("/voice/look"));
  await post("/voice/look", { sender: "Another sender" });
  await page.getByLabel("Foot").fill("Mine");
  await keep();
  await page.getByRole("alert").getByText("Somebody changed the look").waitFor();
  assert.equal((await api("/voice/look")).foot.includes("Mine"), false);
  assert.equal((await d.api("POST", `/b/${d.slug}/voice/look`, { accent: "red" })).status, 422);
});

test("each signs for themselves; signatures stay in the brand", { skip }, async () => {
  const theirs = await colleague(browser, d, "omar@tidewatch.example", "Omar Haddad");
  const p = theirs.page;
  await p.goto(at("/account"));
  await p.getByRole("link", { name: "How you sign printed letters" }).click();
  await p.getByLabel("Sign-off").fill("Steady as she goes,");
  await p.getByLabel("Line below your name").fill("Night watch");
  await p.locator("input[name=signature]").setInputFiles({ name: "s.png", mimeType: "image/png", buffer: png(90, 30) });
  await keep(p);
  await p.getByText("Done. It counts from now on.").waitFor();
  const src = await p.getByRole("img", { name: "Your signature" }).getAttribute("src");
  await looksWell("signing", "/account/letter", { of: theirs.context });
  assert.equal((await page.request.get(d.url + src)).status(), 200, "a colleague sees it");
  const nobody = await openContext(browser, d.url);
  const answer = await nobody.request.get(d.url + src, { maxRedirects: 0 });
  assert.equal(answer.status(), 303, "whoever is not signed in is sent to sign in");
  await nobody.close();
  // An agent reads, and changes nothing.
  for (const [address, gone] of [["/voice/personas", "Add a persona"], ["/voice/world", "Write a note"]]) {
    await p.goto(at(address));
    assert.equal(await p.getByRole("link", { name: gone }).count(), 0);
  }
  await p.goto(at("/voice/words"));
  assert.equal(await p.getByLabel("The word").count(), 0);
  await p.goto(at("/voice/look"));
  assert.equal(await p.locator("main form").count(), 0);
  await looksWell("look-agent", "/voice/look", { of: theirs.context });
  assert.equal((await p.goto(at("/voice/personas/new"))).status(), 403);
  // Mara is Ines's alone.
  await p.goto(at(`/c/${milo}`));
  await p.locator("#world > summary").click();
  await p.locator("#world").getByText("Gull Pepper").waitFor();
  assert.equal(await p.locator("#world").getByText("Mara, harbour master").count(), 0);
  await p.getByText("Put something in").click();
  await p.locator("#inserts").getByText("Steady as she goes,").first().waitFor();
  await theirs.context.close();
  // As it is for everybody else, the end that somebody has of their own is not offered.
  await page.goto(at(`/c/${milo}`));
  assert.equal(await page.locator("#inserts").getByText("Steady as she goes,").count(), 0);
});

test("a crowded world stays readable beside a letter", { skip }, async () => {
  for (let i = 1; i <= 20; i++)
    await post("/voice/world", { name: `Note ${i} of the long shelf behind the crane`, text: `Shelf ${i}. ${"So much is on it. ".repeat(60)}` });
  for (let i = 1; i <= 65; i++)
    await post("/voice/words", { word: `worn${i}`, instead: i % 3 ? `fresh${i}` : "", why: i % 5 ? "" : "It has been said too often.", use: i % 4 === 0 });
  await page.goto(at(`/c/${milo}`));
  await page.locator("#world > summary").click();
  await page.locator("#world").getByRole("link", { name: "All notes" }).waitFor();
  await page.locator("#world").getByRole("link", { name: "All words" }).waitFor();
  assert.equal(await page.locator("#world").getByText(/of the long shelf/).count(), 12);
  await looksWell("panel", `/c/${milo}`, { before: async (p) => {
    await p.locator("#world > summary").click();
    await p.locator("#world").getByText("Captain Fenn, of the Night Ferry").click();
    await p.locator("#world").getByText("Note 20 of").click();
  } });
  await looksWell("words-crowded", "/voice/words");
  await page.goto(at("/voice/words"));
  assert.equal(await page.locator("li.row").count(), 50);
  await page.getByRole("link", { name: "Next page" }).click();
  await row("worn9").first().waitFor();
});
