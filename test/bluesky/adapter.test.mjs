// The adapter (src/social/bluesky*.c) against the real servers.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import zlib from "node:zlib";
import { Driver, Network, root } from "./network.mjs";

let n, us, ann, bo, driver, key = 1n << 40n;
const nextKey = () => Number(key += 1n);

before(async () => {
  n = await Network.start();
  us = await n.account("tidewatch.test");
  ann = await n.account("ann.test");
  bo = await n.account("bob.test");
  driver = new Driver();
  await driver.must("sign_in", { server: n.pds, account: "@Tidewatch.test", password: us.password });
});

after(async () => {
  await driver?.close();
  await n?.close();
});

/** A post of somebody, with its facets; what the AppView then knows. */
async function says(who, text, more = {}) {
  const rt = new n.api.RichText({ text });
  await rt.detectFacets(who.agent);
  const made = await who.agent.post({ text: rt.text, facets: rt.facets, langs: ["en"], ...more });
  await n.settle();
  return made;
}

/** Everything that is new for us, through all pages. */
async function fetchAll(cursor = "", since = 0) {
  const posts = [];
  for (let pages = 0; pages < 50; pages++) {
    const page = await driver.must("fetch", { cursor, since });
    posts.push(...page.posts);
    cursor = page.cursor;
    if (!page.more) return { posts, cursor, pages: pages + 1, says: page.says };
  }
  throw new Error("pages without end");
}

const png = (width, height) => {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(8 + data.length + 4);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(zlib.crc32(body), 8 + data.length);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head),
    chunk("IDAT", zlib.deflateSync(Buffer.alloc((width + 1) * height, 90))), chunk("IEND", Buffer.alloc(0))]);
};

test("a wrong password and an unknown account are said, and never what was typed", async () => {
  const d = new Driver();
  const wrong = await d.ask("sign_in", { server: n.pds, account: us.handle, password: "not-the-password" });
  assert.equal(wrong.result, "sign_in");
  assert.ok(!wrong.says.includes("not-the-password"), wrong.says);
  const nobody = await d.ask("sign_in", { server: n.pds, account: "nobody.test", password: "not-the-password" });
  assert.equal(nobody.result, "sign_in");
  await d.close();
});

test("an app password signs in", async () => {
  const { data } = await us.agent.com.atproto.server.createAppPassword({ name: "longhand" });
  const d = new Driver();
  const r = await d.must("sign_in", { server: n.pds, account: us.handle, password: data.password });
  assert.equal(r.id, `at://${us.did}`);
  assert.equal((await d.must("publish", { key: nextKey(), text: "Good morning from the harbour." })).id.split("/")[2], us.did);
  await d.close();
});

test("a mention, a reply and a quote arrive once, each as what it is", async () => {
  const start = await fetchAll();
  const ours = await driver.must("publish", { key: nextKey(), text: "New keepers have landed." });
  await n.settle();
  const strong = { uri: ours.id, cid: ours.version };
  const mention = await says(ann, "@tidewatch.test my Keeper Juno 👩‍👩‍👧 fell down the drain #harbour");
  const reply = await says(bo, "Lovely!", { reply: { root: strong, parent: strong } });
  const quote = await says(ann, "Look at this", { embed: { $type: "app.bsky.embed.record", record: strong } });
  await says(bo, "nothing to do with anybody");
  const { posts, cursor } = await fetchAll(start.cursor);
  assert.deepEqual(posts.map((p) => [p.id, p.kind]), [[mention.uri, "mention"], [reply.uri, "reply"], [quote.uri, "quote"]]);
  assert.equal(posts[0].author.handle, "ann.test");
  assert.equal(posts[0].author.followers, 0);
  assert.equal(posts[0].language, "en");
  assert.deepEqual(posts[0].links.map((l) => Buffer.from(posts[0].text).subarray(l.from, l.to).toString()),
    ["@tidewatch.test", "#harbour"]);
  assert.equal(posts[1].reply_to, ours.id);
  assert.equal(posts[1].root, ours.id);
  assert.equal(posts[2].quote, ours.id);
  assert.deepEqual((await fetchAll(cursor)).posts, []);
});

