// A desk with an account on a server that speaks the AT Protocol badly: written from its documentation, a fake, for what the
// real servers (make test-bluesky) do not do on demand.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Desk } from "../lib/desk.mjs";

const us = "did:plc:tidewatch", ann = "did:plc:ann", list = "app.bsky.notification.listNotifications";
let desk, server, account;
/** What the server has and does; `moods[method]` are answers given once each, before it is itself again. */
const world = { answered: 0, token: "", tokens: 0, notices: [], records: new Map(), moods: {}, asked: {}, cursor: undefined, seen: [] };

function nsid(q) { return q.url.split("?")[0].replace("/xrpc/", ""); }

function session() {
  world.tokens++;
  world.token = `CANARY-access-${world.tokens}`;
  return { did: us, handle: "tidewatch.test", accessJwt: world.token, refreshJwt: `CANARY-refresh-${world.tokens}` };
}

const row = (n, text) => ({ uri: `at://${ann}/app.bsky.feed.post/${n}`, cid: `bafy${n}`, reason: "mention",
  author: { did: ann, handle: "ann.test", displayName: "Ann" }, indexedAt: new Date().toISOString(),
  record: { $type: "app.bsky.feed.post", text, createdAt: new Date().toISOString() } });

const methods = {
  "com.atproto.server.createSession": (q, body) => (JSON.parse(body).password === "CANARY-password" ? session()
    : [401, { error: "AuthenticationRequired", message: "Invalid identifier or password" }]),
  "com.atproto.server.refreshSession": (q) => (q.headers.authorization === `Bearer CANARY-refresh-${world.tokens}` ? session()
    : [400, { error: "ExpiredToken" }]),
  "app.bsky.notification.listNotifications": () => ({ notifications: world.notices, cursor: world.cursor }),
  "app.bsky.actor.getProfiles": () => ({ profiles: [{ did: ann, handle: "ann.test", followersCount: 12 }] }),
  "app.bsky.actor.getProfile": () => ({ did: us, handle: "tidewatch.test", followersCount: 3 }),
  "app.bsky.feed.getPosts": (q) => ({ posts: new URL(q.url, "http://x").searchParams.getAll("uris")
    .map((uri) => world.notices.find((x) => x.uri === uri)).filter(Boolean) }),
  "com.atproto.repo.getRecord": (q) => {
    const p = new URL(q.url, "http://x").searchParams, uri = `at://${p.get("repo")}/${p.get("collection")}/${p.get("rkey")}`;
    return world.records.has(uri) ? { uri, cid: "bafyours", value: world.records.get(uri) } : [400, { error: "RecordNotFound" }];
  },
  "com.atproto.repo.createRecord": (q, body) => {
    const { collection, rkey, record } = JSON.parse(body), uri = `at://${us}/${collection}/${rkey}`;
    if (world.records.has(uri)) return [500, { error: "InternalServerError" }];
    world.records.set(uri, record);
    return { uri, cid: "bafyours" };
  },
};

function answer(q, s, body) {
  const what = nsid(q);
  world.asked[what] = (world.asked[what] ?? 0) + 1;
  world.seen.push(q.headers.authorization ?? "");
  const open = what.startsWith("com.atproto.server.");
  let r = !open && q.headers.authorization !== `Bearer ${world.token}` ? [400, { error: "ExpiredToken" }] : null;
  const mood = r ? null : world.moods[what]?.shift();
  if (mood?.after) methods[what](q, body); // it is done, but not told
  if (!r && what === list) world.answered++;
  if (mood?.hang_up) return s.destroy();
  r ??= mood?.answer ?? methods[what]?.(q, body) ?? [501, { error: "MethodNotImplemented" }];
  const [status, json, headers] = Array.isArray(r) ? r : [200, r];
  s.writeHead(status, { "content-type": "application/json", ...headers });
  s.end(typeof json === "string" ? json : JSON.stringify(json));
}

before(async () => {
  server = http.createServer((q, s) => {
    let body = "";
    q.on("data", (b) => { body += b; });
    q.on("end", () => answer(q, s, body));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  desk = await Desk.start({ serve: false });
  const config = path.join(desk.data, "desk.json");
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config, "utf8")), posts_inside: true }));
  await desk.serve();
  await desk.api("POST", `/b/${desk.slug}/admin/settings`, { undo_seconds: "0" });
});

after(async () => {
  await desk?.stop();
  server?.closeAllConnections();
  server?.close();
});

const at = (where) => `/b/${desk.slug}${where}`;
const get = async (where) => {
  const r = await desk.api("GET", at(where));
  assert.equal(r.status, 200, r.text);
  return r.json;
};

async function until(what, how) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const got = await how();
    if (got) return got;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(`${what}: not within 20 s`);
}

/** A round now, to its end. */
async function round(state) {
  const answered = world.answered, before = await theAccount();
  assert.equal((await desk.api("POST", at(`/admin/accounts/${account}/look`), {})).status, 200);
  return until(`a round that ends ${state}`, async () => {
    const now = await theAccount();
    const ended = world.answered > answered && now.next_at !== before.next_at && now.next_at > Date.now();
    return ended && now.state === state ? now : null;
  });
}

