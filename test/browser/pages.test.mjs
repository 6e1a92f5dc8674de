// Every page an administrator can see, at two widths, light and dark: nothing for axe to find, nothing refused by
// the content security policy, nothing wider than the window, a title and one heading. With SHOTS=1 the pictures
// of all of them are left in build/test/shots.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, lmtp, mail, must, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/test/shots");
let d, browser, state;
const promised = {};
const pages = [];

/** Not pages: streams, files, and what only leads elsewhere. */
const notPages = new Set(["/", "/healthz", "/metrics", "/assets/:version/:file", "/api/v1/openapi.json", "/b/:brand", "/b/:brand/live",
  "/b/:brand/m/:id", "/b/:brand/m/:id/findings", "/b/:brand/voice", "/b/:brand/m/:id/html", "/b/:brand/m/:id/raw", "/b/:brand/a/:id",
  "/b/:brand/a/:id/:name", "/b/:brand/thumb/:id", "/b/:brand/admin", "/b/:brand/voice/look/mark", "/b/:brand/voice/look/preview",
  "/b/:brand/promises/export", "/b/:brand/agents/:id/signature", "/b/:brand/boxes/export.csv", "/b/:brand/boxes/prints/:id/boxes.pdf",
  "/b/:brand/box/:number", "/b/:brand/boxes/:id/letter.pdf", "/b/:brand/boxes/:id/slip.pdf", "/b/:brand/boxes/:id/label.pdf",
  "/b/:brand/boxes/:id/all.pdf", "/b/:brand/stock/export.csv", "/b/:brand/c/:id/child", "/b/:brand/defects/export.csv",
  "/b/:brand/defects/export.json", "/b/:brand/c/:id/gestures", "/b/:brand/gestures.csv", "/b/:brand/gestures/:id",
  "/b/:brand/incidents/:id/review.md", "/b/:brand/incidents/:id/review.csv", "/b/:brand/incidents/:id/review.json",
  "/b/:brand/leeway", "/consent", "/social/consent", "/social/client.json", "/b/:brand/admin/accounts/:id", "/b/:brand/c/:id/links",
  "/b/:brand/fans/files/:file", "/stories/:slug/atom", "/stories/:slug/json", "/stories/:slug/:id/photo/:file", "/story/:token/photo/:file",
  "/status/:slug/feed.atom", "/status/:slug/status.json", "/b/:brand/practice/mine.txt", "/practice/:token/mine.txt"]);

/** Of what was promised: gestures, boxes, defects and tests, worries, what the public sees. */
async function promisedFaces(id, of) {
  const mine = (route, name) => [`/b/:brand/${route}`, [[name ?? route.replace(/\W+/g, "-"), id(`/${route}`)]]];
  const to = (route, name, address) => [`/b/:brand/${route}`, [[name, id(address)]]];
  const { box, print, defect, trial, gesture, policy, grownUp, your } = promised;
  return Object.fromEntries([
    ["boxes/find", "boxes/pick", "stock", "carriers", "worries", "defects", "defects/units", "defects/makers", "trials", "trials/new",
      "gestures/asked", "allowance", "policies", "policies/new", "judgements", "judgements/patterns"].map((r) => mine(r)),
    [["/b/:brand/boxes", ["to_pick", "proposed", "packed", "sent", "lost"].map((v) => [`boxes-${v}`, id(`/boxes?view=${v}`)])],
      to("boxes/prints/:id", "boxes-print", `/boxes/prints/${print}`), to("boxes/:id", "box", `/boxes/${box}`),
      to("boxes/:id/change", "box-change", `/boxes/${box}/change`), to("c/:id/box", "box-make", `/c/${of("Broken axle (photos)")}/box`),
      to("stock/item", "stock-item", `/stock/item?${promised.stocked}`), to("defects/:id", "defect", `/defects/${defect}`),
      to("c/:id/defect", "defect-record", `/c/${of("Fire station 2210: two left doors")}/defect`),
      to("trials/:id", "trial", `/trials/${trial}`), to("trials/:id/queue", "trial-queue", `/trials/${trial}/queue`),
      to("policies/:id", "policy", `/policies/${policy}`), to("judgements/:id", "judgement", `/judgements/${gesture}`),
      ["/missing/:slug", [["missing-find", `/missing/${d.slug}`], ["missing-found", `/missing/${d.slug}?q=harbour`],
        ["missing-pieces", `/missing/${d.slug}?product=4127`]]],
      ["/your/:token", [["your", your], ["your-gone", "/your/AAAAAAAAAAAAAAAAAAAAAA"]]],
      ["/grown-up/:token", [["grown-up", grownUp], ["grown-up-gone", "/grown-up/nothing"]]]],
  ].flat());
}

