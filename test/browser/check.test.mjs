// Listening and the letter check as an agent meets them: what a letter says, notes beside a reply while it is
// typed, what stops a send, and all of it without scripts too. The letters are the demo's, the replies ours.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { axeFindings, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, sleep, until } from "../lib/desk.mjs";

let d, browser, context, page, plain, milo;

const canned = (name) => `Dear ${name},

Thank you for contacting us. We are sorry for any inconvenience this may have caused. Your request has been registered and will be handled in the order in which it came in.

Unfortunately we cannot replace pieces that were lost at home. Spare pieces can be ordered through our shop as long as stocks last. We will look into the matter and get back to you shortly.

Yours sincerely,
Ines Duarte`;

const written = `Dear Milo,

I read your letter on the quay this morning, and when you took your glove off and Keeper Juno fell down the drain I had to sit down. You saved since Easter, and then you cried all the way to the library.

Yes, I can send you another Keeper Juno. I packed her myself, and she will be with you on Friday.

And yes, she knows Captain Fenn. They are friends: they share a thermos on the pier every Sunday. It is good that you will never take her on the tram again, and your gran was right.

Could a grown-up at home tell me where the parcel should go?

Ines`;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const idOf = async (name) => (await api("/list/waiting")).conversations.find((c) => c.customer_name === name).id;
const replies = async (id) => (await api(`/c/${id}`)).messages.filter((m) => m.kind === "reply");
const check = async (id, text, more = {}) => (await d.api("POST", `/b/${d.slug}/c/${id}/check`, { text, ...more })).json;
const loud = (remarks) => remarks.filter((r) => r.level !== "fine").map((r) => `${r.level} ${r.kind}: ${r.says}`);
const notes = (p, tone) => p.locator(`.margin-note[data-tone=${tone}]`);
const quiet = (troubles) => troubles.filter((t) => !/status of (409|422)/.test(t));

before(async () => {
  if (skip) return;
  d = await Desk.start({ demo: true });
  const kept = await d.api("POST", `/b/${d.slug}/admin/settings`, { undo_seconds: "1" });
  assert.equal(kept.status, 200, kept.text);
  milo = await idOf("Milo Ferreira");
  // The history: three others got the same letter.
  for (const [name, first] of [["Henrike Solberg", "Henrike"], ["Gaspard Lemoine", "Gaspard"], ["Wim de Graaf", "Wim"]]) {
    const sent = await d.api("POST", `/b/${d.slug}/c/${await idOf(name)}/reply`, { text: canned(first), override: "History for this test." });
    assert.equal(sent.status, 200, sent.text);
  }
  await until("the replies are learned", async () => (await check(milo, canned("Milo"))).remarks.some((r) => r.kind === "canned_letter" && r.level === "stop"), 30000);
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("the letter shows what it says, each with its why and its words marked", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  const letter = page.locator("[data-letter]");
  assert.match((await letter.locator("mark.mark--name").allInnerTexts()).join(), /Milo/);
  assert.match((await letter.locator("mark.mark--ask").allInnerTexts()).join("|"), /another Keeper Juno/);
  await page.getByText("A child may have written this.").waitFor();
  const heard = page.locator("details.heard[open]");
  assert.match(await heard.innerText(), /in English/);
  const ask = heard.locator(".found[data-kind=ask]").first();
  const why = ask.locator("details.why > summary");
  await why.focus();
  await page.keyboard.press("Enter");
  assert.ok(await ask.locator("details.why[open] p").first().isVisible());
  // What the page marks is what the API says.
  const said = (await api(`/c/${milo}`)).messages.find((m) => m.kind === "letter");
  const whole = await api(`/m/${said.id}/findings`);
  assert.deepEqual(said.heard.findings, whole.findings);
  const bytes = Buffer.from(whole.text);
  for (const f of whole.findings) assert.equal(bytes.subarray(f.start, f.end).toString(), f.text);
  assert.equal(whole.child, true);
  assert.equal(whole.language, "en");
});

test("a finding is struck out, put back, corrected and added, without leaving what is typed", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  await page.locator("#text").fill("Dear Milo, a start.");
  const heard = page.locator("details.heard[open]");
  const feeling = heard.locator(".found[data-kind=feeling]").first();
  const words = await feeling.locator(".quote").innerText();
  await feeling.locator("details.why > summary").click();
  await feeling.getByRole("button", { name: "Strike it out" }).click();
  await heard.locator("s").first().waitFor();
  assert.equal(words.includes(await heard.locator("s").first().innerText()), true);
  assert.equal(await page.locator("#text").inputValue(), "Dear Milo, a start.");
  assert.equal(await page.evaluate(() => document.activeElement.closest("details.heard") !== null), true);
  await heard.getByRole("button", { name: /Put back/ }).click();
  await until("it is back", async () => (await heard.locator("s").count()) === 0);
  const name = heard.locator(".found[data-kind=name]").first();
  await name.locator("details.why > summary").click();
  await name.getByLabel("It is").fill("Milo Marten");
  await name.getByRole("button", { name: "Correct it" }).click();
  await heard.locator(".found", { hasText: "Milo Marten" }).first().waitFor();
  await heard.getByText("Add what was missed").click();
  // Words selected in the letter go into the form.
  await page.locator("[data-letter]").evaluate((box) => {
    const walk = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const i = n.data.indexOf("they are friends");
      if (i >= 0) document.getSelection().setBaseAndExtent(n, i, n, i + 16);
    }
  });
  const form = page.locator("form[data-add]");
  await until("the words are there", async () => (await form.getByLabel("Words from the letter").inputValue()) === "they are friends");
  await form.getByLabel("They are").selectOption("event");
  await form.getByRole("button", { name: "Add it" }).click();
  await page.locator("[data-letter] mark.mark--event", { hasText: "they are friends" }).waitFor();
  assert.equal(await page.locator("#text").inputValue(), "Dear Milo, a start.");
  const states = (await api(`/c/${milo}`)).messages.find((m) => m.kind === "letter").heard.findings.map((f) => f.state);
  assert.ok(states.includes("corrected") && states.includes("added"), states.join());
  // Words that are not there are refused in place.
  await heard.getByText("Add what was missed").click();
  await form.getByLabel("Words from the letter").fill("an elephant");
  await form.getByRole("button", { name: "Add it" }).click();
  await form.getByText("These words are not in the letter.").waitFor();
  context.troubles = quiet(context.troubles);
});

