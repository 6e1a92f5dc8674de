// Mail of before comes into a desk, a person is forgotten, and the whole desk moves: the real binary, while it runs.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { binary, Desk, folder, must, run, until } from "../lib/desk.mjs";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** One mail as an mbox has it. */
function mboxMail({ from, to, id, answers = "", at, subject = "Keeper Juno", text }) {
  const d = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  const clock = `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  const date = `${days[d.getUTCDay()]}, ${two(d.getUTCDate())} ${months[d.getUTCMonth()]} ${d.getUTCFullYear()} ${clock} +0000`;
  return [`From x ${days[d.getUTCDay()]} ${months[d.getUTCMonth()]} ${two(d.getUTCDate())} ${clock} ${d.getUTCFullYear()}`,
    `Received: from a by b; ${date}`, `From: ${from}`, `To: ${to}`, `Subject: ${subject}`, `Date: ${date}`,
    `Message-ID: <${id}>`, ...(answers ? [`In-Reply-To: <${answers}>`] : []), "", text.replace(/^(>*From )/gm, ">$1"), "", ""].join("\n");
}

const us = "Tidewatch <letters@desk.test>";
const day = 86400000;

function archive(n) {
  let all = "";
  const start = Date.UTC(2012, 0, 1);
  for (let i = 0; i < n; i++) {
    const who = `Customer ${i} <customer${i}@people.test>`;
    all += mboxMail({ from: who, to: us, id: `a${i}@people.test`, at: start + i * day, text: `My lantern number ${i} is dark.` });
    all += mboxMail({ from: us, to: who, id: `r${i}@desk.test`, answers: `a${i}@people.test`, at: start + i * day + 3600000,
      text: `Dear customer ${i}, a new wick for your lantern leaves the harbour on Friday with the morning ferry.` });
  }
  return all;
}

test("an archive becomes conversations that wait for nobody, and a history for the letter check", async () => {
  const d = await Desk.start({ serve: false });
  const file = path.join(folder(), "all.mbox");
  fs.writeFileSync(file, archive(40) + mboxMail({ from: "Zoe <zoe@people.test>", to: us, id: "now@people.test",
    at: Date.now() - 2 * day, text: "Is the ferry late?\n\nFrom the quay I cannot see it." }));
  const first = JSON.parse(must(["import", "mbox", file, "--mixed", "--json", "--data", d.data]).out);
  assert.deepEqual({ mails: first.mails, kept: first.kept, replies: first.replies, done: first.done, unread: first.unread },
    { mails: 81, kept: 81, replies: 40, done: 40, unread: 0 });
  const again = JSON.parse(must(["import", "mbox", file, "--mixed", "--json", "--data", d.data]).out);
  assert.equal(again.kept, 0);
  assert.equal(again.known, 81);

  const waiting = d.json("list").conversations;
  assert.deepEqual(waiting.map((v) => v.name), ["Zoe"]);
  assert.ok(Math.abs(waiting[0].waiting_since - (Date.now() - 2 * day)) < day / 24);
  const done = d.json("list", "--view", "done").conversations;
  assert.equal(done.length, 40);
  const shown = d.json("show", done[0].id);
  assert.deepEqual(shown.messages.map((m) => m.kind), ["letter", "reply"]);
  assert.equal(shown.messages[1].state, "sent");
  assert.match(d.must("show", waiting[0].id).out, /^From the quay/m);

  // Nothing leaves, whatever runs.
  d.must("jobs", "run");
  assert.ok(!fs.existsSync(path.join(d.data, "maildir/new")));
  // What the team always writes is known from the first day on.
  const reply = path.join(folder(), "reply.txt");
  fs.writeFileSync(reply, "Dear Zoe, a new wick for your lantern leaves the harbour on Friday with the morning ferry.\n");
  const checked = JSON.parse(run(["check", "--reply", reply, "--data", d.data, "--json"]).out);
  assert.ok(checked.remarks.some((r) => r.kind === "canned" && r.evidence[0].customers === 40), JSON.stringify(checked));
});

test("an import that is killed goes on where it was, while the desk serves", async () => {
  const d = await Desk.start();
  const file = path.join(folder(), "all.mbox");
  const n = 1500;
  fs.writeFileSync(file, archive(n));
  const child = spawn(binary, ["import", "mbox", file, "--mixed", "--data", d.data], { stdio: "ignore" });
  const over = new Promise((resolve) => child.on("exit", resolve));
  await until("some mails are there", () => d.json("list", "--view", "done", "--limit", "1").conversations.length > 0);
  child.kill("SIGKILL");
  await over;
  const rest = JSON.parse(must(["import", "mbox", file, "--mixed", "--json", "--data", d.data]).out);
  assert.equal(rest.mails, 2 * n);
  assert.ok(rest.went_on_at > 0 || rest.known > 0, JSON.stringify(rest));
  assert.equal(rest.duplicates, 0);
  // Those of the killed batch are read when their lease ends; the desk is told that it is later.
  await d.stop();
  d.must("jobs", "run", "--now", "+1200");
  const out = path.join(folder(), "out");
  must(["export", out, "--data", d.data]);
  const messages = fs.readFileSync(path.join(out, "brands", d.slug, "message.jsonl"), "utf8").trim().split("\n").map((l) => JSON.parse(l));
  assert.equal(messages.length, 2 * n);
  assert.equal(new Set(messages.map((m) => m.rfc_id)).size, 2 * n);
});

test("a Maildir with its Sent folder", async () => {
  const d = await Desk.start({ serve: false });
  const box = folder();
  const put = (name, mail) => {
    fs.mkdirSync(path.dirname(path.join(box, name)), { recursive: true });
    fs.writeFileSync(path.join(box, name), mail.slice(mail.indexOf("\n") + 1));
  };
  const milo = "Milo <milo@people.test>";
  put("cur/1.a:2,S", mboxMail({ from: milo, to: us, id: "m1@people.test", at: Date.now() - 3 * day, text: "It fell." }));
  put("new/2.b", mboxMail({ from: "Ada <ada@people.test>", to: us, id: "m2@people.test", at: Date.now() - day, text: "It broke." }));
  put(".Sent/cur/3.c:2,S", mboxMail({ from: us, to: milo, id: "m3@desk.test", answers: "m1@people.test",
    at: Date.now() - 2 * day, text: "Dear Milo, she is on her way." }));
  put(".Trash/cur/4.d:2,S", mboxMail({ from: milo, to: us, id: "m4@people.test", at: Date.now(), text: "Away." }));
  const r = JSON.parse(must(["import", "maildir", box, "--inbox", d.inbox, "--json", "--data", d.data]).out);
  assert.equal(r.kept, 3);
  assert.deepEqual(d.json("list").conversations.map((v) => v.name), ["Ada"]);
  assert.deepEqual(d.json("list", "--view", "them").conversations.map((v) => v.name), ["Milo"]);
});

test("how it is called", async () => {
  const d = await Desk.start({ serve: false });
  assert.equal(run(["import", "papers", "x", "--data", d.data]).status, 2);
  assert.equal(run(["import", "mbox", "x", "--sent", "--mixed", "--data", d.data]).status, 2);
  assert.equal(run(["import", "mbox", "/nonexistent", "--data", d.data]).status, 1);
  assert.equal(run(["import", "mbox", "/etc/passwd", "--data", d.data]).status, 1);
  assert.equal(run(["forget", "nobody@people.test", "--data", d.data]).status, 1);
  assert.equal(run(["export", "/etc", "--data", d.data]).status, 1);
});

test("somebody is forgotten, and the desk moves without them", async () => {
  const d = await Desk.start();
  const file = path.join(folder(), "all.mbox");
  fs.writeFileSync(file, archive(5) + mboxMail({ from: "Zyxquorra <zyxquorra@vlimbrok.test>", to: us, id: "z@vlimbrok.test",
    at: Date.now() - day, text: "My name is Zyxquorra and my lantern is dark." }));
  must(["import", "mbox", file, "--mixed", "--data", d.data]);
  fs.unlinkSync(file);
  const backup = path.join(folder(), "desk.backup");
  must(["backup", "--data", d.data, backup]);
  const hits = () => fs.readdirSync(d.data, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && fs.readFileSync(path.join(f.parentPath ?? f.path, f.name)).toString("latin1").toLowerCase().includes("zyxquorr"))
    .map((f) => f.name);
  assert.ok(hits().length > 0);

  const plan = JSON.parse(must(["forget", "zyxquorra@vlimbrok.test", "--json", "--data", d.data]).out);
  assert.equal(plan.forgotten, false);
  assert.equal(plan.letters, 1);
  assert.deepEqual(plan.not_reached, [fs.realpathSync(backup)]);
  assert.ok(hits().length > 0);
  // By the page's call, twice: what is to go is told, and the word has to be right.
  const at = `/b/${d.slug}/customers/${plan.customer}/forget`;
  const told = await d.api("GET", at);
  assert.equal(told.json.again, "zyxquorra@vlimbrok.test");
  assert.equal((await d.api("POST", at, { again: "yes" })).status, 422);
  assert.equal((await d.api("POST", at, { again: told.json.again })).status, 200);
  assert.ok((await d.api("GET", at)).json.forgotten_at > 0);
  await until("the files are clean", () => hits().length === 0, 60000);
  assert.ok(!d.log.toLowerCase().includes("zyxquorr"));
  assert.ok(!d.log.includes("@people.test"));

  const out = path.join(folder(), "out");
  must(["export", out, "--data", d.data]);
  assert.ok(JSON.parse(fs.readFileSync(path.join(out, "longhand.json"), "utf8")).left_out.session);
  const moved = path.join(folder(), "moved");
  must(["import", "export", out, "--data", moved]);
  assert.equal(run(["import", "export", out, "--data", moved]).status, 1);
  const there = JSON.parse(must(["list", "--view", "done", "--json", "--data", moved]).out).conversations;
  const here = d.json("list", "--view", "done").conversations;
  assert.deepEqual(there.map((v) => v.id), here.map((v) => v.id));
  const letter = d.json("show", here[0].id).messages[0].id;
  assert.ok(run(["raw", letter, "--data", moved]).bytes.equals(run(["raw", letter, "--data", d.data]).bytes));
  await d.stop();
});
