// Social accounts with the real desk: a Mastodon server (a fake one, see its file) and a webhook. What people write
// becomes conversations, answers leave once, and servers that go wrong cost nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { Desk, root, until } from "../lib/desk.mjs";
import { MastodonFake } from "../lib/mastodon_fake.mjs";

let d, fake, account;

const get = async (at) => {
  const r = await d.api("GET", `/b/${d.slug}${at}`);
  assert.equal(r.status, 200, r.text);
  return r.json;
};
const post = async (at, body = {}) => {
  const r = await d.api("POST", `/b/${d.slug}${at}`, body);
  assert.equal(r.status, 200, r.text);
  return r.json;
};
const waiting = async () => (await get("/list/waiting")).conversations;
const talk = (id) => get(`/c/${id}`);
const letters = (c) => c.messages.filter((m) => m.kind === "letter");
const look = () => post(`/admin/accounts/${account}/look`);
const accountIs = async () => (await get(`/admin/accounts/${account}`)).account;
const jobs = async () => (await get("/admin/jobs")).jobs;
/** What is put off is tried now. */
const hurry = async (kind) => {
  for (const j of (await jobs()).filter((x) => x.kind === kind)) await d.api("POST", `/b/${d.slug}/admin/jobs/${j.id}/retry`, {});
};

/** Until a conversation on the list says this. */
const comes = (words) => until(`"${words}" on the list`, async () => {
  await look();
  return (await waiting()).find((c) => c.snippet.includes(words));
});
let keys = 0;
const reply = (c, text) => post(`/c/${c.id}/reply`, { text, key: `k${++keys}` });
const outbox = async (made) => (await get(`/c/${made.conversation}`)).messages.find((m) => m.id === made.message).outbox[0];
const settles = (made, state, kind = "publish") => until(`the post is ${state}`, async () => {
  const row = await outbox(made);
  if (row.state !== state && ["ready", "dot_sent"].includes(row.state)) await hurry(kind);
  return row.state === state && row;
});

before(async () => {
  fake = await MastodonFake.start();
  d = await Desk.start({ serve: false });
  const config = path.join(d.data, "desk.json");
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config)), posts_inside: true }));
  await d.serve();
  await post("/admin/settings", { undo_seconds: "0" });
  account = (await post("/admin/accounts", { kind: "mastodon", account: "help", server: fake.url, password: fake.token })).made;
});

