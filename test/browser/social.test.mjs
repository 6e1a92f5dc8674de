// Posts in the browser: connecting an account (a fake Mastodon server, see its file), a post with a content warning, a
// picture and a right-to-left name, an answer that becomes a thread, one that goes privately, and no scripts at all.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root, until } from "../lib/desk.mjs";
import { MastodonFake } from "../lib/mastodon_fake.mjs";

/** One red point. */
const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
const shots = path.join(root, "build/test/shots");
let d, fake, browser, context, page, account;
const at = (p) => `/b/${d.slug}${p}`;
const get = async (p) => (await d.api("GET", at(p))).json;
const picture = (name) => (width, scheme) => path.join(shots, `${name}-${width}-${scheme}.png`);
const comes = (words) => until(`"${words}" on the list`, async () => {
  await d.api("POST", at(`/admin/accounts/${account}/look`), {});
  return (await get("/list/waiting")).conversations.find((c) => c.snippet.includes(words));
});

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  fake = await MastodonFake.start();
  d = await Desk.start({ serve: false });
  const config = path.join(d.data, "desk.json");
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config)), posts_inside: true }));
  await d.serve();
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  fake?.stop();
});

test("an account is connected, paused, and never gives its token back", { skip, timeout: 60000 }, async () => {
  await page.goto(d.url + at("/admin/accounts"));
  await page.getByLabel("Mastodon, or a server that speaks its language").check();
  await page.locator("main [name=account]").fill("@help");
  await page.locator("main [name=server]").fill(fake.url);
  await page.locator("main [name=password]").fill("wrong");
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.locator("main [name=account]").inputValue(), "@help", "what was typed is there");
  await page.locator("main [name=password]").fill(fake.token);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByRole("heading", { name: "How it goes" }).waitFor();
  assert.ok(!(await page.content()).includes(fake.token));
  account = /accounts\/(\d+)/.exec(page.url())[1];
  assert.deepEqual(await everyLook(page, "account", picture("admin-account")), []);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
});

test("a post is shown as what it is, and answered as a thread", { skip, timeout: 90000 }, async () => {
  fake.account("mina@far.example", { display_name: "مينا الكبيرة" });
  fake.write("mina@far.example", "@help@toys.example The harbour crane is stuck again and the boat waits.", {
    spoiler_text: "broken toy",
    media: [{ id: "1", type: "image", url: "https://pictures.example/crane.jpg", description: "A crane with its hook in the water" }],
  });
  const c = await comes("The harbour crane is stuck");
  await page.goto(d.url + at(`/c/${c.id}`));
  const letter = page.locator("article.letter");
  await letter.getByText("@mina@far.example").waitFor();
  const words = letter.locator(".paper__body").getByText("The harbour crane is stuck");
  assert.equal(await words.isVisible(), false, "a content warning folds the words");
  await letter.getByText("broken toy").click();
  await words.waitFor();
  assert.match(await letter.locator(".post-images").innerText(), /A crane with its hook in the water/);
  assert.deepEqual(context.foreign, [], "nothing was fetched from elsewhere");
  assert.equal(await page.getByLabel("To", { exact: true }).isVisible(), false, "a post has no line of recipients");
  // It is counted while it is typed, and parted where it is too long.
  const area = page.locator("#text");
  await area.fill("Dear Mina 👨‍👩‍👧‍👦");
  await page.locator("#fit").getByText(/^\d+ of 490 characters$/).waitFor();
  await area.fill("Dear Mina, pull the red lever, and the crane lets go. ".repeat(14));
  await page.locator("#fit").getByText("it leaves as 2 posts in a row").waitFor();
  await page.getByText("How it is parted").click();
  assert.equal(await page.locator("#fit ol li").count(), 2);
  assert.match(await page.locator("#fit ol li").first().innerText(), /^@mina@far\.example Dear Mina/);
  // A picture goes along when somebody has said what it shows.
  await page.locator("[data-attach] input[type=file]").setInputFiles({ name: "lever.png", mimeType: "image/png", buffer: png });
  const shows = page.getByLabel("What lever.png shows");
  await shows.waitFor();
  assert.deepEqual(await everyLook(page, "post", picture("conversation-post")), []);
  await page.setViewportSize({ width: 1440, height: 900 });
  await area.fill("Dear مينا, look at the red lever.");
  await page.locator("[data-send-button]").click();
  await page.locator("#conflict").getByText("Say in words what").waitFor();
  const kept = page.waitForResponse((r) => r.url().endsWith("/describe"));
  await shows.fill("A red lever at the foot of the crane");
  await kept;
  await page.reload();
  assert.equal(await shows.inputValue(), "A red lever at the foot of the crane");
  await area.fill("x".repeat(600));
  await page.locator(".fit__wrong").waitFor();
  await page.locator("[data-send-button]").click();
  await page.locator("#conflict").getByText(/longer than/).waitFor();
  assert.equal((await area.inputValue()).length, 600, "what was typed stays");
  await area.fill("Dear مينا, pull the red lever, and the crane lets go. ".repeat(12));
  await page.locator("#fit").getByText("it leaves as 2 posts in a row").waitFor();
  await page.locator("[data-send-button]").click();
  await page.locator("#held").waitFor();
  const sent = (await get(`/c/${c.id}`)).messages.at(-1);
  assert.deepEqual(sent.files.map((f) => f.name), ["lever.png"]);
});

test("without scripts the way is chosen and the length is shown", { skip, timeout: 60000 }, async () => {
  fake.write("tom@far.example", "@help@toys.example where is my boat?");
  const c = await comes("where is my boat");
  const bare = await openContext(browser, d.url, { javaScriptEnabled: false, storageState: await context.storageState() });
  const plain = await bare.newPage();
  await plain.goto(d.url + at(`/c/${c.id}`));
  await plain.locator("#text").fill("Dear Tom, it is on its way.");
  await plain.getByRole("button", { name: "Count" }).click();
  await plain.locator("#fit").getByText(/^3\d of 500 characters$/).waitFor();
  await plain.getByLabel("Privately, to them alone").check();
  await plain.locator("[data-send-button]").click();
  await plain.getByText("@tom@far.example, privately").waitFor();
  await bare.close();
  assert.deepEqual(context.troubles.filter((t) => !/status of 4(09|22)/.test(t)), []);
});
