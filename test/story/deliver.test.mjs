// A letter comes in by `longhand deliver`, is shown, answered and found in the Maildir: no server involved.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Desk, mail, run } from "../lib/desk.mjs";

const maildir = (d) => {
  const dir = path.join(d.data, "maildir/new");
  return fs.existsSync(dir) ? fs.readdirSync(dir).map((f) => fs.readFileSync(path.join(dir, f), "utf8")) : [];
};

test("the same letter twice is one letter", async () => {
  const d = await Desk.start({ serve: false });
  const bytes = mail({ id: "one@customer.test" });
  const first = d.deliver(bytes);
  const second = d.deliver(bytes);
  assert.equal(first.status, 0, first.err);
  assert.equal(second.conversation, first.conversation);
  assert.equal(second.message, first.message);
  const shown = d.json("show", first.conversation);
  assert.equal(shown.messages.length, 1);
  assert.equal(shown.conversation.name, "Milo Ferreira");
  assert.equal(shown.messages[0].subject, "Keeper Juno");
  assert.match(shown.messages[0].text, /fell down the drain/);
  assert.equal(typeof shown.messages[0].id, "string");
  assert.equal(d.json("list").conversations.length, 1);
});

test("the bytes are kept as they came", async () => {
  const d = await Desk.start({ serve: false });
  const bytes = Buffer.concat([Buffer.from(mail()), Buffer.from([0, 1, 2, 255, 13, 10, 10, 13])]);
  const m = d.deliver(bytes);
  assert.ok(d.run("raw", m.message).bytes.equals(bytes));
  const large = Buffer.concat([Buffer.from(mail()), Buffer.alloc(300_000, "x")]);
  const l = d.deliver(large);
  assert.ok(d.run("raw", l.message).bytes.equals(large));
});

test("same Message-ID with another body, or none at all, is another letter", async () => {
  const d = await Desk.start({ serve: false });
  const a = d.deliver(mail({ id: "x@customer.test", text: "one\r\n" }));
  const b = d.deliver(mail({ id: "x@customer.test", text: "two\r\n" }));
  const c = d.deliver(mail({ id: "", text: "three\r\n" }));
  const e = d.deliver(mail({ id: "", text: "three\r\n" }));
  assert.equal(new Set([a, b, c, e].map((x) => x.message)).size, 4);
});

test("a reply reaches the Maildir, in the letter's thread", async () => {
  const d = await Desk.start({ serve: false });
  const m = d.deliver(mail({ id: "first@customer.test" }));
  const made = run(["reply", "--data", d.data, m.conversation, "--as", d.email], "Dear Milo,\n\nshe is on her way.\n\nInes");
  assert.equal(made.status, 0, made.err);
  assert.match(made.out, /^message \d+$/m);
  assert.equal(d.must("jobs", "run").out.includes("done"), true);
  const [sent] = maildir(d);
  assert.match(sent, /^To: .*milo@customer\.test/m);
  assert.match(sent, /^In-Reply-To: <first@customer\.test>/m);
  assert.match(sent, /^References: .*<first@customer\.test>/ms);
  assert.match(sent, /^Subject: Re: Keeper Juno/m);
  assert.match(sent, /she is on her way/);
  const shown = d.json("show", m.conversation);
  assert.equal(shown.conversation.state, "them");
  assert.equal(shown.messages[1].state, "sent");

  const id = /^Message-ID: <(.+)>/im.exec(sent)[1];
  const answer = d.deliver(mail({ subject: "Re: Keeper Juno", text: "thank you\r\n", headers: [`In-Reply-To: <${id}>`] }));
  assert.equal(answer.conversation, m.conversation);
  assert.equal(d.json("show", m.conversation).conversation.state, "us");

  const stranger = d.deliver(mail({ from: "Mallory <mallory@elsewhere.test>", headers: [`In-Reply-To: <${id}>`], text: "me too\r\n" }));
  assert.notEqual(stranger.conversation, m.conversation);
  assert.equal(d.json("show", stranger.conversation).conversation.related, m.conversation);
});

test("what is wrong is said, with the exit status an MTA understands", async () => {
  const d = await Desk.start({ serve: false });
  assert.equal(d.deliver("").status, 65);
  assert.equal(d.deliver(mail(), "--inbox", "nobody@desk.test").status, 67);
  assert.equal(run(["deliver", "--data", path.join(d.data, "nowhere")], mail()).status, 75);
  assert.equal(run(["deliver", "--colour"], mail()).status, 64);
  assert.equal(run(["dance"]).status, 2);
  assert.equal(d.run("show", "999").status, 1);
  assert.match(d.run("show", "999").err, /no such conversation/);
  assert.equal(d.run("list", "--view", "everything").status, 1);
});

test("setup can be repeated and changes nothing", async () => {
  const d = await Desk.start({ serve: false });
  const again = JSON.parse(d.must("setup", "--json").out);
  assert.equal(again.brand, "Tidewatch Toys");
  assert.equal(again.first_password, "");
  assert.match(d.must("migrate", "--dry").out, /0 pending/);
});

test("backup while letters lie there, restored elsewhere, holds the same", async () => {
  const d = await Desk.start({ serve: false });
  const big = Buffer.concat([Buffer.from(mail()), Buffer.alloc(200_000, "y")]);
  const m = d.deliver(big);
  const file = path.join(path.dirname(d.data), "desk.backup");
  d.must("backup", file);
  assert.equal(d.run("backup", file).status, 1, "an existing file is left alone");
  const to = path.join(path.dirname(d.data), "again");
  const restored = run(["restore", "--data", to, file]);
  assert.equal(restored.status, 0, restored.err);
  assert.ok(run(["raw", "--data", to, m.message]).bytes.equals(big));
  assert.equal(run(["restore", "--data", to, file]).status, 1, "never over a desk that is there");
});
