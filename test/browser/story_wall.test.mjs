// Stories from end to end: a letter praises, a person thanks, the link in their letter asks, its writer says yes with
// their first name, the wall shows it, they take it back, and it is gone from every page; a mention, without a name and
// by keyboard alone; a letter with its picture, in German; a child's story, with a grown-up; and what signed-in people,
// mail scanners and caches cannot do. At two widths and themes.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { looksWell as lookWell, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, until } from "../lib/desk.mjs";

let d, browser, context, page, outside, guest, link, story;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const call = async (p, body) => {
  const answer = await d.api("POST", `/b/${d.slug}${p}`, body);
  assert.equal(answer.status, 200, `${p}: ${answer.text}`);
  return answer.json;
};
const wall = () => `${d.url}/stories/${d.slug}`;
const shown = async () => (await (await fetch(wall() + "/json")).json()).stories;
const looksWell = (name, address, { signedOut = false, then = null } = {}) =>
  lookWell(context, name, address, { pictures: "story", signedOut, then, but: /status of (404|410)/ });

async function tell(name, address, text) {
  const came = d.deliver(mail({ from: `${name} <${address}>`, to: d.inbox, subject: "Your letter", text }));
  assert.equal(came.status, 0, came.err);
  return until(`${name}'s letter is a story`, async () =>
    (await api("/stories")).stories.find((s) => s.customer === name));
}

/** A letter's reply, sent at once. */
let keys = 0;
const answer = async (c, body) => d.api("POST", `/b/${d.slug}/c/${c}/reply`, { subject: "Your letter", override: "A test.",
  key: `story-${++keys}`, version: (await api(`/c/${c}`)).conversation.version, ...body });
/** Asks with these words; gives the draft that the link stands in, and where it leads. */
async function ask(s, quote) {
  await call(`/stories/${s.id}/ask`, { quote });
  await page.goto(at(`/c/${s.conversation}`));
  const draft = (await page.locator("textarea[name=text]").first().inputValue()).trim();
  return { draft, door: d.url + /\/story\/[\w-]{22}/.exec(draft)[0] };
}
const forms = ["", "/atom", "/json"];
const holds = async (words) => (await Promise.all(forms.map(async (p) => (await (await fetch(wall() + p)).text()).includes(words))));