async function theAccount() {
  const r = await get(`/admin/accounts/${account}`);
  return r.account ?? r;
}

const waiting = async () => (await get("/list/waiting")).conversations;

test("connecting: a wrong password is refused, the right one is kept out of sight", async () => {
  const form = { kind: "bluesky", server: `http://127.0.0.1:${server.address().port}`, account: "tidewatch.test" };
  const wrong = await desk.api("POST", at("/admin/accounts"), { ...form, password: "CANARY-wrong" });
  assert.ok(wrong.status >= 400 && wrong.status < 500 && !wrong.text.includes("CANARY"), wrong.text);
  const r = await desk.api("POST", at("/admin/accounts"), { ...form, password: "CANARY-password" });
  assert.equal(r.status, 200, r.text);
  account = r.json.made;
  // Connecting looks by itself; a look that is asked for meanwhile would be this same one.
  await until("the first round", async () => {
    const now = await theAccount();
    return world.answered > 0 && now.state === "well" && now.next_at > Date.now();
  });
});

test("429, 500, nonsense and half an answer: said, waited for, and nothing lost", async () => {
  world.notices = [row("1", "@tidewatch.test the mast of my ferry is loose")];
  const reset = String(Math.floor(Date.now() / 1000) + 3600);
  world.moods[list] = [{ answer: [429, { error: "RateLimitExceeded" }, { "ratelimit-reset": reset }] }];
  const limited = await round("waiting");
  assert.ok(limited.next_at > Date.now() + 3_000_000);
  for (const bad of [[500, "<html>"], [200, "nonsense"], [200, '{"notifications":[{"uri":'], [200, { notifications: "none" }]]) {
    world.moods[list] = [{ answer: bad }];
    await round("trouble");
  }
  world.moods[list] = [{ hang_up: true }];
  await round("trouble");
  assert.equal((await waiting()).length, 0);
  await round("well");
  await until("the mention", async () => (await waiting()).length === 1);
});

test("an old token is renewed, and the new one is kept over a restart", async () => {
  world.token = "gone";
  await round("well");
  const { tokens } = world;
  assert.ok(tokens >= 2);
  await desk.stop();
  await desk.serve();
  await round("well");
  assert.equal(world.tokens, tokens, "no new session was needed");
});

test("the same page for ever ends, and is one conversation", async () => {
  world.cursor = "again";
  const asked = world.asked[list];
  for (let i = 0; i < 3; i++) await round("well");
  assert.ok(world.asked[list] - asked <= 6);
  assert.equal((await waiting()).length, 1);
  world.cursor = undefined;
});

/** A mention, and a reply to it while the server answers the post with `mood`. */
async function reply(n, words, mood) {
  world.notices = [row(n, `@tidewatch.test ${words}`)];
  await round("well");
  const found = await until("the mention", async () => {
    for (const x of await waiting()) {
      const c = await get(`/c/${x.id}`);
      if (c.messages.some((m) => (m.text ?? "").includes(words))) return c;
    }
    return null;
  });
  world.moods["com.atproto.repo.createRecord"] = [mood];
  const id = found.conversation?.id ?? found.id, version = found.conversation?.version ?? found.version;
  const sent = await desk.api("POST", at(`/c/${id}/reply`), { text: `Dear Ann, about ${words}: soon. Ines`, version, override: "a test", done: true });
  assert.equal(sent.status, 200, sent.text);
  return until("the end of it", async () => {
    const out = (await get(`/c/${id}`)).messages.findLast((m) => m.outbox?.length)?.outbox[0];
    return out && !["held", "ready", "sending", "dot_sent"].includes(out.state) && !world.moods["com.atproto.repo.createRecord"].length ? out : null;
  });
}

test("a post that was taken without saying so is found, not posted again", async () => {
  for (const [n, mood] of [["2", { after: true, answer: [500, { error: "InternalServerError" }] }], ["3", { after: true, hang_up: true }],
    ["4", { after: true, answer: [200, "nonsense"] }]]) {
    const before = world.records.size;
    assert.equal((await reply(n, `rope number ${n}`, mood)).state, "sent");
    assert.equal(world.records.size, before + 1);
  }
  const texts = [...world.records.values()].map((r) => r.text);
  assert.equal(new Set(texts).size, texts.length);
});

test("no secret is in what the desk says or writes down", async () => {
  assert.ok(world.seen.some((h) => h.includes("CANARY")));
  const said = JSON.stringify([await get("/admin/accounts"), await get(`/admin/accounts/${account}`)]) + desk.log;
  assert.ok(!said.includes("CANARY"));
  for (const file of ["desk.db", "desk.db-wal"]) {
    const bytes = path.join(desk.data, file);
    if (fs.existsSync(bytes)) assert.ok(!fs.readFileSync(bytes).includes("CANARY"), file);
  }
});
