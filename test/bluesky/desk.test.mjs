// A running desk on the real servers of Bluesky: mention -> conversation -> reply -> seen by the other account.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Desk } from "../lib/desk.mjs";
import { Network, until } from "./network.mjs";

let n, us, ann, bob, desk, account;

before(async () => {
  n = await Network.start();
  us = await n.account("tidewatch.test");
  ann = await n.account("ann.test");
  bob = await n.account("bob.test");
  desk = await Desk.start({ serve: false });
  const config = path.join(desk.data, "desk.json");
  fs.writeFileSync(config, JSON.stringify({ ...JSON.parse(fs.readFileSync(config, "utf8")), posts_inside: true }));
  await desk.serve();
});

after(async () => {
  await desk?.stop();
  await n?.close();
});

const at = (where) => `/b/${desk.slug}${where}`;
const get = async (where) => {
  const r = await desk.api("GET", at(where));
  assert.equal(r.status, 200, `${where}: ${r.text.slice(0, 300)}`);
  return r.json;
};
const post = (where, body) => desk.api("POST", at(where), body);

async function says(who, text, more = {}) {
  const rt = new n.api.RichText({ text });
  await rt.detectFacets(who.agent);
  const made = await who.agent.post({ text: rt.text, facets: rt.facets, langs: ["en"], ...more });
  await n.settle();
  return made;
}

/** Posts that wait are looked at now and then, the first time after some minutes: let that be now. */
const lookAtAll = () => execFileSync("sqlite3", ["-cmd", ".timeout 5000", path.join(desk.data, "desk.db"),
  "UPDATE post SET look_at = 1 WHERE look_at > 0"]);

/** A round now, and then until what is looked for is there. */
async function look(what, how) {
  assert.equal((await post(`/admin/accounts/${account}/look`, {})).status, 200);
  return until(what, how);
}

/** The conversation that holds a post with these words. */
async function conversationWith(words) {
  const list = (await get("/list/waiting")).conversations ?? [];
  for (const row of list) {
    const c = await get(`/c/${row.id}`);
    if (c.messages.some((m) => (m.text ?? "").includes(words))) return c;
  }
  return null;
}

test("an account is connected with an app password, and a wrong one is refused", async () => {
  const { data } = await us.agent.com.atproto.server.createAppPassword({ name: "desk" });
  const wrong = await post("/admin/accounts", { kind: "bluesky", server: n.pds, account: us.handle, password: "xxxx-xxxx" });
  assert.ok(wrong.status >= 400 && wrong.status < 500, `${wrong.status} ${wrong.text}`);
  assert.ok(!wrong.text.includes("xxxx-xxxx"));
  const r = await post("/admin/accounts", { kind: "bluesky", server: n.pds, account: us.handle, password: data.password });
  assert.equal(r.status, 200, r.text);
  account = r.json.made;
  const shown = await get(`/admin/accounts/${account}`);
  assert.ok(!JSON.stringify(shown).includes(data.password));
});

test("a mention becomes a conversation; the reply is seen by who wrote it, once", async () => {
  const made = await says(ann, "@tidewatch.test my Keeper Juno 👩‍👩‍👧 fell down the drain. Could you please send me a new one? #harbour");
  let c = await look("the conversation", () => conversationWith("fell down the drain"));
  const sent = await post(`/c/${c.conversation?.id ?? c.id}/reply`, {
    text: "Dear ann, what a brave keeper she was! A new Juno leaves for you on Friday, and she wants to hear about the drain. Ines",
    version: c.conversation?.version ?? c.version, override: "a test", done: true });
  assert.equal(sent.status, 200, sent.text);
  const seen = await until("the reply", async () => {
    await n.settle();
    const { thread } = (await ann.agent.getPostThread({ uri: made.uri })).data;
    return thread.replies.length ? thread.replies : null;
  }, 60);
  assert.equal(seen.length, 1);
  assert.equal(seen[0].post.author.did, us.did);
  assert.match(seen[0].post.record.text, /A new Juno leaves for you on Friday/);
  assert.deepEqual(seen[0].post.record.reply.parent, { uri: made.uri, cid: made.cid });
  const told = (await ann.agent.listNotifications()).data.notifications;
  assert.ok(told.some((x) => x.reason === "reply" && x.uri === seen[0].post.uri));
  const c2 = await get(`/c/${c.conversation?.id ?? c.id}`);
  const out = c2.messages.find((m) => m.outbox?.length);
  assert.equal(out.outbox[0].state, "sent");
});