after(async () => {
  await d?.stop();
  fake?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("a mention becomes a conversation, and its answer hangs where it belongs", async () => {
  fake.account("mum@far.example");
  const theirs = fake.write("luka@far.example",
    "@help@toys.example my Keeper Juno lost a wheel & it's <gone>, @mum@far.example saw it\n\nhttps://pictures.example/a/very/long/way/to/a/wheel",
    { visibility: "unlisted", spoiler_text: "broken toy" });
  const c = await comes("Keeper Juno lost a wheel & it's <gone>");
  assert.equal(c.channel, "mastodon");
  const [letter] = letters(await talk(c.id));
  assert.match(letter.text, /https:\/\/pictures\.example\/a\/very\/long\/way\/to\/a\/wheel/);
  assert.ok(!letter.text.includes("broken toy"), "the warning stands apart");
  const made = await reply(c, "Dear Luka, a new wheel is on its way to you.");
  await settles(made, "sent");
  const [ours] = fake.ours();
  assert.equal(fake.ours().length, 1);
  assert.equal(ours.in_reply_to_id, theirs.id);
  assert.equal(ours.visibility, "unlisted", "no more public than what it answers");
  assert.deepEqual(ours.mentions.map((m) => m.acct), ["luka@far.example", "mum@far.example"]);
  assert.ok(!ours.mentions.some((m) => m.acct === "help"));
  // Their answer to it joins; somebody else's in the same thread is a conversation of its own.
  fake.write("luka@far.example", "@help@toys.example thank you so much!", { reply_to: ours.id, visibility: "unlisted" });
  fake.write("omar@else.example", "@help@toys.example mine lost one, too", { reply_to: ours.id });
  const again = await comes("thank you so much");
  assert.equal(again.id, c.id);
  const other = await comes("mine lost one, too");
  assert.notEqual(other.id, c.id);
});

test("a picture leaves with the words that say what it shows, and not without", async () => {
  fake.write("pia@far.example", "@help@toys.example which of them is the red lever?");
  const c = await comes("which of them is the red lever");
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
  const form = new FormData();
  form.append("file", new Blob([png], { type: "image/png" }), "lever.png");
  const attached = await fetch(`${d.url}/api/v1/b/${d.slug}/c/${c.id}/attach`, {
    method: "POST", headers: { authorization: `Bearer ${d.defaultToken}` }, body: form });
  const { attachment } = await attached.json();
  const bare = await d.api("POST", `/b/${d.slug}/c/${c.id}/reply`, { text: "Dear Pia, this one.", key: "bare" });
  assert.equal(bare.status, 422, bare.text);
  assert.match(bare.text, /Say in words what/);
  await post(`/c/${c.id}/describe`, { attachment, alt: "A red lever at the foot of the crane" });
  await settles(await reply(c, "Dear Pia, this one."), "sent");
  const ours = fake.ours().at(-1);
  assert.deepEqual(ours.media_attachments.map((m) => m.description), ["A red lever at the foot of the crane"]);
});

test("a private message is answered privately, and names nobody else", async () => {
  fake.account("dad@far.example");
  fake.write("milo@far.example", "@help@toys.example this is my address, @dad@far.example knows", { visibility: "direct" });
  const c = await comes("this is my address");
  await settles(await reply(c, "Dear Milo, thank you, we keep it to ourselves."), "sent");
  const ours = fake.ours().at(-1);
  assert.equal(ours.visibility, "direct");
  assert.deepEqual(ours.mentions.map((m) => m.acct), ["milo@far.example"]);
});

test("a post that is edited or deleted while it is being answered is not answered blindly", async () => {
  const one = fake.write("ada@far.example", "@help@toys.example my boat sinks");
  const c = await comes("my boat sinks");
  fake.edit(one.id, "@help@toys.example my boat swims again, all is well");
  const before_ = fake.ours().length;
  const made = await reply(c, "Dear Ada, we are sorry about the boat.");
  const row = await settles(made, "stopped");
  assert.match(row.says, /edited/);
  await until("the new words are there", async () => letters(await talk(c.id))[0].text.includes("swims again"));
  assert.equal(fake.ours().length, before_);
  const two = fake.write("ben@far.example", "@help@toys.example something I regret writing");
  const k = await comes("something I regret");
  fake.remove(two.id);
  const gone = await reply(k, "Dear Ben, we saw what you wrote.");
  assert.match((await settles(gone, "stopped")).says, /deleted/);
  await until("the words are hidden", async () => !JSON.stringify(letters(await talk(k.id))).includes("something I regret"));
  assert.equal(fake.ours().length, before_);
});

test("a server that is busy, broken or talks nonsense costs nothing", async () => {
  fake.play("429", { only: /POST .*statuses/, retryAfter: 2 });
  fake.write("cora@far.example", "@help@toys.example where is my ferry");
  const c = await comes("where is my ferry");
  const made = await reply(c, "Dear Cora, the ferry left today.");
  await until("it waits", async () => {
    const row = await outbox(made);
    return row.state === "ready" && /429/.test(row.says);
  });
  await settles(made, "sent");
  for (const fault of ["500", "nonsense", "429"]) {
    fake.play(fault, { left: 3, only: /GET .*notifications/ });
    await until(`it is told: ${fault}`, async () => {
      await look();
      return ["trouble", "waiting"].includes((await accountIs()).state);
    });
    fake.well();
  }
  fake.play("same page", { left: 1000 });
  await until("an endless page is noticed", async () => {
    await look();
    return /same page/.test((await accountIs()).says);
  });
  fake.well();
  fake.write("dora@far.example", "@help@toys.example still there?");
  await comes("still there?");
  assert.equal((await accountIs()).state, "well");
  assert.equal(fake.ours().filter((s) => s.source.includes("the ferry left")).length, 1);
});

test("a post whose answer got lost is looked for, and never posted twice", async () => {
  const faults = [["cut after", 1], ["500 after", 1], ["cut before", 1], ["500", 1]];
  for (const [fault, left] of faults) {
    const words = `about the ${fault}`;
    fake.write("emil@far.example", `@help@toys.example a question ${words}`);
    const c = await comes(words);
    fake.play(fault, { left, only: /POST .*\/statuses$/ });
    // Where it was posted, the first look for it fails as well.
    if (fault === "cut after") fake.play("500", { only: /GET .*accounts\/\d+\/statuses/ });
    const made = await reply(c, `Dear Emil, this is ${words}.`);
    await settles(made, "sent");
    assert.equal(fake.ours().filter((s) => s.source.includes(`this is ${words}.`)).length, 1, fault);
    fake.well();
  }
});

test("an account whose token was taken back says so, and goes on once somebody consents again", async () => {
  fake.token = "another-token";
  fake.write("finn@far.example", "@help@toys.example written while nobody was let in");
  await until("it says so", async () => {
    await look();
    return (await accountIs()).state === "sign_in";
  });
  assert.match((await accountIs()).says, /The access token is invalid/);
  const { consent_url } = await post(`/admin/accounts/${account}/consent`, {});
  const there = await fetch(consent_url, { redirect: "manual" });
  const entered = await fetch(`${d.url}/sign-in`, { method: "POST", redirect: "manual",
    body: new URLSearchParams({ email: d.email, password: d.password }) });
  const cookie = entered.headers.get("set-cookie").split(";")[0];
  const back = await fetch(there.headers.get("location"), { redirect: "manual", headers: { cookie } });
  assert.equal(back.status, 303, await back.text());
  assert.ok(fake.asked.includes("POST /oauth/token"));
  await comes("written while nobody was let in");
  assert.equal((await accountIs()).state, "well");
});

// ---- the webhook ----

/** The other side: checks, takes each id once, and answers. */
async function receiver(secret) {
  const key = Buffer.from(secret.slice(6), "base64"), got = [];
  const server = http.createServer(async (q, r) => {
    const chunks = [];
    for await (const b of q) chunks.push(b);
    const body = Buffer.concat(chunks), h = q.headers;
    const right = `v1,${crypto.createHmac("sha256", key).update(`${h["webhook-id"]}.${h["webhook-timestamp"]}.`).update(body).digest("base64")}`;
    got.push({ id: h["webhook-id"], right: h["webhook-signature"].split(" ").includes(right), body: JSON.parse(body) });
    if (server.cut-- > 0) return q.socket.destroy();
    r.writeHead(201, { "content-type": "application/json" });
    r.end(JSON.stringify({ id: "chat-900", url: "https://chat.example/900" }));
  });
  server.cut = 0;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, got, url: `http://127.0.0.1:${server.address().port}/posts` };
}

test("a webhook brings posts in and answers out; the call of the manual does as printed", async () => {
  const { id, secret } = await post("/admin/hooks", { name: "App store" });
  const there = await receiver(secret);
  await post(`/admin/hooks/${id}`, { url: there.url });
  const { address } = await get(`/admin/hooks/${id}`);
  const url = d.url + new URL(address).pathname;
  const script = /```sh\n([\s\S]*?)```/.exec(fs.readFileSync(path.join(root, "docs/webhooks.md"), "utf8"))[1]
    .replace(/^URL=.*$/m, `URL=${url}`).replace(/^SECRET=.*$/m, `SECRET=${secret}`);
  const run = () => JSON.parse(spawnSync("sh", ["-c", script]).stdout.toString());
  assert.deepEqual(run(), { ok: true, kept: 1, known: 0, repeat: false });
  assert.equal(run().repeat, true);
  const forged = await fetch(url, { method: "POST", body: "{}", headers: { "webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x" } });
  assert.equal(forged.status, 401);
  const c = await until("the review is on the list", async () => (await waiting()).find((x) => x.snippet.includes("Keeper Juno lost a wheel")));
  assert.equal(c.channel, "hook");
  there.server.cut = 1; // the first delivery arrives, and its answer does not
  const made = await reply(c, "Dear Milo, a new wheel is on its way.");
  await settles(made, "sent");
  assert.ok(there.got.length >= 2);
  assert.ok(there.got.every((x) => x.right && x.id === there.got[0].id), "signed, and under one id");
  assert.deepEqual(there.got[0].body, there.got[1].body);
  assert.equal(there.got[0].body.data.reply_to.id, "review-1");
  assert.equal(there.got[0].body.data.text, "Dear Milo, a new wheel is on its way.");
  there.server.closeAllConnections();
  there.server.close();
});