before(async () => {
  if (skip) return;
  fs.mkdirSync(path.join(root, "build/test/shots"), { recursive: true });
  d = await Desk.start({ demo: true });
  browser = await openBrowser();
  context = await openContext(browser, d.url, { javaScriptEnabled: false });
  page = await context.newPage();
  await signIn(page, d);
  outside = await openContext(browser, d.url, { javaScriptEnabled: false });
  guest = await outside.newPage();
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("a letter that praises is listed, and a person thanks", { skip }, async () => {
  assert.equal((await fetch(wall())).status, 404);
  await call("/admin/settings", { story_wall: 1 });
  story = await tell("Ottilie Brandt", "ottilie@post.example", "Dear Ines,\r\n\r\nthe tug my son and his grandad built stands on " +
    "the windowsill of ward 6. Thank you so much, it is a wonderful set! Four other patients have asked where to buy a " +
    "harbour.\r\n\r\nOttilie Brandt\r\n");
  await page.goto(at("/stories"));
  await page.getByRole("link", { name: /stands on the windowsill/ }).waitFor();
  await page.getByText("Not thanked yet", { exact: true }).last().waitFor();
  const answered = await call(`/c/${story.conversation}/reply`, { to: "ottilie@post.example", subject: "Re: Your letter",
    text: "Dear Ottilie,\n\nward 6 has the best harbour view in town.\n\nInes", override: "A test.", key: "story-thanks-1",
    version: (await api(`/c/${story.conversation}`)).conversation.version });
  assert.ok(answered);
  await page.goto(at("/stories?view=thanked"));
  await page.getByText(/Thanked by /).waitFor();
});

test("an agent chooses words and asks; the link works once the letter was sent", { skip }, async () => {
  await page.goto(at(`/stories/${story.id}`));
  const words = page.getByLabel("What would be shown");
  assert.match(await words.inputValue(), /wonderful set!/);
  await words.fill("the tug stands on the windowsill");
  await page.getByRole("button", { name: "Ask them" }).click();
  await page.getByRole("alert").getByText("do not stand so in the letter").waitFor();
  assert.equal(await words.inputValue(), "the tug stands on the windowsill");
  await looksWell("one", at(`/stories/${story.id}`));
  await words.fill("the tug my son and his grandad built stands on the windowsill of ward 6. … Four other patients have asked where to buy a harbour.");
  await page.getByRole("button", { name: "Ask them" }).click();
  await page.waitForURL(/\/c\/\d+/);
  const draft = await page.locator("textarea[name=text]").first().inputValue();
  link = d.url + new URL(/https?:\/\/\S+\/story\/[\w-]{22}/.exec(draft)[0]).pathname;
  assert.equal((await fetch(link)).status, 404);
  await call(`/c/${story.conversation}/reply`, { to: "ottilie@post.example", subject: "Re: Your letter",
    text: `Dear Ottilie,\n\nmay the others here read about ward 6? ${draft.trim()}\n\nInes`, override: "A test.",
    key: "story-ask-1", version: (await api(`/c/${story.conversation}`)).conversation.version });
  assert.equal((await fetch(link)).status, 200);
});

test("they read the very words and say yes with their first name; nobody says it for them", { skip }, async () => {
  await page.goto(link);
  await page.getByText("You are signed in to the desk: this is what they see.").waitFor();
  assert.equal(await page.getByRole("button").count(), 0);
  assert.equal(await looksWell("link", link, { signedOut: true }), 200);
  assert.equal((await shown()).length, 0);
  // What a mail scanner does, and a page of another site.
  for (const method of ["GET", "HEAD"]) await fetch(`${link}?answer=full&wall=1&team=1`, { method });
  const foreign = await fetch(link, { method: "POST", body: new URLSearchParams({ answer: "full", wall: "1" }),
    headers: { "sec-fetch-site": "cross-site" } });
  assert.equal(foreign.status, 403);
  // Nor can a yes be said to what no page has shown.
  assert.equal((await fetch(link, { method: "POST", body: new URLSearchParams({ answer: "full", wall: "1" }) })).status, 409);
  assert.equal((await shown()).length, 0);
  const second = await outside.newPage();
  await second.goto(link);
  await guest.goto(link);
  await guest.getByRole("button", { name: "Send my answer" }).click();
  await guest.getByRole("alert").getByText("Choose one of the answers").waitFor();
  await guest.getByLabel("Yes, with my first name").check();
  await guest.getByRole("button", { name: "Send my answer" }).click();
  await guest.getByRole("alert").getByText("Choose where it may be shown").waitFor();
  assert.equal(await guest.getByLabel("Yes, with my first name").isChecked(), true);
  await guest.getByLabel("On the public page").check();
  await guest.getByRole("button", { name: "Send my answer" }).click();
  await guest.getByRole("heading", { name: "Thank you" }).waitFor();
  assert.deepEqual((await shown()).map((s) => [s.name, s.child]), [["Ottilie", false]]);
  // The page that was open beside it says what stands, and thanks for nothing that was not kept.
  await second.getByLabel("Yes, with my full name").check();
  await second.getByLabel("On the walls of the team").check();
  await second.getByRole("button", { name: "Send my answer" }).click();
  await second.getByRole("heading", { name: "You said yes" }).waitFor();
  assert.deepEqual((await shown()).map((s) => s.name), ["Ottilie"]);
  await second.close();
  await fetch(`${link}?withdraw=1`);
  assert.equal((await shown()).length, 1);
  assert.equal(await looksWell("link-yes", link, { signedOut: true }), 200);
});

test("the wall shows it, without scripts, and nothing may keep it", { skip }, async () => {
  const answer = await fetch(wall());
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("cache-control"), /no-store/);
  assert.match(answer.headers.get("x-robots-tag"), /noarchive/);
  const html = await answer.text();
  assert.ok(!/<script/.test(html) && !html.includes("Brandt") && html.includes("ward 6"));
  for (const p of forms) {
    const plain = await fetch(wall() + p), again = await fetch(wall() + p, { headers: { "if-none-match": "*",
      "if-modified-since": new Date(Date.now() + 1e6).toUTCString() } });
    assert.deepEqual([plain.headers.get("etag"), plain.headers.get("last-modified"), again.status], [null, null, 200], p);
    assert.match(plain.headers.get("cache-control"), /no-store/, p);
    assert.match(plain.headers.get("x-robots-tag"), /noindex.*noarchive/, p);
    // Nothing that only the team knows.
    const text = await plain.text();
    for (const inside of [story.conversation, story.letter, "ottilie@post.example", "Brandt", "Ines"]) assert.ok(!text.includes(inside), `${p}: ${inside}`);
  }
  const atom = await fetch(wall() + "/atom");
  assert.match(atom.headers.get("content-type"), /atom\+xml/);
  assert.ok((await atom.text()).includes("ward 6"));
  assert.equal(await looksWell("wall", wall(), { signedOut: true }), 200);
  await page.goto(at("/stories?view=shown"));
  await page.getByText("Yes, with first name").waitFor();
});

test("they take it back while somebody reads, and it is gone everywhere at once", { skip }, async () => {
  const reader = await outside.newPage();
  await reader.goto(wall());
  await reader.getByText("windowsill of ward 6").waitFor();
  await guest.goto(link);
  // Many read meanwhile: whoever began after it was said gets none of it.
  let gone = false, asked = 0, late = 0;
  const readers = Array.from({ length: 4 }, async () => {
    for (let left = 3; left > 0;) {
      const after = gone;
      const text = await (await fetch(wall() + forms[asked++ % 3])).text();
      if (after) left--;
      if (after && text.includes("ward 6")) late++;
    }
  });
  await guest.getByRole("button", { name: "Take it back" }).click();
  await guest.getByRole("heading", { name: "It is gone" }).waitFor();
  gone = true;
  await Promise.all(readers);
  assert.equal(late, 0);
  assert.deepEqual(await holds("ward 6"), [false, false, false]);
  assert.ok(!(await d.api("GET", `/b/${d.slug}/stories/quotes`)).text.includes("ward 6"));
  await until("so many looks at once are over", async () => (await fetch(wall())).status === 200);
  await reader.reload();
  await reader.getByText("Nothing is shown here yet.").waitFor();
  await reader.goto(`${d.url}/sign-in`);
  await reader.goBack();
  assert.equal(await reader.getByText("windowsill of ward 6").count(), 0);
  await page.goto(at(`/stories/${story.id}`));
  await page.getByText("They took it back; it is shown nowhere.").waitFor();
});

test("a mention asks in private only, by keyboard alone, and goes when its author changes it", { skip }, async () => {
  const { id, secret } = await call("/admin/hooks", { name: "Review site", url: "https://reviews.example/posts" });
  const { address } = await api(`/admin/hooks/${id}`);
  const send = async (post) => {
    const body = JSON.stringify({ id: "r-1", author: { id: "yara", handle: "yara", name: "Yara Castellan", followers: 1240 },
      created_at: new Date(Date.now() - 5000).toISOString(), kind: "mention", ...post });
    const call_ = crypto.randomUUID(), now = Math.floor(Date.now() / 1000);
    const sign = crypto.createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`${call_}.${now}.${body}`).digest("base64");
    const r = await fetch(d.url + new URL(address).pathname, { method: "POST", body, headers: { "content-type": "application/json",
      "webhook-id": call_, "webhook-timestamp": `${now}`, "webhook-signature": `v1,${sign}` } });
    assert.equal(r.status, 200, await r.text());
  };
  await send({ text: "I told everybody I know: the Tidewatch pilot is wonderful, and Yara is a customer for life. Thank you!" });
  const yara = await until("the mention is a story", async () => (await api("/stories")).stories.find((s) => s.customer === "Yara Castellan"));
  assert.equal(yara.reach, 1240);
  assert.equal((await answer(yara.conversation, { way: "public", text: "Dear Yara, thank you, from all on the quay." })).status, 200);
  assert.ok((await api("/stories?view=thanked")).stories.some((s) => s.id === yara.id));
  const { draft, door } = await ask(yara, "the Tidewatch pilot is wonderful, and Yara is a customer for life.");
  const open = await answer(yara.conversation, { way: "public", text: `May we? ${draft}` });
  assert.equal(open.status, 409, open.text);
  assert.match(open.text, /Everybody could read this/);
  assert.equal((await fetch(door)).status, 404);
  const privately = await answer(yara.conversation, { way: "private", text: `May we? ${draft}` });
  assert.equal(privately.status, 200, privately.text);
  await guest.goto(door);
  const press = async (...all) => { for (const k of all) await guest.keyboard.press(k); };
  // Skip link, four answers as one stop, where twice, the button.
  await press("Tab", "Tab", "Space", "ArrowDown", "ArrowDown");
  assert.equal(await guest.getByLabel("Yes, without my name").isChecked(), true);
  await press("Tab", "Space", "Tab", "Tab", "Enter");
  await guest.getByRole("heading", { name: "Thank you" }).waitFor();
  assert.deepEqual((await shown()).map((s) => [s.name, s.quote]), [["", "the Tidewatch pilot is wonderful, and … is a customer for life."]]);
  assert.ok(!(await (await fetch(wall())).text()).includes("Yara"));
  await send({ text: "I told everybody: I take it all back.", edited_at: new Date().toISOString() });
  await until("the wall is without it", async () => !(await shown()).length);
  assert.deepEqual(await holds("pilot is wonderful"), [false, false, false]);
  await guest.goto(door);
  await guest.getByRole("heading", { name: "It is gone" }).waitFor();
});