test("whoever the account does not follow is heard, too, whatever its settings say", async () => {
  const { cursor } = await fetchAll();
  await us.agent.app.bsky.notification.putPreferences({ priority: true });
  await n.settle();
  const made = await says(ann, "@tidewatch.test do you hear me?");
  assert.deepEqual((await us.agent.listNotifications({ reasons: ["mention"] })).data.notifications.filter((x) => x.uri === made.uri), []);
  assert.deepEqual((await fetchAll(cursor)).posts.map((p) => p.id), [made.uri]);
  await us.agent.app.bsky.notification.putPreferences({ priority: false });
});

test("a reply is seen by the other account, in the thread, with mention, address and tag", async () => {
  const { cursor } = await fetchAll();
  await says(ann, "@tidewatch.test is Juno coming back? مرحبا 👩‍👩‍👧");
  const [post] = (await fetchAll(cursor)).posts;
  const text = "Dear @ann.test 👩‍👩‍👧, yes. Look at https://tidewatch.example/juno_(2). #harbour ask @nobody.invalid";
  const r = await driver.must("publish", { key: nextKey(), text, language: "en", to_id: post.author.id,
    to_handle: post.author.handle, reply_to: { id: post.id, version: post.version } });
  await n.settle();
  const { data } = await ann.agent.getPostThread({ uri: post.id });
  assert.deepEqual(data.thread.replies.map((x) => x.post.uri), [r.id]);
  const { record, cid } = data.thread.replies[0].post;
  assert.equal(cid, r.version);
  assert.equal(record.text, text);
  assert.deepEqual(record.reply, { root: { uri: post.id, cid: post.version }, parent: { uri: post.id, cid: post.version } });
  const cut = (f) => Buffer.from(text).subarray(f.index.byteStart, f.index.byteEnd).toString();
  assert.deepEqual(record.facets.map((f) => [cut(f), f.features[0].did ?? f.features[0].uri ?? f.features[0].tag]),
    [["@ann.test", ann.did], ["https://tidewatch.example/juno_(2)", "https://tidewatch.example/juno_(2)"], ["#harbour", "harbour"]]);
  const told = (await ann.agent.listNotifications()).data.notifications.map((x) => x.uri);
  assert.ok(told.includes(r.id));
});

test("a key is published once, however often; and what the server says to a second createRecord", async () => {
  const wish = { key: nextKey(), at: Date.now(), text: "Only once." };
  assert.equal((await driver.ask("find", wish)).result, "gone");
  const first = await driver.must("publish", wish), second = await driver.must("publish", wish);
  assert.deepEqual([second.id, second.version], [first.id, first.version]);
  assert.equal((await driver.must("find", wish)).id, first.id);
  const other = await driver.ask("publish", { ...wish, text: "Something else." });
  assert.equal(other.result, "refused");
  const { data } = await us.agent.com.atproto.repo.listRecords({ repo: us.did, collection: "app.bsky.feed.post", limit: 100 });
  assert.equal(data.records.filter((x) => x.value.text === "Only once.").length, 1);
  assert.equal(data.records.filter((x) => x.value.text === "Something else.").length, 0);

  // What the choice of createRecord rests on: it refuses, putRecord would write over.
  const rkey = first.id.split("/").pop();
  const record = { $type: "app.bsky.feed.post", text: "Written over.", createdAt: new Date().toISOString() };
  const at = { repo: us.did, collection: "app.bsky.feed.post", rkey };
  const refused = await us.agent.com.atproto.repo.createRecord({ ...at, record }).then(() => null, (e) => e);
  assert.ok(refused, "createRecord took a second record under the same key");
  console.log(`# a second createRecord: ${refused.status} ${refused.error}: ${refused.message}`);
  const same = await us.agent.com.atproto.repo.getRecord(at);
  assert.equal(same.data.value.text, "Only once.");
  await us.agent.com.atproto.repo.putRecord({ ...at, record });
  assert.equal((await us.agent.com.atproto.repo.getRecord(at)).data.value.text, "Written over.");
});