/** Attached to one's draft and described; the same bytes at every call. */
async function attach(id, alt) {
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==", "base64");
  const form = new FormData();
  form.append("file", new Blob([png], { type: "image/png" }), "lever.png");
  const r = await fetch(`${desk.url}/api/v1${at(`/c/${id}/attach`)}`, { method: "POST",
    headers: { authorization: `Bearer ${desk.defaultToken}` }, body: form });
  const { attachment } = await r.json();
  assert.equal((await post(`/c/${id}/describe`, { attachment, alt })).status, 200);
}

test("a picture is seen with its words, and a post of ours shows theirs below it", async () => {
  const made = await says(ann, "@tidewatch.test which one is the lever that lifts the anchor?");
  let c = await look("the conversation", () => conversationWith("lever that lifts the anchor"));
  let id = c.conversation?.id ?? c.id;
  await attach(id, "A red lever beside the winch");
  let sent = await post(`/c/${id}/reply`, { text: "Dear ann, it is the red one beside the winch. Ines", override: "a test",
    version: c.conversation?.version ?? c.version });
  assert.equal(sent.status, 200, sent.text);
  const [{ post: ours }] = await until("the picture", async () => {
    await n.settle();
    const { thread } = (await ann.agent.getPostThread({ uri: made.uri })).data;
    return thread.replies.length ? thread.replies : null;
  }, 60);
  assert.equal(ours.embed.$type, "app.bsky.embed.images#view");
  assert.deepEqual(ours.embed.images.map((x) => x.alt), ["A red lever beside the winch"]);
  const cleo = await n.account("cleo.test");
  const theirs = await says(cleo, "@tidewatch.test my ferry carries the whole kitchen now");
  c = await look("the conversation", () => conversationWith("carries the whole kitchen"));
  id = c.conversation?.id ?? c.id;
  await attach(id, "A ferry under way");
  sent = await post(`/c/${id}/reply`, { way: "quote", text: "Dear cleo, what a ferry! Look at her, everybody. Ines", override: "a test",
    version: c.conversation?.version ?? c.version });
  assert.equal(sent.status, 200, sent.text);
  const told = await until("that she is told", async () => {
    await n.settle();
    return (await cleo.agent.listNotifications()).data.notifications.find((x) => x.reason === "quote");
  }, 60);
  assert.equal(told.author.did, us.did);
  assert.equal(told.record.reply, undefined);
  const { embed } = (await cleo.agent.getPosts({ uris: [told.uri] })).data.posts[0];
  assert.equal(embed.$type, "app.bsky.embed.recordWithMedia#view");
  assert.equal(embed.record.record.uri, theirs.uri);
  assert.deepEqual(embed.media.images.map((x) => x.alt), ["A ferry under way"]);
  // What she says to that is her conversation, too.
  await says(cleo, "Thank you! She is called Nora.", { reply: { root: { uri: told.uri, cid: told.cid }, parent: { uri: told.uri, cid: told.cid } } });
  await look("that it joined", async () => (await get(`/c/${id}`)).messages.some((m) => (m.text ?? "").includes("She is called Nora")));
});

