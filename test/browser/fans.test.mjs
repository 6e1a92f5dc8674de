// Fans as a lead and an agent meet them: numbers that open to their letters, charts that a script draws from tables
// within the page's own policy, a page that is an agent's own, and the one question answered without scripts.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { axeFindings, colleague, everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
const DAY = 86400000;
let d, browser, context, page;

const at = (p) => `${d.url}/b/${d.slug}${p}`;
const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
const post = async (p, body) => {
  const answer = await d.api("POST", `/b/${d.slug}${p}`, body);
  assert.equal(answer.status, 200, `${p}: ${answer.text}`);
  return answer.json;
};

/** Mails of before: `n` people had trouble and were answered, some of whom wrote again and again. */
function history(n) {
  const mails = [], now = Date.now();
  const put = (when, from, to, id, about, text) => mails.push([`From x@x.test Thu Jan  1 00:00:00 1970`,
    `From: ${from}`, `To: ${to}`, "Subject: The lamp", `Message-ID: <${id}@history.test>`,
    `Date: ${new Date(when).toUTCString().replace("GMT", "+0000")}`, ...(about ? [`In-Reply-To: <${about}@history.test>`] : []),
    "", text, ""].join("\n"));
  for (let i = 0; i < n; i++) {
    const who = `Person ${i} <person${i}@history.test>`, began = now - (480 + i) * DAY;
    put(began, who, d.inbox, `q${i}`, "", `Hello, my lamp arrived broken, number ${i}. It is cracked on the left side.\n\nPerson ${i}`);
    put(began + (2 + i) * 3600000, `Ines <${d.inbox}>`, who, `a${i}`, `q${i}`, `Dear Person ${i}, I am sorry about lamp ${i}. Ines`);
    for (let k = 1; k <= i % 5; k++)
      put(began + k * 90 * DAY, who, d.inbox, `n${i}-${k}`, "", `Hello again, the lamp shines. Letter ${k} of person ${i}, with thanks for everything.`);
  }
  const file = path.join(path.dirname(d.data), "history.mbox");
  fs.writeFileSync(file, mails.join("\n"));
  return file;
}

/** The job that counts has nothing left to do. */
async function counted() {
  const jobs = (await api("/admin/jobs")).jobs ?? [];
  const job = jobs.find((j) => j.kind === "fans");
  if (job) await post(`/admin/jobs/${job.id}/retry`, {});
  const since = Date.now();
  await until("everything is counted", async () => (await api("/fans")).counted_at >= since - 100);
}

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
});

const troubles = () => context.troubles.splice(0).filter((t) => !/status of (403|404|410|422)/.test(t));

test("small: words instead of a curve, and nobody is ranked", { skip }, async () => {
  await page.goto(at("/fans"));
  await page.getByText("ranks nobody").waitFor();
  await page.goto(at("/fans/still"));
  assert.equal(await page.locator("figure[data-chart]").count(), 0);
  assert.deepEqual(troubles(), []);
});

test("large: charts are drawn from their tables, within the policy", { skip }, async () => {
  d.must("import", "mbox", history(40), "--mixed", "--inbox", d.inbox);
  const rows = ["number,address,day,what"];
  for (let i = 0; i < 60; i++)
    for (let k = 0; k <= i % 4; k++)
      rows.push(`N-${i}-${k},buyer${i}@history.test,${new Date(Date.now() - (600 - 140 * k) * DAY).toISOString().slice(0, 10)},A tug`);
  await post("/fans/purchases/import", { csv: rows.join("\n") });
  const counts = ["network,day,followers"];
  for (let i = 90; i >= 0; i--) counts.push(`Fediverse,${new Date(Date.now() - i * DAY).toISOString().slice(0, 10)},${1000 + (90 - i) * 3}`);
  await post("/fans/followers/import", { csv: counts.join("\n") });
  await until("all of it is read and listened to", async () => (await api("/admin/jobs")).jobs.every((j) => !/^(read|listen)$/.test(j.kind)), 60000);
  await counted();
  await page.goto(at("/fans/still"));
  await page.locator("#still[data-drawn] canvas").waitFor();
  assert.ok(await page.locator("#still details").evaluate((e) => !e.open), "the table folds away below the drawing");
  assert.ok(await page.locator("#still tbody tr").count() > 30);
  // The curve falls, and stays within its band.
  const numbers = await page.locator("#still tbody tr").evaluateAll((all) => all.map((tr) => [...tr.cells].slice(1).map((c) => Number(c.dataset.v))));
  for (const [stay, , low, high] of numbers) assert.ok(low <= stay && stay <= high, `${low} ${stay} ${high}`);
  assert.ok(numbers.at(-1)[0] < numbers[0][0]);
  // In a window too narrow for it there is none, and once more when there is room.
  await page.setViewportSize({ width: 60, height: 900 });
  await page.locator("#still canvas").waitFor({ state: "detached" });
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator("#still canvas").waitFor();
  const problems = await everyLook(page, "still", (w, c) => path.join(shots, `fans-still-drawn-${w}-${c}.png`));
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(at("/fans/waits?weeks=104"));
  await page.locator("#waits[data-drawn] canvas").waitFor();
  await page.locator("#rates[data-drawn] canvas").waitFor();
  // By keyboard: the table opens, and a number leads to its week.
  await page.locator("#waits summary").focus();
  await page.keyboard.press("Enter");
  const cell = page.locator("#waits tbody td a").first();
  await cell.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/fans\/weeks\/\d{8}\?by=first/);
  await page.locator(".rows a").first().click();
  await page.waitForURL(/\/c\/\d+/);
  assert.deepEqual(problems, []);
  assert.deepEqual(troubles(), []);
  assert.deepEqual(context.foreign, []);
});

