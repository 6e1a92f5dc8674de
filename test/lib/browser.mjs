// Chromium for the story and browser tests: one browser a file, watched so that a request to any other origin, a
// script's error or a refusal of the content security policy is seen.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";
import { root } from "./desk.mjs";

// The headless shell is the same engine with less around it: it takes a fifth less of a test's time.
const chrome = process.env.CHROMIUM || ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find((f) => fs.existsSync(f)) ||
  "/usr/bin/chromium";
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

export const skip = fs.existsSync(chrome) ? false : `${chrome} is not here`;

export async function openBrowser() {
  return chromium.launch({ executablePath: chrome, headless: true, args });
}

/** A context in which `troubles` gathers what should never happen; `foreign` the requests that left the origin. */
export async function openContext(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(10000);
  const origin = new URL(url).origin;
  context.troubles = [];
  context.foreign = [];
  const outside = (address) => /^(https?|wss?):/.test(address) && new URL(address).origin !== origin;
  context.on("request", (q) => { if (outside(q.url())) context.foreign.push(q.url()); });
  context.on("page", (page) => {
    page.on("console", (m) => {
      if (/Content Security Policy|Refused to/.test(m.text()) || m.type() === "error")
        context.troubles.push(`${page.url()}: ${m.text()}`);
    });
    page.on("pageerror", (e) => context.troubles.push(`${page.url()}: ${e.message}`));
  });
  // A page that is still on its way somewhere (a form was just sent) gets there first.
  context.on("page", (page) => {
    const go = page.goto.bind(page);
    page.goto = async (...where) => {
      try {
        return await go(...where);
      } catch (e) {
        if (!/interrupted by another navigation|net::ERR_ABORTED/.test(e.message)) throw e;
        await page.waitForLoadState();
        return go(...where);
      }
    };
  });
  return context;
}

/** Signs in through the page and is left where the desk leads: the list. */
export async function signIn(page, desk, email = desk.email, password = desk.password) {
  await page.goto(desk.url + "/");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/list\/waiting/);
}

/** A second person with a password of their own, by the same single-use link that a colleague gets. */
export async function colleague(browser, desk, email, name, password = "four plain words here") {
  const link = /\/invitation\/\S+/.exec(desk.must("agent", "add", email, "--name", name).out)[0];
  const context = await openContext(browser, desk.url);
  const page = await context.newPage();
  await page.goto(desk.url + link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Keep it and sign in" }).click();
  await page.waitForURL(/\/list\/waiting/);
  return { context, page, email, password };
}

export async function csrf(page) {
  return page.locator("body").getAttribute("data-csrf");
}

let axe = null;

/** axe-core's findings on a page as lines; none is the aim. `rules` may name a few, null is all of them. Frames hold
 * customers' own markup and are left out. */
export async function axeFindings(page, rules = null) {
  axe ??= fs.readFileSync(path.join(root, "node_modules/axe-core/axe.min.js"), "utf8");
  // Not a script element: the page's policy would rightly refuse it.
  if (!(await page.evaluate(() => Boolean(globalThis.axe)))) await page.evaluate(axe);
  return page.evaluate(async (only) => {
    // Only what is asked for: no passes written down, no style sheets fetched once more for rules that are not on.
    const found = await globalThis.axe.run(document, { iframes: false, resultTypes: ["violations"], reporter: "no-passes",
      preload: { assets: ["media"] },
      ...(only ? { runOnly: { type: "rule", values: only } } : {}) });
    return found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 140) + " | " +
      (n.any[0]?.message ?? n.failureSummary)).join("; ")}`);
  }, rules);
}

/** A picture for people to look at, with SHOTS=1: drawing them all takes minutes, and no test reads them. */
export const shoot = (page, options) => (process.env.SHOTS ? page.screenshot(options) : null);

// What depends on colour, and what depends on neither colour nor width: axe is where a browser test spends its time,
// so no rule is asked twice of what it sees the same.
const ofColour = ["color-contrast", "link-in-text-block"];
const looks = [{ width: 1440, scheme: "light", rules: null }, { width: 390, scheme: "dark", rules: null },
  { width: 1440, scheme: "dark", rules: ofColour }, { width: 390, scheme: "light", rules: ofColour }];

/** The page as it stands, at both widths, light and dark: what axe finds and what is wider than the window, as lines
 * that begin with `name`. `picture(width, scheme)` says where the pictures go, with SHOTS=1. Wide and light, narrow and
 * dark, unless `all` or LOOKS=all ask for the four of them. */
export async function everyLook(page, name, picture, all = false) {
  const problems = [];
  for (const { width, scheme, rules } of all || process.env.SHOTS || process.env.LOOKS === "all" ? looks : looks.slice(0, 2)) {
    await page.setViewportSize({ width, height: width > 500 ? 900 : 844 });
    await page.emulateMedia({ colorScheme: scheme });
    // Colours fade from one look to the next; what counts is where they end.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => {
      document.getAnimations().forEach((a) => a.finish());
      requestAnimationFrame(done);
    })));
    // What lies under a bar at the foot depends on where the page was scrolled to.
    await page.evaluate(() => scrollTo(0, 0));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) problems.push(`${name} at ${width}: ${over} px too wide`);
    problems.push(...(await axeFindings(page, rules)).map((f) => `${name} at ${width} px, ${scheme}: ${f}`));
    await shoot(page, { path: picture(width, scheme), fullPage: width < 500 });
  }
  return problems;
}

/** The page at `address` as who is signed in in `of` sees it, without touching what is typed there: nothing for axe,
 * nothing too wide, nothing refused or fetched from elsewhere. `then` prepares it, `but` says which troubles are meant
 * to be; `pictures` is the beginning of the pictures' names. Gives the answer's status. */
export async function looksWell(of, name, address, { pictures, then = null, but = null, signedOut = false } = {}) {
  const key = signedOut ? "lookingOut" : "looking";
  of[key] ??= await (await openContext(of.browser(), address)).newPage();
  const page = of[key], { troubles, foreign } = page.context();
  if (!signedOut) await page.context().addCookies(await of.cookies());
  const answer = await page.goto(address);
  await then?.(page);
  const problems = await everyLook(page, name, (width, scheme) => path.join(root, `build/test/shots/${pictures}-${name}-${width}-${scheme}.png`));
  // Not left open: a page that listens for what happens keeps asking.
  await page.goto("about:blank");
  problems.push(...troubles.splice(0).filter((t) => !but?.test(t)), ...foreign.splice(0));
  assert.deepEqual(problems, []);
  return answer.status();
}