/** What became of letters: empty, and with what there is in a desk of one day. */
async function fansFaces(id) {
  const own = (await d.api("GET", `/b/${d.slug}/admin/people`)).json.people.find((a) => a.email === d.email).id;
  const inbox = (await d.api("GET", `/b/${d.slug}/admin/inboxes`)).json.inboxes[0].id;
  const job = (await d.api("GET", `/b/${d.slug}/admin/jobs`)).json.jobs.find((j) => j.kind === "fans");
  if (job) await d.api("POST", `/b/${d.slug}/admin/jobs/${job.id}/retry`, {});
  const week = await until("a week is counted", async () => (await d.api("GET", `/b/${d.slug}/fans/waits`)).json.waits.rows[0]?.[0]);
  return {
    "/b/:brand/fans": [["fans-page", id("/fans")], ["fans-page-before", id("/fans?when=2020")]],
    "/b/:brand/fans/of/:id": [["fans-of", id(`/fans/of/${own}`)]],
    "/b/:brand/fans/of/:id/letters/:sign": [["fans-of-letters", id(`/fans/of/${own}/letters/promises`)]],
    "/b/:brand/fans/letters/:sign": [["fans-letters", id("/fans/letters/thanks")], ["fans-letters-none", id("/fans/letters/answers")]],
    "/b/:brand/fans/waits": [["fans-waits", id("/fans/waits")]],
    "/b/:brand/fans/weeks/:id": [["fans-week", id(`/fans/weeks/${week}`)], ["fans-week-said", id(`/fans/weeks/${week}?by=said`)]],
    "/b/:brand/fans/still": [["fans-still", id("/fans/still")]],
    "/b/:brand/fans/followers": [["fans-followers", id("/fans/followers")]],
    "/b/:brand/fans/purchases": [["fans-purchases", id("/fans/purchases")]],
    "/b/:brand/admin/inboxes/:id/survey": [["admin-survey", id(`/admin/inboxes/${inbox}/survey`)]],
    "/answer/:token": [["answer-gone", "/answer/AAAAAAAAAAAAAAAAAAAAAA"]],
  };
}

