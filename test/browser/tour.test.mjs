// README's five minutes as printed, one after the other in one browser; the commands are taken out of README itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, binary, root, until } from "../lib/desk.mjs";

const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
const reply = "Dear Milo,\n\na drain is a hard place for Juno. A new Juno leaves us on Monday, with a lantern for the dark. You promised " +
  "never to take her on the tram again: she will like that. And yes, she and Captain Fenn are friends.\n\nInes";
let d, browser, context, page;

/** The commands of a step, for this desk's folder and binary. */
const commands = (step) => {
  const part = readme.slice(readme.indexOf(`\n${step}. `), readme.indexOf(`\n${step + 1}. `) > 0 ? readme.indexOf(`\n${step + 1}. `) : undefined);
  const lines = [...part.matchAll(/^ {7}( *\S.*)$/gm)].map((m) => m[1]).join("\n");
  assert.notEqual(lines, "", `step ${step} has commands`);
  return lines.replaceAll("build/release/longhand", binary).replaceAll("data/maildir", `${d.data}/maildir`)
    .replaceAll("--data data", `--data ${d.data}`);
};
const sh = (step) => execFileSync("bash", ["-euc", commands(step)], { encoding: "utf8" });
const text = () => page.locator("main").innerText();
const letterOf = async (who, list = "Waiting longest") => {
  await page.locator(".rail").getByRole("link", { name: list }).click();
  await page.locator("#list a", { hasText: who }).first().click();
  await page.waitForURL(/\/c\//);
};

before(async () => {
  if (skip) return;
  d = await Desk.start({ demo: true });
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
});

after(async () => {
  await browser?.close();
  await d?.stop();
});

test("1 and 2: sign in, twelve letters, and what was heard in one", { skip }, async () => {
  await signIn(page, d);
  assert.match(await text(), /12 people, longest wait first/);
  await letterOf("Milo Ferreira");
  assert.match(await text(), /“she fell down the drain”[\s\S]*“Please can you send me another Keeper Juno\?”/);
});

test("3: a gesture on one's judgement, and a box of it", { skip }, async () => {
  const panel = page.locator("#gestures");
  await panel.getByText("ask them to pay 3.99 EUR").waitFor();
  await panel.getByText("Give it on your judgement").click();
  const form = panel.locator("form", { has: page.getByRole("button", { name: "Give it" }) }).filter({ visible: true }).first();
  await form.getByLabel(/cost/i).fill("3.99");
  await form.locator("textarea").first().fill("He is seven and saved since Easter; a drain is nobody's fault.");
  await form.getByRole("button", { name: "Give it" }).click();
  await page.getByRole("link", { name: "Make a box of what is given" }).click();
  await page.getByLabel("Name and address").fill("Milo Ferreira\n3 Quay Lane\nHarbourtown");
  await page.getByLabel("Text").fill("Dear Milo,\n\nhere she is.\n\nInes");
  await page.getByRole("button", { name: "Make the box" }).click();
  await page.waitForURL(/#boxes$/);
  await page.getByRole("link", { name: /Boxes to send/ }).click();
  await page.locator("main", { hasText: "Milo Ferreira" }).waitFor();
});

test("4: a check that says what is wrong, and a way back", { skip }, async () => {
  await letterOf("Milo Ferreira");
  const box = page.getByRole("textbox", { name: "Your reply", exact: true });
  await box.fill("Dear Customer, thank you for contacting us. We are sorry for any inconvenience.");
  const note = page.locator(".margin-note[data-kind=stock]").first();
  await note.waitFor();
  await box.fill(reply);
  await note.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Send to Milo" }).click();
  await page.getByRole("button", { name: "Take it back" }).click();
  await until("the draft is back", async () => (await box.inputValue()) === reply);
  await page.getByRole("button", { name: "Send to Milo" }).click();
  await page.getByRole("button", { name: "Take it back" }).waitFor();
});

test("5 and 6: the answer lies in the Maildir, Milo answers, and the open page shows it", { skip }, async () => {
  await until("the answer lies there", () => fs.existsSync(`${d.data}/maildir/new`) && sh(5).trim() !== "");
  await letterOf("Milo Ferreira", "Waiting for them");
  assert.match(sh(6), /\d/);
  await page.getByText("Thank you!!").first().waitFor();
});

test("7: a customer asks for a piece, and the desk has the letter", { skip }, async () => {
  const own = await openContext(browser, d.url, { viewport: { width: 390, height: 844 } });
  const p = await own.newPage();
  await p.goto(`${d.url}/missing/tidewatch-toys`);
  await p.getByLabel("Number or name on the box").fill("Harbour Glider");
  await p.getByRole("button", { name: /Harbour Glider/ }).click();
  await p.getByRole("button", { name: /^One more:/ }).first().click();
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByRole("button", { name: "Next" }).click();
  await p.getByLabel("Your name").fill("Rita Sand");
  await p.getByLabel("E-mail, for our reply").fill("rita@customer.test");
  await p.getByLabel("Address, as on an envelope").fill("1 Pier");
  await p.getByLabel("Country").fill("PT");
  await p.getByRole("button", { name: "Send it" }).click();
  await p.getByRole("heading", { name: "Thank you, Rita" }).waitFor();
  assert.deepEqual([...own.troubles, ...own.foreign], []);
  await letterOf("Rita Sand");
});

test("8: an outage opened by hand, its Next, a fact, and the page the world reads", { skip }, async () => {
  await page.getByRole("link", { name: "Incidents" }).click();
  await page.getByText("Open one by hand").first().click();
  await page.locator("input[name=title]").fill("The missing-pieces page does not answer");
  await page.getByRole("button", { name: "Open the room" }).click();
  await page.waitForURL(/incidents\/\d/);
  const room = page.url();
  for (const who of ["Henrike Solberg", "Priory Lane School"]) {
    await letterOf(who);
    await page.getByRole("button", { name: "Take it into the open incident" }).click();
    await page.getByText("Part of an incident").first().waitFor();
  }
  await page.goto(room);
  await page.locator("summary", { hasText: "Add a fact" }).click();
  const fact = page.locator("form", { has: page.getByRole("button", { name: "Add it", exact: true }) });
  await fact.locator("[name=text]").fill("Letters work while the page does not.");
  await fact.getByRole("button", { name: "Add it", exact: true }).click();
  await page.getByText("Letters work while the page does not.").first().waitFor();
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await page.locator("#reply-form").waitFor();
  assert.match(await text(), /Henrike Solberg/);
  await page.goto(room);
  await page.locator("summary", { hasText: "Write on the status page" }).click();
  await page.locator("#say").getByLabel("Your words").fill("The page for missing pieces does not answer today.");
  await page.getByRole("button", { name: "See how it reads" }).click();
  await page.getByRole("button", { name: "Publish it" }).click();
  await page.getByText("It stands on the status page now").waitFor();
  const status = await fetch(`${d.url}/status/tidewatch-toys`);
  assert.match(await status.text(), /does not answer today/);
});

test("9 and 10: fans and practice, and the same from the command line", { skip }, async () => {
  await page.locator(".rail").getByRole("link", { name: "Fans" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator(".rail").getByRole("link", { name: "Practice" }).click();
  await page.locator("main", { hasText: "Milo" }).waitFor();
  assert.match(sh(10), /Rita Sand/);
  assert.deepEqual([...context.troubles, ...context.foreign], []);
});
