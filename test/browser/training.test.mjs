// The practice room as people use it: an agent answers a demo letter and reads what came of it, shows it to a colleague
// who notes something in its margin, and somebody who applies comes in by a link and sees nothing of the brand.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { colleague, everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, ines, tom, nele;

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start();
  browser = await openBrowser();
  ines = await (await openContext(browser, d.url)).newPage();
  await signIn(ines, d);
  tom = (await colleague(browser, d, "tom@desk.test", "Tom Okafor")).page;
  // Whoever applies may come with anything: no script here.
  nele = await (await openContext(browser, d.url, { javaScriptEnabled: false })).newPage();
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

async function looksWell(page, name) {
  assert.deepEqual(await everyLook(page, name, (width, scheme) => path.join(shots, `training-${name}-${width}-${scheme}.png`)), []);
  const { troubles, foreign } = page.context();
  // A form that was refused says so with its status, which Chromium reports.
  assert.deepEqual([...troubles.splice(0).filter((t) => !/status of 422/.test(t)), ...foreign.splice(0)], []);
}
const room = () => `${d.url}/b/${d.slug}/practice`;

test("an agent answers a letter, sees the check and then what was answered", { skip }, async () => {
  await tom.goto(room());
  await tom.getByText("None yet. Once customers thank you").waitFor();
  await tom.getByRole("link", { name: "Keeper Juno" }).click();
  await tom.getByText("fell down the").first().waitFor();
  assert.equal(await tom.getByRole("heading", { name: "How it can be answered" }).count(), 0);
  await tom.getByLabel("Your reply").fill("Dear Customer,\n\nwe apologise for any inconvenience.\n\nTom");
  await tom.getByRole("button", { name: "Check it" }).click();
  await tom.getByRole("heading", { name: "The letter check" }).waitFor();
  assert.ok((await tom.locator("[data-tone=look], [data-tone=stop]").count()) > 0);
  assert.match(await tom.getByLabel("Your reply").inputValue(), /Dear Customer/);
  await tom.getByLabel("Your reply").fill("Dear Milo,\n\na drain is a bad place for a keeper. Another Keeper Juno leaves tomorrow.\n\nTom");
  await tom.getByRole("button", { name: /^Done/ }).click();
  await tom.getByRole("heading", { name: "How it can be answered" }).waitFor();
  await tom.getByText("She came in a GLOVE").waitFor();
  await looksWell(tom, "letter");
  // It is nobody else's business.
  const id = (await d.api("GET", `/b/${d.slug}/practice`, null, d.token("tom@desk.test"))).json.mine[0].id;
  assert.equal((await d.api("GET", `/b/${d.slug}/practice/r/${id}`)).status, 404);
});

test("shown to a colleague, who notes something in its margin", { skip }, async () => {
  await tom.goto(room());
  await tom.getByRole("button", { name: /^Show it to/ }).first().click();
  await tom.getByText("Done.", { exact: true }).waitFor();
  await ines.goto(room());
  const shown = ines.locator("section", { has: ines.getByRole("heading", { name: "Shown to you" }) });
  await shown.getByRole("link", { name: "Keeper Juno" }).click();
  await ines.getByRole("heading", { name: "Written by Tom Okafor" }).waitFor();
  await ines.getByLabel("Words of the reply it is about").fill("a bad place for a boat");
  await ines.getByLabel("Your note").fill("His drain, taken up. Lovely.");
  await ines.getByRole("button", { name: "Leave the note" }).click();
  await ines.getByRole("alert").getByText("do not stand in the reply").waitFor();
  assert.equal(await ines.getByLabel("Your note").inputValue(), "His drain, taken up. Lovely.");
  await ines.getByLabel("Words of the reply it is about").fill("a bad place for a keeper");
  await ines.getByRole("button", { name: "Leave the note" }).click();
  await ines.locator("#notes").getByText("His drain, taken up. Lovely.").waitFor();
  await looksWell(ines, "reading");
  await ines.goto(`${d.url}/b/${d.slug}/proud`);
  await ines.getByText("Nobody thanked us in writing this week.").waitFor();
  await ines.getByRole("link", { name: "The week before" }).click();
  await looksWell(ines, "proud");
});

test("somebody who applies sees demo letters and nothing of the brand", { skip }, async () => {
  await ines.goto(room());
  await ines.getByLabel("Their name").fill("Nele Brandt");
  await ines.getByRole("button", { name: "Make a link" }).click();
  const link = await ines.locator(".mono").textContent();
  await looksWell(ines, "room");
  await nele.goto(link);
  await nele.getByText("Welcome, Nele Brandt.").waitFor();
  const seen = [];
  const look = async () => seen.push(await nele.content());
  await look();
  await nele.getByRole("link", { name: /Gear bag missing/ }).click();
  await look();
  await nele.getByLabel("Your reply").fill("Dear Ottilie,\n\nbag 7 leaves today.\n\nNele");
  await nele.getByRole("button", { name: /^Done/ }).click();
  await nele.getByText("They built a lift that goes sideways").waitFor();
  await look();
  for (const html of seen) assert.ok(!html.includes(d.slug) && !/Tidewatch Toys|letters@desk\.test|Tom Okafor/.test(html.replace(/class="practice-said[^]*?<\/div>/g, "")));
  const eye = await (await openContext(browser, d.url)).newPage();
  await eye.goto(link);
  await looksWell(eye, "guest");
  await eye.close();
  const token = new URL(link).pathname.split("/")[2];
  for (const p of [`/practice/${token}/l/past-1`, `/practice/${token}/r/1`, `/b/${d.slug}/practice`])
    assert.notEqual((await fetch(d.url + p, { redirect: "manual" })).status, 200, p);
  assert.match(await fetch(`${link}/mine.txt`).then((r) => r.text()), /bag 7 leaves today/);
  // Whoever let them in reads it; then they delete all of it.
  await ines.goto(room());
  await ines.getByRole("link", { name: "Nele Brandt" }).click();
  await ines.getByRole("link", { name: /Gear bag missing/ }).click();
  await ines.getByText("bag 7 leaves today").first().waitFor();
  await nele.goto(link);
  await nele.locator("summary", { hasText: "Delete everything" }).click();
  await nele.getByRole("button", { name: "Yes, delete it all" }).click();
  await nele.getByRole("heading", { name: "All of it is deleted" }).waitFor();
  assert.equal((await nele.goto(link)).status(), 404);
});
