// Every n-th read, write, sync, open, rename, send, receive, poll, accept, map, child... of the serving process fails with
// an error that its manual page knows, or does half (faulty.c), n stepping through a letter's whole way. Proved: the
// process never ends, no letter has a 250 and is not there, a letter without one is taken when it comes again, a
// reply goes once at most, the database is whole.
//   node test/fault/io.mjs [STEPS]
// Each step fails one call or some in a row; then every k-th call fails for some rounds. That the faults reach
// the desk is shown by the refusals and broken connections that are counted; without one the run fails.
// A recorded run: IO_STEPS=4000.
import { Control, Rounds, crashed, faultyDesk, inTime, kinds, library, mailServer, startUnder } from "./faulty.mjs";

const steps = Number(process.argv[2] || process.env.IO_STEPS || 400);
const control = new Control(), sink = await mailServer();
const d = await faultyDesk(library("faulty"), { FAULTY_CONTROL: control.path }, sink);
const rounds = new Rounds(d, control);
let crashes = 0, failed = 0;

async function attempt(values, text) {
  control.set({ IO_COUNT: 0, ...values });
  let wrong = null;
  await inTime(d, JSON.stringify(values), () => rounds.round(text)).catch((e) => { wrong = e; });
  failed += control.get("IO_FAILED");
  control.calm();
  control.set({ IO_FAILED: 0 });
  const says = await crashed(d);
  if (!says && wrong) throw wrong;
  if (!says) return;
  if (++crashes <= 5) console.error(says);
  await d.serve();
}

for (let i = 0; i < 5; i++) await rounds.round();
control.set({ IO_COUNT: 0, IO_AT: 2 ** 50 });
await rounds.round();
const calls = control.get("IO_COUNT");
control.calm();

const large = "Hello,\r\n" + "a line about a harbour.\r\n".repeat(8000);
for (let i = 0; i < steps; i++) {
  const n = 1 + Math.floor((i * calls) / steps + Math.random() * Math.max(1, calls / steps));
  await attempt({ IO_FOR: [1, 1, 2, 8][i % 4], IO_TURN: Math.floor(Math.random() * 6), IO_AT: n }, i % 5 === 4 ? large + i : undefined);
}
// Each kind of call by itself, so that rare ones have their turn.
for (let kind = 0; kind < kinds.length; kind++)
  for (let n = 1; n <= Math.max(6, steps / 40); n++)
    await attempt({ IO_KINDS: 1 << kind, IO_FOR: 1 + (n % 3), IO_TURN: n, IO_AT: n }, n % 2 ? large + `${kind} ${n}` : undefined);
control.set({ IO_KINDS: 0 });
for (const every of [3, 5, 7, 13, 50, 200])
  for (let i = 0; i < 3; i++) await attempt({ IO_EVERY: every, IO_TURN: i });

// Starting, and the first letters after it, which make the child that reads.
const starts = Math.ceil(steps / 16);
for (let i = 0; i < starts; i++) {
  const kind = [0, 1, 2, 3, 4, 8, 9, 10, 11][i % 9];
  const says = await inTime(d, `start ${i}`, () => startUnder(d, control, { IO_COUNT: 0, IO_KINDS: 1 << kind, IO_FOR: 1, IO_TURN: i, IO_AT: 1 + Math.floor(i / 9) * 2 }));
  if (says && ++crashes <= 5) console.error(says);
  await attempt({ IO_KINDS: 1 << kinds.indexOf(i % 2 ? "CHILD" : "MAP"), IO_FOR: 1, IO_TURN: i, IO_AT: 1 + (i % 5) });
}
control.set({ IO_KINDS: 0 });

const by = kinds.map((name, i) => `${name.toLowerCase()} ${control.get("IO_KIND_FAILED", i)}`).join(", ");
const r = await inTime(d, "the end", () => rounds.reckon(sink));
const refused = Object.values(rounds.refused).reduce((a, b) => a + b, 0);
console.log(`io: ${calls} calls a round; ${rounds.n} rounds and ${starts} starts, ${failed} calls failed (${by}): the serving process ended ${crashes} times; ` +
  `${rounds.acknowledged.length} letters got 250, ${JSON.stringify(rounds.refused)} refused first; ${r.lost} lost, ${r.doubled} doubled; ` +
  `raw: ${r.raws}; replies ${rounds.replies.size}, outbox ${JSON.stringify(r.outbox)}, ${r.delivered} delivered, ${r.sentTwice} twice; ` +
  `answers ${JSON.stringify(rounds.calls)}; integrity ${r.integrity}`);
const bad = [crashes > 0, r.lost > 0, r.doubled > 0, r.sentTwice > 0, r.integrity !== "ok", failed === 0, refused === 0, r.dead > 0]
  .filter(Boolean).length;
console.log(`${8 - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