test("a letter with its picture is shown with it, without what the camera wrote, and the picture goes with it", { skip }, async () => {
  const jpeg = await guest.screenshot({ type: "jpeg", clip: { x: 0, y: 0, width: 480, height: 320 } });
  const tell_tale = Buffer.from("Exif\0\0GPS 52.3702 N 4.8952 E", "latin1"), size = Buffer.alloc(2);
  size.writeUInt16BE(tell_tale.length + 2);
  const photo = Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), size, tell_tale, jpeg.subarray(2)]);
  const text = ["--b", "Content-Type: text/plain; charset=utf-8", "", "Liebe Ines,", "", "der neue Leuchtturm ist wunderbar, vielen Dank! Ich habe " +
    "allen Nachbarn davon erz\u00e4hlt.", "", "Wolfgang Petersen", "", "--b", "Content-Type: image/jpeg", "Content-Transfer-Encoding: base64",
    "Content-Disposition: attachment; filename=turm.jpg", "", photo.toString("base64").replace(/.{76}/g, "$&\r\n"), "--b--", ""].join("\r\n");
  const letter = mail({ from: "Wolfgang Petersen <wolfgang@post.example>", to: d.inbox, subject: "Der Leuchtturm", text })
    .replace("Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed; boundary=b");
  assert.equal(d.deliver(letter).status, 0);
  const wolfgang = await until("the letter is a story", async () =>
    (await api("/stories")).stories.find((s) => s.customer === "Wolfgang Petersen"));
  const { draft, door } = await ask(wolfgang, "der neue Leuchtturm ist wunderbar, vielen Dank!");
  // To whoever wrote, and to nobody else; a link of another's story not at all.
  for (const to of ["else@post.example", "wolfgang@post.example, else@post.example"])
    assert.equal((await answer(wolfgang.conversation, { to, text: `Lieber Herr Petersen, ${draft}` })).status, 422);
  assert.equal((await answer(story.conversation, { to: "ottilie@post.example", text: `Liebe Ottilie, ${draft}` })).status, 422);
  assert.equal((await answer(wolfgang.conversation, { to: "wolfgang@post.example", text: `Lieber Herr Petersen, ${draft}` })).status, 200);
  const german = await openContext(browser, d.url, { javaScriptEnabled: false, locale: "de-DE" }), him = await german.newPage();
  await until("the small picture is made", async () => (await him.goto(door)) && (await him.locator(".story-photos img").count()) === 1);
  assert.equal(await him.locator("html").getAttribute("lang"), "de");
  assert.equal(await him.locator(".story-photos img").evaluate((i) => i.complete && i.naturalWidth > 20), true);
  assert.equal(await looksWell("link-german", door, { signedOut: true }), 200);
  await him.locator("input[name=answer][value=full]").check();
  for (const name of ["wall", "photos"]) await him.locator(`input[name=${name}]`).check();
  await him.locator("form button").click();
  await until("it is shown", async () => (await shown()).length === 1);
  await him.goto(wall());
  await him.getByText("Wolfgang Petersen").waitFor();
  assert.equal(await him.locator("blockquote").getAttribute("lang"), "de");
  const [{ photos: [where] }] = await shown(), picture = await fetch(new URL(new URL(where).pathname, d.url));
  assert.equal(picture.headers.get("content-type"), "image/jpeg");
  assert.match(picture.headers.get("cache-control"), /no-store/);
  const bytes = Buffer.from(await picture.arrayBuffer()).toString("latin1");
  assert.ok(bytes.length > 500 && !bytes.includes("Exif") && !bytes.includes("GPS 52"));
  await him.goto(door);
  await him.locator("button[name=withdraw]").click();
  await until("the picture is gone", async () => (await fetch(new URL(new URL(where).pathname, d.url))).status === 404);
  assert.deepEqual(await holds("Leuchtturm"), [false, false, false]);
  assert.equal((await fetch(`${door}/photo/${new URL(where).pathname.split("/").at(-1)}`)).status, 404);
  assert.deepEqual([...german.troubles, ...german.foreign], []);
  await german.close();
});