/** What to put in for the pieces of a path: [name of the picture, address], several where a page has several faces. */
async function faces(id) {
  const api = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
  const waiting = (await api("/list/waiting")).conversations;
  const of = (subject) => waiting.find((c) => c.subject === subject).id;
  const inbox = (await api("/admin/inboxes")).inboxes[0].id;
  const milo = of("Keeper Juno"), okonkwo = of("Instructions step 41");
  const letter = (await api(`/c/${okonkwo}`)).messages[0].id;
  const customer = (await api(`/c/${milo}`)).customer.id;
  const link = (out) => /\/(?:invitation|reset)\/\S+/.exec(out)[0];
  return {
    "/brands": [["brands", "/brands"]],
    "/sign-in": [["sign-in", "/sign-in"]],
    "/forgotten": [["forgotten", "/forgotten"]],
    "/reset/:token": [["reset", link(d.must("agent", "reset", d.email).out)], ["link-gone", "/reset/nothing"]],
    "/invitation/:token": [["invitation", link(d.must("agent", "add", "new@tidewatch.example", "--name", "Nele").out)]],
    "/brands/new": [["brand-new", "/brands/new"]],
    "/account": [["account", "/account"]],
    "/b/:brand/list/:view": ["waiting", "mine", "unassigned", "them", "done", "closed", "junk"]
      .map((v) => [`list-${v}`, id(`/list/${v}`)]),
    "/b/:brand/c/:id": [["conversation", id(`/c/${milo}`)], ["conversation-plain", id(`/c/${okonkwo}`)],
      ["conversation-sent", id(`/c/${okonkwo}?sent=${letter}`)], ["conversation-photos", id(`/c/${of("Broken axle (photos)")}`)],
      ["conversation-busy", id(`/c/${of("Invoice, again")}`)], ["conversation-long", id(`/c/${of("Words without end")}`)],
      ["missing", id("/c/999")]],
    "/b/:brand/c/:id/merge": [["merge-page", id(`/c/${milo}/merge`)], ["merge-page-found", id(`/c/${milo}/merge?q=lighthouse`)]],
    "/b/:brand/c/:id/merge/:other": [["merge-two", id(`/c/${milo}/merge/${okonkwo}`)]],
    "/b/:brand/search": [["search", id("/search")], ["search-found", id("/search?q=the+lighthouse")],
      ["search-nothing", id("/search?q=xylophone")]],
    "/b/:brand/customers/:id": [["customer", id(`/customers/${customer}`)]],
    "/b/:brand/customers/:id/forget": [["customer-forget", id(`/customers/${customer}/forget`)]],
    ...(await promisedFaces(id, of)),
    "/b/:brand/incidents": [["incidents", id("/incidents")]],
    "/b/:brand/incidents/:id": [["incident", id(`/incidents/${promised.incident}`)]],
    "/b/:brand/incidents/:id/letters": ["waiting", "answered", "in", "proposed", "owed"]
      .map((v) => [`incident-${v}`, id(`/incidents/${promised.incident}/letters?show=${v}`)]),
    "/b/:brand/incidents/:id/facts/:fact": [["incident-fact", id(`/incidents/${promised.incident}/facts/${promised.stated}`)]],
    "/b/:brand/incidents/:id/review": [["incident-review", id(`/incidents/${promised.incident}/review`)]],
    "/b/:brand/promises": [["promises", id("/promises")], ["promises-open", id("/promises?view=open")]],
    "/b/:brand/promises/:id": [["promise", id(`/promises/${(await api("/promises?view=open")).promises[0].id}`)]],
    ...(await fansFaces(id)),
    "/b/:brand/type-in": [["type-in", id("/type-in")]],
    "/b/:brand/outbox": [["outbox", id("/outbox")]],
    "/b/:brand/write": [["write", id("/write")], ["write-to", id(`/write?customer=${customer}`)]],
    "/b/:brand/admin/brand": [["admin-brand", id("/admin/brand")]],
    "/b/:brand/admin/settings": [["admin-settings", id("/admin/settings")]],
    "/b/:brand/admin/jobs": [["admin-jobs", id("/admin/jobs")]],
    "/b/:brand/blocked": [["blocked", id("/blocked")]],
    "/b/:brand/account": [["account-brand", id("/account")]],
    ...Object.fromEntries(["frameworks", "facts", "phrases", "approved", "stops", "overrides", "corrections"]
      .map((p) => [`/b/:brand/voice/${p}`, [[`voice-${p}`, id(`/voice/${p}`)]]])),
    "/b/:brand/voice/frameworks/new": [["voice-framework-new", id("/voice/frameworks/new")]],
    "/b/:brand/voice/frameworks/:id": [["voice-framework", id(`/voice/frameworks/${(await api("/voice/frameworks")).frameworks[0].id}`)]],
    ...Object.fromEntries(["personas", "world", "words", "look"].map((p) => [`/b/:brand/voice/${p}`, [[`voice-${p}`, id(`/voice/${p}`)]]])),
    "/b/:brand/voice/personas/new": [["voice-persona-new", id("/voice/personas/new")]],
    "/b/:brand/voice/personas/:id": [["voice-persona", id(`/voice/personas/${(await api("/voice/personas")).personas[0].id}`)]],
    "/b/:brand/voice/world/new": [["voice-note-new", id("/voice/world/new")]],
    "/b/:brand/voice/world/:id": [["voice-note", id(`/voice/world/${(await api("/voice/world")).notes[0].id}`)]],
    "/b/:brand/account/letter": [["account-letter", id("/account/letter")]],
    "/b/:brand/voice/facts/new": [["voice-fact-new", id("/voice/facts/new")]],
    "/b/:brand/voice/facts/:id": [["voice-fact", id(`/voice/facts/${(await api("/voice/facts")).facts[0].id}`)]],
    "/b/:brand/admin/people": [["admin-people", id("/admin/people")]],
    "/b/:brand/admin/inboxes": [["admin-inboxes", id("/admin/inboxes")]],
    "/b/:brand/admin/inboxes/:id": [["admin-inbox", id(`/admin/inboxes/${inbox}`)]],
    "/b/:brand/admin/hooks": [["admin-hooks", id("/admin/hooks")]],
    "/b/:brand/admin/hooks/:id": [["admin-hook", id(`/admin/hooks/${promised.hook}`)]],
    "/b/:brand/admin/inboxes/:id/incoming": [["admin-inbox-incoming", id(`/admin/inboxes/${inbox}/incoming`)]],
    "/b/:brand/stories": [["stories", id("/stories")], ["stories-thanked", id("/stories?view=thanked")], ["stories-no", id("/stories?view=no")]],
    "/b/:brand/stories/quotes": [["story-quotes", id("/stories/quotes")]],
    "/b/:brand/stories/letters": [["story-letters", id("/stories/letters")]],
    "/b/:brand/stories/:id": [["story", id(`/stories/${promised.story}`)]],
    "/stories/:slug": [["story-wall", `/stories/${d.slug}`]],
    "/story/:token": [["story-gone", "/story/AAAAAAAAAAAAAAAAAAAAAA"]],
    "/b/:brand/practice": [["practice", id("/practice")]],
    "/b/:brand/practice/l/:letter": [["practice-letter", id("/practice/l/demo-041-milo")]],
    "/b/:brand/practice/r/:id": [["practice-read", id(`/practice/r/${promised.practice}`)]],
    "/b/:brand/practice/applicants/:id": [["practice-applicant", id(`/practice/applicants/${promised.applicant}`)]],
    "/b/:brand/proud": [["proud", id("/proud")]],
    "/practice/:token": [["practice-guest", promised.guest], ["practice-guest-gone", "/practice/AAAAAAAAAAAAAAAAAAAAAA"]],
    "/practice/:token/l/:letter": [["practice-guest-letter", `${promised.guest}/l/demo-041-milo`]],
    "/b/:brand/status": [["status", id("/status")]],
    "/b/:brand/status/u/:id": [["status-update", id(`/status/u/${promised.word}`)]],
    "/status/:slug": [["status-public", `/status/${d.slug}`]],
    "/status/:slug/subscribe": [["status-subscribe", `/status/${d.slug}/subscribe`]],
    "/status/:slug/mail/:token": [["status-link-gone", `/status/${d.slug}/mail/AAAAAAAAAAAAAAAAAAAAAA`]],
    "/b/:brand/admin/accounts": [["admin-accounts", id("/admin/accounts")]],
    "/b/:brand/admin/inboxes/:id/fetching": [["admin-fetching", id(`/admin/inboxes/${inbox}/fetching`)],
      ["admin-fetching-none", id(`/admin/inboxes/${promised.unfetched}/fetching`)]],
  };
}

