// Somebody wants to be forgotten: a lead finds the way from the customer's page, is told what goes and what stays, and
// has to say it twice. An agent does not. At two widths, light and dark.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { colleague, everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, context, page, customer, conversation;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const looks = async (name) => {
  const problems = await everyLook(page, name, (width, scheme) => path.join(shots, `${name}-${width}-${scheme}.png`));
  assert.deepEqual(problems, []);
};

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  const waiting = (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations;
  conversation = waiting.find((c) => c.subject === "Broken axle (photos)").id;
  customer = (await d.api("GET", `/b/${d.slug}/c/${conversation}`)).json.customer;
  await d.api("POST", `/b/${d.slug}/c/${conversation}/gestures`, { kind: "extra", situation: "broken", item: "A rope", quantity: 1,
    cost: "2.50", judgement: "They built it twice.", key: "forget-1" });
  d.must("backup", path.join(path.dirname(d.data), "desk.backup"));
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

test("told, asked twice, and gone", { skip }, async () => {
  await page.goto(at(`/customers/${customer.id}`));
  await page.getByRole("link", { name: "They want to be forgotten" }).click();
  await page.getByRole("heading", { name: `Forget ${customer.name}` }).waitFor();
  assert.match(await page.locator("main").innerText(), /Bookkeeping has to keep it.*until/s);
  assert.match(await page.locator("main").innerText(), /desk\.backup/);
  await looks("forget-plan");
  await page.getByLabel("Their address or name").fill("Somebody else");
  await page.getByRole("button", { name: "Forget them, for good" }).click();
  assert.match(await page.getByRole("alert").innerText(), /Nothing was deleted/);
  assert.equal(await page.getByLabel("Their address or name").inputValue(), "Somebody else");
  await looks("forget-refused");
  await page.getByLabel("Their address or name").fill(customer.name);
  await page.getByRole("button", { name: "Forget them, for good" }).click();
  await page.getByRole("heading", { name: "This person is forgotten" }).waitFor();
  await looks("forget-done");
  await page.goto(at(`/c/${conversation}`));
  assert.match(await page.locator("main").innerText(), /They asked us to forget them/);
  assert.ok(!(await page.content()).includes(customer.name));
  await page.goto(at(`/customers/${customer.id}`));
  await page.getByRole("heading", { name: "Somebody we forgot" }).waitFor();
  assert.deepEqual(context.foreign, []);
});

test("an agent may not", { skip }, async () => {
  const other = (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations[0];
  const id = (await d.api("GET", `/b/${d.slug}/c/${other.id}`)).json.customer.id;
  const nele = await colleague(browser, d, "nele@tidewatch.example", "Nele");
  const token = d.token("nele@tidewatch.example");
  assert.equal((await d.api("GET", `/b/${d.slug}/customers/${id}/forget`, null, token)).status, 403);
  assert.equal((await d.api("POST", `/b/${d.slug}/customers/${id}/forget`, { again: "x" }, token)).status, 403);
  await nele.page.goto(at(`/customers/${id}`));
  assert.equal(await nele.page.getByRole("link", { name: "They want to be forgotten" }).count(), 0);
});