test("a child's story waits for a grown-up, and shows no name", { skip }, async () => {
  const bram = await tell("Bram Wouters", "bram@post.example", "Hello, my name is Bram and I am 8 years old. Thank you so much " +
    "for the pilot! I took your letter to school. Everybody wanted to read Bram's letter.\r\n\r\nBram\r\n");
  await page.goto(at(`/stories/${bram.id}`));
  await page.getByText("A grown-up must say yes, and first confirm that they are there").waitFor();
  await call(`/c/${bram.conversation}/child/ask`, { email: "marit@post.example" });
  const folder = path.join(d.data, "maildir/new");
  const question = await until("the grown-up's mail", () => (fs.existsSync(folder) ? fs.readdirSync(folder) : [])
    .map((f) => fs.readFileSync(path.join(folder, f), "latin1").replace(/=\r?\n/g, ""))
    .map((t) => (t.includes("To: marit@post.example") ? /\/grown-up\/[\w-]{22}/.exec(t)?.[0] : null)).find(Boolean));
  await guest.goto(d.url + question);
  await guest.getByLabel("Your name").fill("Marit Wouters");
  await guest.getByLabel("The address, as it should stand on the parcel").fill("Marit Wouters\nKade 4\n1011 AB Amsterdam");
  await guest.getByLabel("Country").fill("Netherlands");
  await guest.getByRole("button", { name: "Send my answer" }).click();
  await guest.getByRole("heading", { name: "Thank you" }).waitFor();
  const asked = await call(`/stories/${bram.id}/ask`, { quote: "Thank you so much for the pilot! … Everybody wanted to read Bram's letter." });
  assert.equal(asked.conversation, bram.conversation);
  await page.goto(at(`/c/${bram.conversation}`));
  assert.match(await page.locator("input[name=to]").first().inputValue(), /marit@post\.example/);
  const draft = await page.locator("textarea[name=text]").first().inputValue();
  const ask = (to, key) => d.api("POST", `/b/${d.slug}/c/${bram.conversation}/reply`, { to, subject: "Bram's letter",
    text: `Dear Marit, may we? ${draft.trim()}`, override: "A test.", key });
  const refused = await ask("bram@post.example", "story-child-1");
  assert.equal(refused.status, 422, refused.text);
  assert.equal((await ask("marit@post.example", "story-child-2")).status, 200);
  const door = d.url + /\/story\/[\w-]{22}/.exec(draft)[0];
  await guest.goto(door);
  assert.ok(!(await guest.content()).includes("Bram"));
  assert.equal(await guest.getByLabel("Yes, with my").count(), 0);
  await guest.getByLabel("Yes, without any name").check();
  await guest.getByLabel("On the public page").check();
  await guest.getByRole("button", { name: "Send my answer" }).click();
  await guest.getByRole("alert").getByText("Only a grown-up who looks after the child").waitFor();
  await guest.getByLabel("I am a grown-up who looks after this child").check();
  await guest.getByLabel("On the walls of the team").check();
  await guest.getByRole("button", { name: "Send my answer" }).click();
  await guest.getByRole("heading", { name: "Thank you" }).waitFor();
  assert.deepEqual((await shown()).map((s) => [s.name, s.child, s.photos.length]), [["", true, 0]]);
  assert.ok(!(await (await fetch(wall())).text()).includes("Bram"));
  assert.ok((await api("/stories/letters?kind=thanks")).letters.some((l) => l.customer === "Bram Wouters"));
  // What is refused is said by a status, too.
  assert.deepEqual(outside.troubles.filter((t) => !/status of 422/.test(t)), []);
});