test("the files hold what the charts show", { skip }, async () => {
  const file = await (await context.request.get(at("/fans/files/still"))).text();
  assert.match(file.split("\r\n")[0], /^Days,"Had trouble and an answer","Had no trouble"/);
  assert.match(file.split("\r\n")[1], /^0,100\.0,100\.0,100\.0,100\.0,100\.0,100\.0$/);
  assert.match(await (await context.request.get(at("/fans/files/followers"))).text(), /^Day,Fediverse\r\n/);
});

test("the brand's page opens to its letters; an agent's is their own", { skip }, async () => {
  await page.goto(at("/fans?when=" + new Date().getFullYear()));
  const problems = await everyLook(page, "fans", (w, c) => path.join(shots, `fans-${w}-${c}.png`));
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("link", { name: /came back to/ }).click();
  await page.waitForURL(/\/fans\/letters\/returns/);
  await page.goto(at("/fans"));
  await page.getByRole("link", { name: "Your own fans" }).click();
  await page.getByText("Only you and the people you choose see this page.").waitFor();
  const own = page.url();
  const omar = await colleague(browser, d, "omar@tidewatch.example", "Omar Haddad");
  assert.equal((await omar.page.goto(own)).status(), 403);
  await page.reload();
  await page.getByRole("button", { name: /^Let them see it.*Omar Haddad/ }).click();
  await page.getByRole("button", { name: /^May see it; take that back.*Omar Haddad/ }).waitFor();
  assert.equal((await omar.page.goto(own)).status(), 200);
  await page.getByRole("button", { name: /^May see it; take that back.*Omar Haddad/ }).click();
  await page.getByRole("button", { name: /^Let them see it.*Omar Haddad/ }).waitFor();
  assert.equal((await omar.page.goto(own)).status(), 403);
  await omar.context.close();
  problems.push(...(await axeFindings(page)));
  assert.deepEqual(problems, []);
  assert.deepEqual(troubles(), []);
});

test("without scripts the tables stand open", { skip }, async () => {
  const bare = await openContext(browser, d.url, { javaScriptEnabled: false });
  const plain = await bare.newPage();
  await signIn(plain, d);
  await plain.goto(at("/fans/waits?weeks=104"));
  assert.ok(await plain.locator("#waits tbody tr").first().isVisible());
  await plain.goto(at("/fans/followers"));
  await plain.getByLabel("Where").fill("X");
  await plain.getByLabel("How many follow").fill("a few");
  await plain.getByRole("button", { name: "Keep it" }).click();
  await plain.getByText("must be a whole number").waitFor();
  assert.equal(await plain.getByLabel("How many follow").inputValue(), "a few");
  await plain.getByLabel("How many follow").fill("31");
  await plain.getByRole("button", { name: "Keep it" }).click();
  await plain.getByText("Kept.").waitFor();
  // An incident is one row, whatever the number of networks.
  await post("/incidents", { title: "The shop is closed" });
  await plain.reload();
  const effect = plain.locator("section:has(#effects-h) li");
  assert.equal(await effect.count(), 1);
  assert.match((await effect.innerText()).replace(/[\u2068\u2069]/g, ""), /^The shop is closed, [^]*Fediverse: [^]*X: /);
  assert.equal((await plain.goto(`${d.url}/answer/AAAAAAAAAAAAAAAAAAAAAA`)).status(), 404);
  await bare.close();
});
