// Conversations put together, parted and moved as an agent does it, each taken back; what may belong together, beside
// the letter; a forwarded letter that becomes its writer's. With and without scripts, at two widths, light and dark.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, mail, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, bare, plain;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const look = (p, name) => everyLook(p, name, (width, scheme) => path.join(shots, `${name}-${width}-${scheme}.png`));
const comes = (options) => {
  const r = d.deliver(mail(options));
  assert.ok(r.conversation, r.out + r.err);
  return r.conversation;
};
const text = (p) => p.locator("main").innerText();

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start();
  await d.api("POST", `/b/${d.slug}/admin/inboxes`, { address: "help@desk.test" });
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
});

for (const scripts of [true, false]) {
  const who = () => (scripts ? page : plain);
  const name = scripts ? "merge" : "merge-plain";

  test(`two conversations become one and are taken apart again${scripts ? "" : ", without scripts"}`, { skip }, async () => {
    const p = who(), from = `Ada Quay <ada${scripts ? 1 : 2}@customer.test>`;
    const first = comes({ from, subject: "The crane", text: "Hello,\r\n\r\nthe crane has no hook.\r\n" });
    const second = comes({ from, subject: "Another thing", text: "Hello again,\r\n\r\nand the hook is blue.\r\n" });
    const number = (await api(`/c/${second}`)).conversation.number;
    await p.goto(at(`/c/${second}`));
    const related = p.locator("#related");
    assert.match(await related.innerText(), /Possibly the same matter/);
    if (scripts) assert.deepEqual(await look(p, "related"), []);
    await related.getByRole("link", { name: /^Merge with/ }).click();
    await p.waitForURL(new RegExp(`/c/${second}/merge/${first}`));
    assert.match(await text(p), /This one stays/);
    if (scripts) assert.deepEqual(await look(p, "merge-confirm"), []);
    await p.getByRole("button", { name: /^Merge \d+ into \d+/ }).click();
    await p.waitForURL(new RegExp(`/c/${first}$`));
    assert.match(await text(p), /and the hook is blue/);
    assert.match(await text(p), new RegExp(`merged conversation ${number} into this one`));
    // Old links lead there.
    await p.goto(at(`/c/${second}`));
    assert.equal(new URL(p.url()).pathname, `/b/${d.slug}/c/${first}`);
    if (scripts) {
      await p.locator("#main").focus();
      await p.keyboard.press("m");
    } else {
      await p.getByRole("link", { name: "Merge, split or move" }).click();
    }
    await p.getByRole("button", { name: /^Undo: Conversation/ }).click();
    await p.waitForURL(new RegExp(`/c/${second}$`));
    await p.goto(at(`/c/${first}`));
    assert.doesNotMatch(await p.locator("#thread").innerText(), /and the hook is blue|merged/);
    // It is another matter, and then nobody is asked again.
    await p.goto(at(`/c/${second}`));
    await p.getByRole("button", { name: /^Not the same matter/ }).click();
    await p.waitForURL(/#related/);
    assert.doesNotMatch(await p.locator("#related").innerText(), /Possibly/);
  });

  test(`strangers are merged only by name${scripts ? "" : ", without scripts"}`, { skip }, async () => {
    const p = who(), k = scripts ? 1 : 2;
    const one = comes({ from: `Bo Pier <bo${k}@customer.test>`, subject: `Lantern ${k}`, text: "The lantern is dark.\r\n" });
    const other = comes({ from: `Cy Dock <cy${k}@elsewhere.test>`, subject: `Parcel ${k}`, text: `A zeppelin${k} fell on it.\r\n` });
    await p.goto(at(`/c/${one}/merge`));
    assert.match(await text(p), /has no other conversation/);
    await p.getByLabel("Number, name, address or words of a letter").fill(`zeppelin${k}`);
    await p.keyboard.press("Enter");
    await p.waitForURL(/q=zeppelin/);
    if (scripts) assert.deepEqual(await look(p, "merge-found"), []);
    await p.getByRole("link", { name: new RegExp(`Parcel ${k}`) }).click();
    assert.match(await text(p), /letters of two people: Bo Pier and Cy Dock/);
    if (scripts) assert.deepEqual(await look(p, "merge-strangers"), []);
    const button = p.getByRole("button", { name: /^Merge \d+ into \d+/ });
    await button.click();
    assert.match(p.url(), /\/merge\//, "nothing is sent before both are named");
    await p.getByLabel("Bo Pier and Cy Dock belong together here").check();
    // A letter comes meanwhile: nothing is merged unseen.
    await d.api("POST", `/b/${d.slug}/c/${one}/note`, { text: "Careful." });
    await button.click();
    await until("the refusal", async () => /after you opened it/.test(await text(p)));
    await p.getByLabel("Bo Pier and Cy Dock belong together here").check();
    await p.getByRole("button", { name: /^Merge \d+ into \d+/ }).click();
    await p.waitForURL(new RegExp(`/c/${other}$`));
    assert.match(await text(p), /The lantern is dark/);
  });

  test(`messages are split off, and a conversation moves${scripts ? "" : ", without scripts"}`, { skip }, async () => {
    const p = who(), k = scripts ? 1 : 2;
    const from = `Di Mole <di${k}@customer.test>`;
    const one = comes({ from, subject: `Sails ${k}`, text: "The sails are red.\r\n" });
    const two = comes({ from, subject: `Oars ${k}`, text: "Also, an oar is missing.\r\n" });
    await d.api("POST", `/b/${d.slug}/c/${two}/merge`, { into: one });
    await p.goto(at(`/c/${one}/merge`));
    if (scripts) assert.deepEqual(await look(p, name), []);
    await p.getByRole("button", { name: "Split them off" }).click();
    await until("the refusal", async () => /Choose at least one/.test(await text(p)));
    await p.getByLabel(/an oar is missing/).check();
    await p.getByLabel("Subject of the new conversation").fill("The missing oar");
    await p.getByRole("button", { name: "Split them off" }).click();
    await p.waitForURL((url) => /\/c\/\d+$/.test(url.pathname) && !url.pathname.endsWith(`/${one}`));
    assert.match(await text(p), /an oar is missing/);
    assert.doesNotMatch(await p.locator("#thread").innerText(), /sails are red/);
    assert.match(await p.locator("#thread").innerText(), /The missing oar/);
    await p.getByRole("link", { name: "Merge, split or move" }).click();
    await p.locator("select[name=inbox]").selectOption({ label: "help@desk.test" });
    await p.getByRole("button", { name: "Move it" }).click();
    await p.waitForURL(/\/c\/\d+$/);
    assert.match(await text(p), /E-mail to help@desk\.test/);
    await p.getByRole("link", { name: "Merge, split or move" }).click();
    if (scripts) assert.deepEqual(await look(p, "merge-done"), []);
    await p.getByRole("button", { name: /^Undo: Moved/ }).click();
    await p.waitForURL(/\/c\/\d+$/);
    assert.match(await text(p), /E-mail to letters@desk\.test/);
    await p.goto(at(`/c/${one}/merge`));
    await p.getByRole("button", { name: /^Undo: Messages/ }).click();
    await p.waitForURL(new RegExp(`/c/${one}$`));
    assert.match(await p.locator("#thread").innerText(), /an oar is missing/);
  });

  test(`a forwarded letter becomes its writer's${scripts ? "" : ", without scripts"}`, { skip }, async () => {
    const p = who(), k = scripts ? 1 : 2;
    const id = comes({ from: `Ines <${d.email}>`, subject: "Fwd: The lighthouse",
      text: `Can somebody take this?\r\n\r\n---------- Forwarded message ---------\r\nFrom: Fay Light <fay${k}@writer.test>\r\n` +
        "Date: Tue, 5 May 2026 at 20:42\r\nSubject: The lighthouse\r\n\r\nHello,\r\n\r\nits lamp is out.\r\n" });
    await p.goto(at(`/c/${id}`));
    const offer = p.locator("#forwarded");
    assert.match(await offer.innerText(), /forwarded a letter of Fay Light/);
    if (scripts) assert.deepEqual(await look(p, "forwarded"), []);
    await offer.getByLabel("Their address").fill("letters@desk.test");
    await offer.getByRole("button").click();
    await until("the refusal", async () => /address of ours/.test(await text(p)));
    await offer.getByLabel("Their address").fill(`fay${k}@writer.test`);
    await offer.getByRole("button").click();
    await until("their letter", async () => /Fay Light/.test(await p.locator("#conv-head h1").innerText()));
    assert.equal(await p.locator("#forwarded").count(), 0);
    assert.match(await p.getByLabel("To", { exact: true }).first().inputValue(), new RegExp(`fay${k}@writer\\.test`));
    if (scripts) assert.deepEqual(await look(p, "forwarded-done"), []);
    await p.goto(at(`/c/${id}/merge`));
    await p.getByRole("button", { name: /^Undo: A letter that/ }).click();
    await p.waitForURL(new RegExp(`/c/${id}$`));
    assert.equal(await p.locator("#forwarded").count(), 1);
  });
}

test("what is typed into a page whose conversation was merged meanwhile is not lost", { skip }, async () => {
  const from = "Gil Reef <gil@customer.test>";
  const one = comes({ from, subject: "Masts", text: "A mast broke.\r\n" });
  const two = comes({ from, subject: "Ropes", text: "A rope broke.\r\n" });
  await plain.goto(at(`/c/${one}`));
  await plain.locator("#note summary").click();
  await plain.getByLabel("Note, never sent to the customer").fill("Two masts, to be exact.");
  const merged = await d.api("POST", `/b/${d.slug}/c/${one}/merge`, { into: two });
  assert.equal(merged.status, 200, merged.text);
  await plain.getByRole("button", { name: "Keep the note" }).click();
  assert.match(await text(plain), /merged into another one meanwhile/);
  assert.equal((await plain.getByLabel("Note, never sent to the customer").inputValue()).trim(), "Two masts, to be exact.");
  const refused = await d.api("POST", `/b/${d.slug}/c/${one}/note`, { text: "hm" });
  assert.equal(refused.status, 409);
  assert.equal(refused.json.error.kind, "conflict");
  const again = await d.api("POST", `/b/${d.slug}/c/${two}/merge`, { into: one });
  assert.deepEqual(again.json, { operation: merged.json.operation, conversation: two, repeated: true });
  const shown = await api(`/c/${one}`);
  assert.equal(shown.conversation.id, two);
  const page2 = await api(`/c/${two}/merge`);
  assert.equal(page2.operations.length, 1);
  assert.equal(page2.operations[0].kind, "merge");
});

test("nothing that should never happen happened", { skip }, () => {
  assert.deepEqual([...context.foreign, ...bare.foreign], []);
  assert.deepEqual([...context.troubles, ...bare.troubles].filter((t) => !/status of (409|422)/.test(t)), []);
});