/** Something was given, packed, printed, broken, tested and worried about. */
async function liveInPromises(post, of) {
  const get = async (p) => (await d.api("GET", `/b/${d.slug}${p}`)).json;
  const axle = of("Broken axle (photos)").id, doors = of("Fire station 2210: two left doors").id, milo = of("Keeper Juno").id;
  const give = async (conversation, item, key) => (await post(`/c/${conversation}/gestures`, { kind: "extra", situation: "broken", item,
    quantity: 1, cost: "2.50", judgement: "They built it twice before they wrote.", key: `pages-${key}` })).id;
  promised.gesture = await give(axle, "Keeper Juno", "one");
  const made = await post(`/c/${axle}/box`, { key: "pages-box-1", items: [{ gesture: promised.gesture, quantity: 1 }],
    address: "Wim de Graaf\nKade 4\n1011 AB Amsterdam", country: "Netherlands", letter: "Dear Wim,\n\nhere she is. \u{1D11E}\n" });
  promised.box = made.id;
  const started = await post("/boxes/print", { boxes: [promised.box], letter: true, slip: true, label: true });
  promised.print = started.print;
  const item = (await get("/stock")).stock[0];
  promised.stocked = new URLSearchParams({ kind: item.kind, code: item.code, colour: item.colour ?? "" }).toString();
  await post(`/c/${doors}/defect`, { product: "2210", symptom: "wrong", words: "two left doors" });
  promised.defect = (await get("/defects")).defects[0].id;
  const trial = await post("/trials", { name: "Doors, once more", about: "Forty boxes opened and counted.", defect: promised.defect,
    ends: new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10) });
  promised.trial = trial.trial;
  promised.policy = (await get("/policies")).policies[0].id;
  promised.incident = (await post("/incidents", { title: "The missing-pieces page is not answering", conversation: doors })).incident;
  promised.stated = (await post(`/incidents/${promised.incident}/facts`, { text: "Orders sent before nine are safe." })).fact;
  await post(`/c/${doors}/worry`, { worry: "The last sentence." });
  promised.your = new URL((await post(`/c/${doors}/link`, {})).link).pathname;
  await post(`/c/${milo}/child`, { child: true });
  await post(`/c/${milo}/child/ask`, { email: "gran@post.example" });
  const grownUp = await until("the grown-up is asked", () => {
    const left = path.join(d.data, "maildir/new");
    for (const f of fs.existsSync(left) ? fs.readdirSync(left, { recursive: true }) : []) {
      const at = path.join(left, String(f));
      if (!fs.statSync(at, { throwIfNoEntry: false })?.isFile()) continue;
      const link = /\/grown-up\/[\w-]+/.exec(fs.readFileSync(at, "utf8").replace(/=\r?\n/g, ""));
      if (link) return link[0];
    }
    return null;
  });
  promised.grownUp = grownUp;
}