test("two at once under one key make one post", async () => {
  const two = new Driver();
  await two.must("sign_in", { server: n.pds, account: us.handle, password: us.password });
  for (let i = 0; i < 5; i++) {
    const wish = { key: nextKey(), at: Date.now(), text: `Together ${i}.` };
    const both = await Promise.all([driver.ask("publish", wish), two.ask("publish", wish)]);
    for (const r of both) assert.equal(r.result, "done", r.says);
    assert.equal(both[0].id, both[1].id);
    assert.equal(both[0].version, both[1].version);
  }
  await two.close();
});

test("a post that is gone is told as gone, and is not answered", async () => {
  const { cursor } = await fetchAll();
  const made = await says(ann, "@tidewatch.test never mind"), stays = await says(bo, "@tidewatch.test hello");
  const { posts } = await fetchAll(cursor);
  assert.equal(posts.length, 2);
  await ann.agent.deletePost(made.uri);
  await n.settle();
  const now = (await driver.must("look", { ids: [made.uri, stays.uri] })).posts;
  assert.deepEqual(now.map((p) => [p.id, !!p.deleted]), [[stays.uri, false], [made.uri, true]]);
  const late = await driver.ask("publish", { key: nextKey(), text: "We are sorry.", reply_to: { id: made.uri, version: made.cid } });
  assert.equal(late.result, "gone");
});

test("a post that was changed has another version", async () => {
  const made = await says(ann, "@tidewatch.test first words");
  const rkey = made.uri.split("/").pop();
  const { data } = await ann.agent.com.atproto.repo.getRecord({ repo: ann.did, collection: "app.bsky.feed.post", rkey });
  await ann.agent.com.atproto.repo.putRecord({ repo: ann.did, collection: "app.bsky.feed.post", rkey,
    record: { ...data.value, text: "@tidewatch.test other words" } });
  await n.settle();
  const [now] = (await driver.must("look", { ids: [made.uri] })).posts;
  console.log(`# after putRecord the AppView shows: ${JSON.stringify(now.text)}, version ${now.version === made.cid ? "the same" : "another"}`);
  assert.ok(["@tidewatch.test first words", "@tidewatch.test other words"].includes(now.text));
  assert.equal(now.version === made.cid, now.text === "@tidewatch.test first words");
});

