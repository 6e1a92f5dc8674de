// Stories from end to end: a letter praises, a person thanks, the link in their letter asks, its writer says yes with
// their first name, the wall shows it, they take it back, and it is gone from every page; a child's story, with a
// grown-up; and what signed-in people cannot do. At two widths and themes.
import assert from "node:assert/strict";
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
  assert.equal(await looksWell("link-yes", link, { signedOut: true }), 200);
});

test("the wall shows it, without scripts, and nothing may keep it", { skip }, async () => {
  const answer = await fetch(wall());
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("cache-control"), /no-store/);
  assert.match(answer.headers.get("x-robots-tag"), /noarchive/);
  const html = await answer.text();
  assert.ok(!/<script/.test(html) && !html.includes("Brandt") && html.includes("ward 6"));
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
  await guest.getByRole("button", { name: "Take it back" }).click();
  await guest.getByRole("heading", { name: "It is gone" }).waitFor();
  for (const p of ["", "/atom", "/json"]) assert.ok(!(await (await fetch(wall() + p)).text()).includes("ward 6"), p);
  await reader.reload();
  await reader.getByText("Nothing is shown here yet.").waitFor();
  await reader.goto(`${d.url}/sign-in`);
  await reader.goBack();
  assert.equal(await reader.getByText("windowsill of ward 6").count(), 0);
  await page.goto(at(`/stories/${story.id}`));
  await page.getByText("They took it back; it is shown nowhere.").waitFor();
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
