// With DATA=DIR (the folder of data sets): the letter of a seven-year-old, and a thousand real mails through the
// whole way in. Without DATA these are skipped.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Desk, folder } from "../lib/desk.mjs";

const data = process.env.DATA;
const skip = data ? false : "DATA is not set";

test("the same letter delivered twice is one letter with name, text and subject", { skip }, async () => {
  const d = await Desk.start({ serve: false });
  const bytes = fs.readFileSync(path.join(data, "letters/luka.eml"));
  const first = d.deliver(bytes), second = d.deliver(bytes);
  assert.deepEqual([second.conversation, second.message], [first.conversation, first.message]);
  const shown = d.json("show", first.conversation);
  assert.equal(shown.messages.length, 1);
  assert.equal(shown.messages[0].subject, "Jay ZX");
  assert.equal(shown.messages[0].from.name, "Luka Apps");
  assert.match(shown.messages[0].text, /I am really upset/);
  assert.ok(d.run("raw", first.message).bytes.equals(bytes));
});

test("1,000 real mails: each kept byte for byte, none lost, none crashing", { skip, timeout: 600000 }, async () => {
  const d = await Desk.start();
  const made = folder("lh-real-");
  execFileSync("tar", ["-xJf", path.join(data, "mail/real/ham-1000.tar.xz"), "-C", made]);
  const files = fs.readdirSync(made, { recursive: true }).map((f) => path.join(made, f))
    .filter((f) => fs.statSync(f).isFile());
  const kept = [];
  // By `deliver`, which adds no line end: over LMTP, DATA always ends with one.
  for (const f of files) {
    const bytes = fs.readFileSync(f);
    const m = d.deliver(bytes);
    assert.equal(m.status, 0, `${f}: ${m.err}`);
    kept.push({ f, bytes, m });
  }
  assert.equal(kept.length, 1000);
  let unreadable = 0;
  for (const { f, bytes, m } of kept) {
    assert.ok(d.run("raw", m.message).bytes.equals(bytes), f);
  }
  const jobs = d.json("jobs", "list").jobs.filter((j) => j.kind === "read");
  assert.deepEqual(jobs, []);
  const rows = d.json("list", "--limit", "2000").conversations;
  for (const row of rows)
    for (const m of d.json("show", row.id).messages) unreadable += m.text === "" && m.problem !== "" ? 1 : 0;
  console.log(`# ${files.length} mails, ${rows.length} conversations, ${unreadable} unreadable`);
  assert.equal(unreadable, 0);
  await d.stop();
  fs.rmSync(made, { recursive: true });
});