test("a canned reply is typed: notes appear beside it, soon after the pause, and are announced once", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  const text = page.locator("#text");
  await text.fill("");
  const asked = [];
  page.on("request", (q) => /\/check$/.test(q.url()) && asked.push(Date.now()));
  const top = () => text.evaluate((t) => t.getBoundingClientRect().top + scrollY);
  const before_ = await top();
  await text.click();
  await page.keyboard.insertText(canned("Milo"));
  await notes(page, "stop").first().waitFor();
  assert.match((await page.locator(".margin-note").allInnerTexts()).join("\n"), /3 other customers|3 more other customers|3 other/);
  for (const kind of ["canned", "canned_letter", "promise", "ask", "stock"])
    assert.ok((await page.locator(`.margin-note[data-kind=${kind}]`).count()) > 0, `${kind} is noted`);
  assert.equal(await top(), before_);
  // How long from the last key to the notes.
  const took = await page.evaluate(() => new Promise((resolve) => {
    const area = document.getElementById("text");
    const sum = document.querySelector("[data-notes-list]");
    let from = 0;
    new MutationObserver(() => from && resolve(performance.now() - from)).observe(sum, { childList: true, subtree: true, attributes: true });
    area.setRangeText("Dear Anna, we will write soon.\n", 0, 0, "end");
    from = performance.now();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }));
  console.log(`# from the last key to the notes: ${Math.round(took)} ms`);
  assert.ok(took < 600, `${took} ms`);
  await text.fill(canned("Milo"));
  await until("the summary is announced", async () => /stop.*note/.test(await page.locator("[data-notes-said]").textContent()));
  assert.match(await page.locator("[data-notes-sum]").innerText(), /\d+ stops?, \d+ notes/);
  assert.ok(asked.length < 12, `${asked.length} questions`);
});

