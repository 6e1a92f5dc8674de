// listen and check on files: the offsets they tell count in the text they print, whatever bytes the file held.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { folder, must, run } from "../lib/desk.mjs";

let world;
const file = (name, ...pieces) => {
  const to = path.join(world, name);
  fs.writeFileSync(to, Buffer.concat(pieces.map((p) => Buffer.from(p))));
  return to;
};
const cut = (text, row) => Buffer.from(text).subarray(row.start, row.end).toString();

before(() => { world = folder("lhheart-"); });
after(() => fs.rmSync(world, { recursive: true, force: true }));

// A lone byte of Latin-1, a character cut short, NUL, and a surrogate: each of these bytes becomes one U+FFFD.
const broken = [0xe9, 0xe2, 0x82, 0x00, 0xed, 0xa0, 0x80];
const signs = "\ufffd".repeat(broken.length);

test("listen: offsets fit the text that is printed", () => {
  const letter = file("letter.txt", "Caf", broken, " says hello. My name is Mila. ", [0xff],
    " Could you please send me a new keeper?\n");
  const heard = JSON.parse(must(["listen", "--json", letter]).out);
  assert.ok(heard.text.startsWith(`Caf${signs} says hello.`), heard.text);
  for (const f of heard.findings) assert.equal(cut(heard.text, f), f.text, f.kind);
  const ask = heard.findings.find((f) => f.kind === "ask");
  assert.match(cut(heard.text, ask), /send me a new keeper/);
  assert.equal(cut(heard.text, heard.findings.find((f) => f.kind === "name" && f.end)), "Mila");
});

test("check: offsets fit the text that is printed, of the reply and of the letter", () => {
  const letter = file("asks.txt", [0xe9, 0x20], "My name is Mila. Could you please send me a new keeper?\n");
  const reply = file("reply.txt", "Dear ", broken, " Mila,\n\nyour ", [0xff, 0xfe], " keeper is [[which colour]].\n");
  const said = JSON.parse(must(["check", "--json", "--letter", letter, "--reply", reply]).out);
  assert.ok(said.text.startsWith(`Dear ${signs} Mila,`), said.text);
  const slot = said.remarks.find((r) => r.kind === "slot");
  assert.equal(cut(said.text, slot), "[[which colour]]");
  const printed = fs.readFileSync(letter).subarray(1).toString();
  for (const e of said.remarks.flatMap((r) => r.evidence).filter((e) => e.source === "letter" && e.end))
    assert.equal(cut(`\ufffd${printed}`, e), e.text);
  const words = run(["check", "--letter", letter, "--reply", reply]).out;
  assert.match(words, /“\[\[which colour\]\]”/);
  assert.ok(!words.includes("\0"));
});

test("check: what only looks like a header is text, and a mail is read as one", () => {
  const reply = file("short.txt", "Dear Mila,\n\na new keeper is on her way.\n\nInes\n");
  const text = file("text.txt", "Hello: it is me\nPS: Mila\n\nCould you send me a new keeper?\n");
  const mail = file("mail.eml", "From: Mila <mila@customer.test>\r\nSubject: Keeper\r\n\r\n",
    "Could you send me a new keeper?\r\n");
  for (const letter of [text, mail]) assert.equal(run(["check", "--letter", letter, "--reply", reply]).status, 0);
  assert.equal(JSON.parse(must(["listen", "--json", text]).out).text, fs.readFileSync(text, "utf8"));
  assert.equal(run(["check", "--letter", path.join(world, "none"), "--reply", reply]).status, 1);
});