test("pictures go with their words, and come with them", async () => {
  const file = path.join(n.folder, "juno.png");
  fs.writeFileSync(file, png(40, 30));
  const alt = "Keeper Juno on the pier, \"waving\" 👋";
  const r = await driver.must("publish", { key: nextKey(), text: "Here she is.", images: [{ path: file, alt }, { path: file, alt: "" }] });
  await n.settle();
  const [view] = (await ann.agent.getPosts({ uris: [r.id] })).data.posts;
  assert.deepEqual(view.embed.images.map((i) => [i.alt, i.aspectRatio]), [[alt, { width: 40, height: 30 }], ["", { width: 40, height: 30 }]]);

  const { cursor } = await fetchAll();
  const blob = (await ann.agent.uploadBlob(png(8, 8), { encoding: "image/png" })).data.blob;
  const theirs = await says(ann, "@tidewatch.test mine", { embed: { $type: "app.bsky.embed.images",
    images: [{ image: blob, alt: "a figure without a hat" }] } });
  const [post] = (await fetchAll(cursor)).posts;
  assert.equal(post.id, theirs.uri);
  assert.equal(post.images.length, 1);
  assert.equal(post.images[0].alt, "a figure without a hat");
  assert.match(post.images[0].url, /^https?:\/\//);

  fs.writeFileSync(file, Buffer.concat([png(40, 30), Buffer.alloc(2_000_001)]));
  assert.match((await driver.ask("publish", { key: nextKey(), text: "big", images: [{ path: file, alt: "" }] })).says, /2 MB/);
  fs.writeFileSync(file, "no picture");
  assert.match((await driver.ask("publish", { key: nextKey(), text: "none", images: [{ path: file, alt: "" }] })).says, /PNG, JPEG/);
});

test("a thread of eight parts hangs together, each at once behind the last", async () => {
  const { cursor } = await fetchAll();
  await says(bo, "@tidewatch.test how do the keepers work?");
  const [post] = (await fetchAll(cursor)).posts;
  const root = { id: post.id, version: post.version };
  let parent = root;
  const made = [];
  for (let i = 1; i <= 8; i++) {
    // No settle() between: the AppView has not seen the part before when the next one answers it.
    const r = await driver.must("publish", { key: nextKey(), text: `Part ${i} of 8.`, root, reply_to: parent });
    parent = { id: r.id, version: r.version };
    made.push(r.id);
  }
  await n.settle();
  let { thread } = (await bo.agent.getPostThread({ uri: post.id, depth: 20 })).data;
  for (const id of made) {
    assert.equal(thread.replies.length, 1);
    [thread] = thread.replies;
    assert.equal(thread.post.uri, id);
    assert.equal(thread.post.record.reply.root.uri, post.id);
  }
});

test("a quote of ours quotes", async () => {
  const made = await says(ann, "Tidewatch made my day");
  const r = await driver.must("publish", { key: nextKey(), text: "Thank you!", quote: { id: made.uri, version: made.cid } });
  await n.settle();
  const [view] = (await ann.agent.getPosts({ uris: [r.id] })).data.posts;
  assert.equal(view.embed.record.uri, made.uri);
});

test("300 graphemes are taken as the server counts them, 301 are not sent", async () => {
  const family = "👨‍👩‍👧‍👦", flag = "🇳🇴", accent = "e\u0301";
  for (const [one, times] of [["a", 300], [flag, 300], [accent, 300], [family, 100], ["نا", 150]]) {
    const text = one.repeat(times);
    const r = await driver.ask("publish", { key: nextKey(), text });
    assert.equal(r.result, "done", `${one} × ${times}: ${r.says}`);
  }
  for (const one of ["a", flag, accent])
    assert.match((await driver.ask("publish", { key: nextKey(), text: one.repeat(301) })).says, /301 characters/);
  assert.match((await driver.ask("publish", { key: nextKey(), text: family.repeat(121) })).says, /Bluesky takes/);
});

test("a burst is read to its end over several pages, oldest first within each", async () => {
  const { cursor } = await fetchAll();
  const rt = new n.api.RichText({ text: "@tidewatch.test is it down?" });
  await rt.detectFacets(ann.agent);
  const ids = [];
  for (let i = 0; i < 230; i++)
    ids.push((await (i % 2 ? ann : bo).agent.post({ text: rt.text, facets: rt.facets })).uri);
  await n.settle();
  const { posts, pages, cursor: then } = await fetchAll(cursor);
  assert.ok(pages >= 3, `${pages} pages`);
  assert.deepEqual(new Set(posts.map((p) => p.id)), new Set(ids));
  assert.equal(posts.length, ids.length);
  assert.deepEqual((await fetchAll(then)).posts, []);

  // One whose writer's clock is an hour slow lies behind them all: the walk that goes deep, once an hour, finds it.
  const late = await says(bo, "@tidewatch.test from a slow clock", { createdAt: new Date(Date.now() - 3600e3).toISOString() });
  await driver.ask("skew", { ms: 3_700_000 });
  assert.ok((await fetchAll(then)).posts.map((p) => p.id).includes(late.uri));
  await driver.ask("skew", { ms: 0 });
});

test("profile, search, and removing", async () => {
  const mine = await driver.must("profile", { who: "" });
  assert.equal(mine.handle, "tidewatch.test");
  await bo.agent.follow(us.did);
  await n.settle();
  assert.equal((await driver.must("profile", { who: `at://${us.did}` })).followers, mine.followers + 1);
  assert.equal((await driver.ask("profile", { who: "at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa" })).result, "gone");

  const made = await says(ann, "the lighthouse lamp is blinking");
  const found = await driver.must("search", { words: "lighthouse lamp" });
  assert.deepEqual(found.posts.map((p) => [p.id, p.kind]), [[made.uri, "other"]]);

  const wish = { key: nextKey(), text: "Oh no." }, r = await driver.must("publish", wish);
  await driver.must("remove", { id: r.id });
  await driver.must("remove", { id: r.id });
  assert.equal((await driver.ask("find", wish)).result, "gone");
  assert.equal((await driver.ask("remove", { id: made.uri })).result, "error");
});

test("an old token is renewed, a wrong one too, and one that cannot be asks for a person", async () => {
  const d = new Driver();
  await d.must("sign_in", { server: n.pds, account: us.handle, password: us.password });
  const kept = JSON.parse((await d.ask("secret")).secret);
  const broken = `${kept.access.split(".").slice(0, 2).join(".")}.xx`;
  await d.ask("secret", { set: JSON.stringify({ ...kept, access: broken }) });
  assert.equal((await d.must("profile")).renewals, 1);
  const then = JSON.parse((await d.ask("secret")).secret);
  assert.notEqual(then.access, broken);
  assert.notEqual(then.refresh, kept.refresh);
  // The refresh token is of no use either: the app password still is.
  await d.ask("secret", { set: JSON.stringify({ ...then, access: broken, refresh: broken }) });
  assert.equal((await d.must("profile")).renewals, 2);
  await d.ask("secret", { set: JSON.stringify({ ...then, access: broken, refresh: broken, password: "changed-since" }) });
  const out = await d.ask("profile");
  assert.equal(out.result, "sign_in");
  assert.ok(!JSON.stringify(out).includes("changed-since"));
  await d.close();
});

test("OAuth: consent in a browser, then everything by tokens bound to a key", async () => {
  let back;
  const returned = new Promise((resolve) => { back = resolve; });
  const ours = http.createServer((q, s) => {
    s.end("ok");
    if (q.url.startsWith("/back?")) back(q.url.slice(6));
  });
  await new Promise((resolve) => ours.listen(0, "127.0.0.1", resolve));
  const redirect = `http://127.0.0.1:${ours.address().port}/back`;
  const client = `http://localhost?${new URLSearchParams({ redirect_uri: redirect, scope: "atproto transition:generic" })}`;
  const { chromium } = createRequire(path.join(root, "package.json"))("playwright-core");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  const d = new Driver();
  let query;
  try {
    const { url } = await d.must("consent_begin", { server: n.pds, account: us.handle, client, redirect, state: "state-1" });
    const page = await browser.newPage();
    await page.goto(url);
    await page.fill("input[type=password]", us.password);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Authorize" }).click();
    query = await returned;
    assert.equal(new URLSearchParams(query).get("state"), "state-1");
    const forged = await d.ask("consent_end", { query: query.replace(/iss=[^&]*/, "iss=https%3A%2F%2Fevil.example") });
    assert.equal(forged.result, "refused");
    const r = await d.must("consent_end", { query });
    assert.deepEqual([r.id, r.account], [`at://${us.did}`, us.handle]);
  } finally {
    await browser.close();
    ours.close();
  }
  assert.equal((await d.must("profile")).id, `at://${us.did}`);
  const wish = { key: nextKey(), at: Date.now(), text: "Written with consent." };
  assert.equal((await d.must("publish", wish)).id, (await d.must("publish", wish)).id);
  await d.must("fetch", { cursor: "" });

  // Our clock is wrong by ten minutes: proofs are dated by the server's.
  for (const ms of [-600_000, 600_000]) {
    await d.ask("skew", { ms });
    await d.must("profile");
  }
  await d.ask("skew", { ms: 0 });

  const kept = JSON.parse((await d.ask("secret")).secret);
  const broken = `${kept.access.split(".").slice(0, 2).join(".")}.xx`;
  await d.ask("secret", { set: JSON.stringify({ ...kept, access: broken }) });
  await d.must("profile");
  const then = JSON.parse((await d.ask("secret")).secret);
  assert.notEqual(then.refresh, kept.refresh);
  await d.ask("secret", { set: JSON.stringify({ ...then, access: broken, refresh: "ref-0000000000000000" }) });
  assert.equal((await d.ask("profile")).result, "sign_in");
  assert.notEqual((await d.ask("consent_end", { query })).result, "done", "a code is good once");
  await d.close();
});