test("each note leads by keyboard to the letter's words or to the earlier replies, and back", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  await page.locator("#text").fill(canned("Milo"));
  const ask = page.locator(".margin-note[data-kind=ask] .note__go").first();
  await ask.waitFor();
  await ask.focus();
  await page.keyboard.press("Enter");
  assert.match(await page.evaluate(() => [...(CSS.highlights.get("linked") ?? [])].map(String).join()), /Juno|Fenn/);
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  const same = page.locator(".margin-note[data-kind=canned] .note__go").first();
  await same.focus();
  await page.keyboard.press("Enter");
  const seen = page.locator("#seen");
  await seen.getByRole("link", { name: "Open this reply" }).first().waitFor();
  assert.ok((await seen.locator("q").first().innerText()).length > 10);
  const link = await seen.getByRole("link").first().getAttribute("href");
  await page.keyboard.press("Escape");
  const go = await context.request.get(d.url + link, { maxRedirects: 0 });
  assert.match(go.headers().location ?? "", /\/c\/\d+#m-\d+$/);
});

test("while one question is on its way no other is asked, and its stale answer is dropped", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  await page.locator("#text").fill("");
  let open = 0, most = 0, n = 0;
  await page.route("**/check", async (route) => {
    open++;
    n++;
    most = Math.max(most, open);
    const answer = await route.fetch();
    await sleep(400);
    open--;
    await route.fulfill({ response: answer });
  });
  await page.locator("#text").click();
  for (const piece of ["Dear Anna,\n\n", "we will ", "write soon. ", "Yours, Ines"]) {
    await page.keyboard.insertText(piece);
    await sleep(150);
  }
  await until("an answer about the last words", async () => (await page.locator(".margin-note").count()) > 0);
  await sleep(600);
  assert.equal(most, 1);
  assert.ok(n <= 3, `${n} questions`);
  const marked = await page.locator(".write__mirror").textContent();
  assert.match(marked, /Yours, Ines/);
  await page.unroute("**/check");
});

test("what stops a send is shown, nothing is lost, and the rewritten letter leaves with no note left", { skip }, async () => {
  await page.goto(at(`/c/${milo}`));
  const text = page.locator("#text");
  await text.fill(canned("Milo"));
  await page.locator("[data-send-button]").last().click();
  const conflict = page.locator("#conflict");
  await conflict.getByText("Not sent yet: the letter check stops it").waitFor();
  assert.equal(await text.inputValue(), canned("Milo"));
  assert.equal((await replies(milo)).length, 0);
  await conflict.getByRole("button", { name: "Send anyway" }).click();
  await conflict.getByText("Say it in one sentence.").waitFor();
  assert.equal((await replies(milo)).length, 0);
  assert.deepEqual(await axeFindings(page), []);
  // A first rewriting, which still holds something; then the letter itself.
  await text.fill(written.replace("on Friday", "soon"));
  await notes(page, "look").first().waitFor();
  await until("the stops are gone", async () => (await notes(page, "stop").count()) === 0);
  await text.fill(written);
  await until("no note is left", async () =>
    (await page.locator("[data-notes-sum]").textContent()) === "Nothing to look at", 5000).catch(async (e) => {
    throw new Error(`${e.message}: ${loud((await check(milo, written)).remarks).join("\n")}`);
  });
  assert.ok((await notes(page, "ok").count()) > 2);
  assert.match(await page.locator("[data-due]").innerText(), /Friday/);
  const panel = page.locator("details.heard[open]");
  assert.equal(await panel.locator("[data-ask-state][data-tone=look]:visible").count(), 0);
  assert.ok((await panel.getByText("Answered in your reply").count()) > 0);
  await page.locator("[data-send-button]").last().click();
  await until("it is sent", async () => (await replies(milo)).length === 1);
  assert.equal((await replies(milo))[0].text, written);
  context.troubles = quiet(context.troubles);
});

test("a program is refused with the same stops, and may say why it sends all the same", { skip }, async () => {
  const id = await idOf("R. Okonkwo");
  const refused = await d.api("POST", `/b/${d.slug}/c/${id}/reply`, { text: canned("R.") });
  assert.equal(refused.status, 409, refused.text);
  assert.ok(refused.json.error.stops.some((s) => s.kind === "canned_letter"));
  const sent = await d.api("POST", `/b/${d.slug}/c/${id}/reply`, { text: canned("R."), override: "They asked for this very wording." });
  assert.equal(sent.status, 200, sent.text);
  // Bytes for programs, UTF-16 units for pages.
  const text = "Grüße \u{1F60A} an Anna,\n\nwe will write soon.";
  const inBytes = (await check(milo, text)).remarks;
  const inUnits = (await check(milo, text, { units: "utf16" })).remarks;
  assert.equal(inBytes.length, inUnits.length);
  inBytes.forEach((r, i) => {
    assert.equal(Buffer.from(text).subarray(r.start, r.end).toString(), text.slice(inUnits[i].start, inUnits[i].end));
  });
  assert.equal((await d.api("POST", `/b/${d.slug}/c/${milo}/check`, { text, units: "words" })).status, 422);
});

