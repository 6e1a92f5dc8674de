// Some of what test/fault/io.mjs and disk.mjs do thousands of times: the system refuses a call while a letter comes, and
// the letter is refused for now or is there, never neither; and the desk goes on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Control, Rounds, crashed, faultyDesk, kinds, library, mailServer, sleep, tryCall, tryLetter } from "../fault/faulty.mjs";

let d, control, sink, rounds;
before(async () => {
  control = new Control();
  sink = await mailServer();
  const so = library("faulty", "-DNO_MEMORY");
  d = await faultyDesk(so, { FAULTY_CONTROL: control.path,
    ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:verify_asan_link_order=0` }, sink);
  rounds = new Rounds(d, control);
});
after(() => sink?.close());

const large = "a line about a harbour.\r\n".repeat(4000);

for (const kind of ["OPEN", "WRITE", "SYNC", "NAME", "SIZE", "RECV", "SEND", "WAIT", "CONNECT"]) {
  test(`a letter whose ${kind.toLowerCase()} fails is refused for now or there`, async () => {
    for (let at = 1; at <= 4; at++) {
      const id = `${kind}-${at}@customer.test`.toLowerCase(), text = at % 2 ? large + `${kind} ${at}\r\n` : "Hello,\r\n";
      control.set({ IO_COUNT: 0, IO_FAILED: 0, IO_KINDS: 1 << kinds.indexOf(kind), IO_TURN: at, IO_FOR: 1, IO_AT: at });
      let answer = await tryLetter(d, id, text);
      control.calm();
      assert.match(answer, /^(250|4\d\d|$)/);
      assert.equal(await crashed(d), null);
      if (!answer.startsWith("250")) answer = await tryLetter(d, id, text);
      assert.match(answer, /^250 /);
      rounds.acknowledged.push(id);
    }
  });
}

test("a sync that fails is never followed by a 250", async () => {
  control.set({ IO_COUNT: 0, IO_KINDS: 1 << kinds.indexOf("SYNC"), IO_FOR: 1000, IO_AT: 1 });
  assert.match(await tryLetter(d, "no-sync@customer.test", "Hello,\r\n"), /^45/);
  assert.match(await tryLetter(d, "no-sync-large@customer.test", large), /^45/);
  control.calm();
});

test("a full disk: 452, pages, and again a 250", async () => {
  control.set({ DISK_SAYS: 10 << 20 });
  await sleep(200); // the desk asks ten times a second
  assert.match(await tryLetter(d, "full@customer.test", "Hello,\r\n"), /^452 4\.3\.1/);
  assert.equal((await tryCall(d, "GET", `/api/v1/b/${d.slug}/list/waiting`)).status, 200);
  control.set({ DISK_SAYS: 2 ** 40, DISK_ROOM: 1000 });
  let answer = "250";
  for (let i = 0; i < 50 && answer.startsWith("250"); i++) answer = await tryLetter(d, `room-${i}@customer.test`, large + i);
  assert.match(answer, /^452 4\.3\.1/);
  assert.equal((await tryCall(d, "GET", `/api/v1/b/${d.slug}/list/waiting`)).status, 200);
  control.calm();
  const again = "full-again@customer.test";
  for (const end = Date.now() + 10000; Date.now() < end && !answer.startsWith("250");) answer = await tryLetter(d, again, "Hello,\r\n");
  assert.match(answer, /^250 /);
  rounds.acknowledged.push(again);
});

test("all that got a 250 is there once, and the database is whole", async () => {
  const r = await rounds.reckon(sink);
  assert.deepEqual([r.lost, r.integrity, r.dead], [0, "ok", 0]);
  assert.equal(r.doubled, 0);
});
