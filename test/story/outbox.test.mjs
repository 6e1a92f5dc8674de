// Replies meet a mail server that goes wrong in every way, once each: none is delivered twice, none is lost, and what
// nobody can know is shown.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Desk, until } from "../lib/desk.mjs";
import { FaultySmtp, faults } from "../lib/smtp.mjs";

let d, server, inbox;

const post = async (...args) => {
  const r = await d.api("POST", ...args);
  assert.equal(r.status, 200, r.text);
  return r.json;
};
const rows = async (view) => (await d.api("GET", `/b/${d.slug}/outbox?view=${view}`)).json.outbox;
const stateOf = async (made) => (await d.api("GET", `/b/${d.slug}/c/${made.conversation}`)).json.messages[0].outbox[0];
const jobs = async () => (await d.api("GET", `/b/${d.slug}/admin/jobs`)).json.jobs.filter((j) => j.kind === "send");

const send = (to) => post(`/b/${d.slug}/write/reply`, { to, subject: `For ${to}`, text: `Dear ${to},\n\nshe is on her way.\n` });
const by = (change) => post(`/b/${d.slug}/admin/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1",
  smtp_port: server.port, smtp_tls: "never", ...change });

before(async () => {
  server = await FaultySmtp.start();
  d = await Desk.start();
  await post(`/b/${d.slug}/admin/settings`, { undo_seconds: "0" });
  [inbox] = (await d.api("GET", `/b/${d.slug}/admin/inboxes`)).json.inboxes;
  await by({});
});

after(async () => {
  await d?.stop();
  server?.stop();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

const uncertain = (fault, stage) => fault === "drop after the dot" || (fault === "half-closed" && stage === "dot");

let n = 0;
async function meets(fault, stage) {
  const to = `milo${++n}@customer.test`;
  if (fault === "STARTTLS fails") await by({ smtp_tls: "required" });
  server.play(fault, 1, stage);
  const made = await send(to);
  const settled = await until(`${fault} at ${stage}`, async () => {
    const row = await stateOf(made);
    return row.attempts > 0 && !["sending", "dot_sent"].includes(row.state) && row;
  });
  const taken = () => server.taken.filter((t) => t.to === to).length;
  // Whether the line broke before our dot or after it, our machine may learn too late.
  const late = ["drop in DATA", "drop before the dot"].includes(fault) && settled.state === "uncertain";
  if (uncertain(fault, stage) || late) {
    assert.equal(settled.state, "uncertain", fault);
    assert.ok((await rows("uncertain")).some((r) => r.id === settled.id), "it is shown");
    assert.equal(taken(), late ? 0 : 1);
    assert.deepEqual(await jobs(), [], "nothing will send it again by itself");
  } else if (fault === "5xx") {
    assert.equal(settled.state, "failed");
    assert.match(settled.says, stage === "connect" ? /^550 / : new RegExp(`^550 5\\.7\\.0 Not at ${stage}`));
    assert.equal(taken(), 0);
  } else if (fault === "none" || fault === "slow") {
    assert.equal(settled.state, "sent", fault);
    assert.equal(taken(), 1);
  } else {
    assert.equal(settled.state, "ready", `${fault} at ${stage}: ${settled.says}`);
    assert.notEqual(settled.says, "");
    assert.ok((await rows("waits")).some((r) => r.id === settled.id), "it is shown");
    assert.equal(taken(), 0);
    if (fault === "STARTTLS fails") {
      assert.equal(server.taken.length, server.taken.filter((t) => t.to !== to).length);
      await by({});
    }
    await Promise.all((await jobs()).map((j) => post(`/b/${d.slug}/admin/jobs/${j.id}/retry`, {})));
    await until("it went", async () => (await stateOf(made)).state === "sent");
    assert.equal(taken(), 1);
  }
}

for (const fault of faults)
  for (const stage of ["4xx", "5xx", "half-closed"].includes(fault) ? ["connect", "mail", "rcpt", "data", "dot"] : [null])
    test(stage ? `${fault} at ${stage}` : fault, () => meets(fault, stage));

test("what is uncertain is decided by a person, and only then sent again", async () => {
  const row = (await rows("uncertain")).find((r) => server.taken.some((t) => t.to === r.recipient));
  const before_ = server.taken.length;
  await post(`/b/${d.slug}/outbox/${row.id}/retry`, {});
  await until("it went again", async () => (await rows("sent")).some((r) => r.id === row.id));
  assert.equal(server.taken.length, before_ + 1);
  assert.equal(server.taken.filter((t) => t.to === row.recipient).length, 2);
});

test("a letter larger than the server says it takes is refused before it is sent", async () => {
  server.size = 400;
  const made = await send("large@customer.test");
  const row = await until("it is refused", async () => {
    const x = await stateOf(made);
    return x.state === "failed" && x;
  });
  assert.match(row.says, /takes letters of at most 0 KB; this one has \d+ KB\. Nothing was sent\./);
  assert.ok(!server.taken.some((t) => t.to === "large@customer.test"));
});