test("without scripts: Check shows the remarks and keeps the draft; a stop asks for one sentence", { skip }, async () => {
  const bare = await openContext(browser, d.url, { javaScriptEnabled: false });
  plain = await bare.newPage();
  await signIn(plain, d);
  const id = await idOf("Priory Lane School");
  await plain.goto(at(`/c/${id}`));
  const text = plain.locator("#text");
  await text.fill(canned("Priory Lane"));
  await plain.getByRole("button", { name: "Check", exact: true }).click();
  await plain.locator("#check").waitFor();
  assert.match(await plain.locator("#check").innerText(), /\d+ stops?, \d+ notes/);
  assert.equal(await text.inputValue(), canned("Priory Lane"));
  await plain.getByRole("button", { name: /^Send to/ }).click();
  await plain.getByText("Not sent yet: the letter check stops it").waitFor();
  assert.equal(await text.inputValue(), canned("Priory Lane"));
  await plain.getByLabel("Send anyway because").fill("The school asked for our standard letter.");
  await plain.getByRole("button", { name: "Send anyway" }).click();
  await until("it is sent", async () => (await replies(id)).length === 1);
  // Findings by plain forms.
  const tove = await idOf("Tove Lind");
  await plain.goto(at(`/c/${tove}`));
  const found = plain.locator("details.heard .found").first();
  await found.locator("details.why > summary").click();
  await found.getByRole("button", { name: "Strike it out" }).click();
  await plain.locator("details.heard s").first().waitFor();
  assert.match(plain.url(), /#heard-\d+$/);
  assert.deepEqual(quiet(bare.troubles), []);
  await bare.close();
});

test("on a phone the notes are a list below, folded, and the text does not move when they come", { skip }, async () => {
  const id = await idOf("Abdul-Karim Yusuf");
  for (const colorScheme of ["light", "dark"]) {
    const phone = await openContext(browser, d.url, { viewport: { width: 390, height: 844 }, colorScheme });
    const p = await phone.newPage();
    await signIn(p, d);
    await p.goto(at(`/c/${id}`));
    const text = p.locator("#text");
    await text.fill("Dear Anna, ");
    await p.locator("#notes-box:not([hidden])").waitFor();
    const place = () => text.evaluate((t) => t.getBoundingClientRect().top + scrollY);
    const was = await place();
    await text.fill("Dear Anna, we will write soon.");
    await until("there are notes", async () => (await p.locator(".margin-note").count()) > 0);
    assert.equal(await place(), was);
    assert.ok(await p.locator(".margin-note").first().isHidden());
    await p.locator("#notes-box > summary").click();
    assert.ok(await p.locator(".margin-note").first().isVisible());
    assert.equal(await p.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    assert.deepEqual(await axeFindings(p), [], colorScheme);
    assert.deepEqual(phone.troubles, []);
    await phone.close();
  }
});

test("axe finds nothing on a letter with notes, in light and dark; no page had a script's error", { skip }, async () => {
  const id = await idOf("Abdul-Karim Yusuf");
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.goto(at(`/c/${id}`));
    await page.locator("#text").fill(canned("Anna"));
    await notes(page, "stop").first().waitFor();
    // With everything open that can be opened beside the letter.
    await page.evaluate(() => document.querySelectorAll("details.heard details").forEach((x) => { x.open = true; }));
    assert.deepEqual(await axeFindings(page), [], colorScheme);
    await page.goto(at("/write"));
    await page.locator("#text").fill("We will write soon.");
    await page.locator(".margin-note").first().waitFor();
    assert.deepEqual(await axeFindings(page), [], `${colorScheme}, first letter`);
  }
  assert.deepEqual(context.foreign, []);
  assert.deepEqual(quiet(context.troubles), []);
});