/** A desk on which something has happened, so that no page is empty for want of rows. */
async function liveIn() {
  const post = async (p, body) => {
    const answer = await d.api("POST", `/b/${d.slug}${p}`, body);
    assert.equal(answer.status, 200, `${p}: ${answer.text}`);
    return answer.json;
  };
  const long = "Donaudampfschifffahrtsgesellschaftskapitaen".repeat(6);
  await lmtp(d.lmtpPort, "x@post.example", [d.inbox], mail({ from: `"${long}" <${"long.".repeat(11)}x@post.example>`,
    to: d.inbox, subject: "Words without end",
    text: `${long}\r\n\r\n${"many words ".repeat(400)}\r\n\r\nhttps://post.example/${long}\r\n` }));
  const waiting = await until("all letters are read", async () => {
    const rows = (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations;
    return rows.length >= 13 && rows.some((c) => c.subject === "Words without end") && rows;
  });
  const of = (subject) => waiting.find((c) => c.subject === subject);
  d.must("agent", "add", "omar@tidewatch.example", "--name", "Omar Haddad", "--role", "lead");
  const invoice = of("Invoice, again");
  await post(`/c/${invoice.id}/take`, {});
  await post(`/c/${invoice.id}/note`, { text: "The old name is still in the shop's own books." });
  const reply = /message (\d+)/.exec(must(["reply", "--data", d.data, invoice.id, "--as", d.email],
    "Dear Mr Lemoine,\n\nthe new invoice is on its way.\n\nInes\n").out)[1];
  const ours = /^Message-ID: (.*?)\r?$/im.exec(d.must("raw", reply).out)[1];
  d.deliver(mail({ from: "Gaspard Lemoine <g.lemoine@atelier.example>", to: d.inbox, subject: "Re: Invoice, again",
    headers: [`In-Reply-To: ${ours}`], text: "It has come, thank you.\r\n\r\nOn Tuesday, Ines wrote:\r\n> the new invoice is on its way.\r\n" }));
  await until("his answer is read", async () => (await d.api("GET", `/b/${d.slug}/c/${invoice.id}`)).json.messages.length === 4);
  await post(`/c/${of("thank you").id}/close`, { reason: "none_needed" });
  await post(`/c/${of("YOU HAVE BEEN CHOSEN!!!").id}/junk`, { block: true });
  const soon = new Date(Date.now() + 5 * 86400000).toISOString().slice(0, 10);
  await post(`/c/${of("Keeper Juno").id}/promises`, { text: `Ask the keeper of ${long}`, day: soon });
  const first = (await d.api("GET", `/b/${d.slug}/admin/inboxes`)).json.inboxes[0].id;
  await post(`/admin/inboxes/${first}/fetching`, { host: "imap.tidewatch.example", user: "letters", password: "a password" });
  await post(`/admin/inboxes/${first}/fetching/pause`, {});
  const words = (await d.api("GET", `/b/${d.slug}/c/${of("Words without end").id}`)).json.messages[0].id;
  promised.story = (await post(`/m/${words}/story`, {})).story;
  await post("/admin/settings", { story_wall: 1 });
  promised.hook = (await post("/admin/hooks", { name: "App store", url: "https://chat.example/posts" })).id;
  await post("/practice/l/demo-041-milo", { text: "Dear Milo,\n\nshe is on her way.", do: "done" });
  promised.practice = (await d.api("GET", `/b/${d.slug}/practice`)).json.mine[0].id;
  promised.guest = new URL((await post("/practice/applicants", { name: `Nele ${long.slice(0, 90)}` })).link).pathname;
  promised.applicant = (await d.api("GET", `/b/${d.slug}/practice`)).json.applicants[0].id;
  await post("/status/page", { opened: true });
  promised.word = (await post("/status/update", { kind: "trouble", headline: `The ${long.slice(0, 90)} is late.`, words: `It is ${long}.` })).id;
  await until("the status page is open", async () => (await fetch(`${d.url}/status/${d.slug}`)).status === 200);
  promised.unfetched = (await post("/admin/inboxes", { address: "school@tidewatch.example" })).id;
  await liveInPromises(post, of);
  await post(`/c/${of("Keeper Juno").id}/draft`, { text: "Dear Milo,\n\nKeeper Juno is on her way back to you." });
}

async function walk(page, { path: route, name, address }) {
  const { troubles, foreign } = page.context();
  await page.goto(d.url + address, { waitUntil: "load" });
  const seen = await page.evaluate(() => ({ title: document.title, h1: document.querySelectorAll("h1").length,
    main: document.querySelectorAll("main").length, lang: document.documentElement.lang }));
  const problems = [];
  // What customers see bears the brand's name, not ours.
  const ours = !/^\/(missing|your|status|practice|stories|story)\//.test(route);
  if (ours ? !/\S.* · Longhand$/.test(seen.title) : !/\S/.test(seen.title)) problems.push(`the title is "${seen.title}"`);
  if (seen.h1 !== 1) problems.push(`${seen.h1} h1`);
  if (seen.main !== 1) problems.push(`${seen.main} main`);
  if (!seen.lang) problems.push("no language");
  problems.push(...(await everyLook(page, "it", (width, scheme) => path.join(shots, `${name}-${width}-${scheme}.png`))));
  // A page that says "there is nothing here" does so with a 404, which Chromium reports.
  problems.push(...troubles.splice(0).filter((t) => !/status of 404/.test(t) || !/missing|gone/.test(name)));
  problems.push(...foreign.splice(0).map((u) => `asked ${u}`));
  return problems.map((p) => `${name} (${route}): ${p}`);
}

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  d = await Desk.start({ demo: true });
  await liveIn();
  const known = await faces((p) => `/b/${d.slug}${p}`);
  for (const r of JSON.parse(must(["routes", "--json"]).out).routes) {
    if (r.method !== "GET" || notPages.has(r.path)) continue;
    if (known[r.path]) pages.push(...known[r.path].map(([name, address]) => ({ ...r, name, address })));
    else pages.push({ ...r, unknown: true });
  }
  browser = await openBrowser();
  const first = await openContext(browser, d.url);
  await signIn(await first.newPage(), d);
  state = await first.storageState();
  await first.close();
});

after(async () => {
  await browser?.close();
  await d?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("every page of the route table is walked here", { skip }, () => {
  assert.deepEqual(pages.filter((p) => p.unknown).map((p) => p.path), []);
  assert.ok(pages.length > 30);
});

for (const who of ["PUBLIC", "signed in"]) {
  test(`every page, ${who}`, { skip }, async () => {
    const context = await openContext(browser, d.url, who === "PUBLIC" ? {} : { storageState: state });
    const page = await context.newPage();
    const problems = [];
    for (const p of pages.filter((x) => !x.unknown && (x.who === "PUBLIC") === (who === "PUBLIC")))
      problems.push(...(await walk(page, p)));
    await context.close();
    assert.deepEqual(problems, []);
  });
}