test("a post that is deleted while it waits is hidden", async () => {
  const made = await says(bob, "@tidewatch.test the gangway of my ferry broke in two");
  const c = await look("the conversation", () => conversationWith("gangway of my ferry"));
  await bob.agent.deletePost(made.uri);
  await n.settle();
  const id = c.conversation?.id ?? c.id;
  lookAtAll();
  const after = await look("that it is gone", async () => {
    const now = await get(`/c/${id}`);
    return now.messages.some((m) => (m.text ?? "").includes("gangway of my ferry")) ? null : now;
  });
  const late = await post(`/c/${id}/reply`, { text: "Dear bob, we are sorry about the gangway. Ines", override: "a test",
    version: after.conversation?.version ?? after.version });
  assert.equal(late.status, 409, late.text);
});

test("a reply to a post that was deleted a moment ago is stopped and posted nowhere", async () => {
  const made = await says(bob, "@tidewatch.test my anchor has no chain");
  const c = await look("the conversation", () => conversationWith("anchor has no chain"));
  const id = c.conversation?.id ?? c.id;
  await bob.agent.deletePost(made.uri);
  await n.settle();
  const sent = await post(`/c/${id}/reply`, { text: "Dear bob, a chain for your anchor is on its way. Ines", override: "a test",
    version: c.conversation?.version ?? c.version });
  assert.equal(sent.status, 200, sent.text);
  const row = await until("that it is stopped", async () => {
    const out = (await get(`/c/${id}`)).messages.find((m) => m.outbox?.length)?.outbox[0];
    return out && !["held", "ready", "sending"].includes(out.state) ? out : null;
  });
  assert.equal(row.state, "stopped");
  assert.match(row.says, /deleted the post/);
  const { data } = await us.agent.com.atproto.repo.listRecords({ repo: us.did, collection: "app.bsky.feed.post", limit: 100 });
  assert.equal(data.records.filter((x) => x.value.text.includes("a chain for your anchor")).length, 0);
});

test("an edited post shows its new words", async () => {
  const made = await says(ann, "@tidewatch.test the lihgthouse lamp blinks");
  const c = await look("the conversation", () => conversationWith("lihgthouse"));
  const rkey = made.uri.split("/").pop(), repo = { repo: ann.did, collection: "app.bsky.feed.post", rkey };
  const { data } = await ann.agent.com.atproto.repo.getRecord(repo);
  await ann.agent.com.atproto.repo.putRecord({ ...repo, record: { ...data.value, text: "@tidewatch.test the lighthouse lamp blinks" } });
  await n.settle();
  const id = c.conversation?.id ?? c.id;
  lookAtAll();
  await look("the new words", async () =>
    (await get(`/c/${id}`)).messages.some((m) => (m.text ?? "").includes("lighthouse lamp")));
});

test("a long answer is a thread, each part once, over a restart in between", async () => {
  const made = await says(bob, "@tidewatch.test how does the crane work?");
  const c = await look("the conversation", () => conversationWith("how does the crane work"));
  const sentences = Array.from({ length: 16 }, (_, i) => `Step ${i + 1}: turn the crank of the crane until the hook is at height ${i + 2}.`);
  const sent = await post(`/c/${c.conversation?.id ?? c.id}/reply`, { text: `Dear bob,\n\n${sentences.join(" ")}\n\nInes`,
    version: c.conversation?.version ?? c.version, override: "a test", done: true });
  assert.equal(sent.status, 200, sent.text);
  await desk.kill();
  await desk.serve();
  const parts = await until("all parts", async () => {
    await n.settle();
    const found = [];
    let { thread } = (await bob.agent.getPostThread({ uri: made.uri, depth: 20 })).data;
    while (thread.replies?.length) {
      assert.equal(thread.replies.length, 1);
      [thread] = thread.replies;
      found.push(thread.post.record.text);
    }
    return found.join(" ").includes("Step 16") ? found : null;
  }, 90);
  assert.ok(parts.length >= 4, `${parts.length} parts`);
  const { data } = await us.agent.com.atproto.repo.listRecords({ repo: us.did, collection: "app.bsky.feed.post", limit: 100 });
  for (const step of sentences)
    assert.equal(data.records.filter((x) => x.value.text.includes(step)).length, 1, step);
});
