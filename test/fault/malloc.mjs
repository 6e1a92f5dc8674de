// Every n-th malloc of the serving process fails (faulty.c), n stepping through a letter's whole way: LMTP, reading,
// page, reply, sending. Proved: the process never ends, no letter has a 250 and is not there, a letter without one is
// taken when it comes again, a reply goes once, and no page goes out without its headers.
//   node test/fault/malloc.mjs [STEPS]
// Each step fails one call or a few in a row; then every k-th call fails for some rounds, for small k; then all
// large ones. At last every call fails for longer than the ten seconds of base/memory.h: the process ends with abort,
// as documented, and nothing acknowledged is lost. That also shows that an end is seen by this test.
// A recorded run: MALLOC_STEPS=4000.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { Control, Rounds, crashed, faultyDesk, inTime, library, mailServer, sleep, startUnder, tryCall, tryLetter } from "./faulty.mjs";

const steps = Number(process.argv[2] || process.env.MALLOC_STEPS || 400);
const control = new Control(), sink = await mailServer();
const d = await faultyDesk(library("faulty"), { FAULTY_CONTROL: control.path }, sink);
const rounds = new Rounds(d, control);
let crashes = 0, failed = 0;

async function after() {
  failed += control.get("MEM_FAILED");
  control.calm();
  control.set({ MEM_FAILED: 0 });
  const says = await crashed(d);
  if (!says) return;
  if (++crashes <= 5) console.error(says);
  await d.serve();
}

async function attempt(text) {
  try {
    await inTime(d, `round ${rounds.n}`, () => rounds.round(text));
  } catch (e) {
    const says = await crashed(d);
    if (!says) throw e;
    if (++crashes <= 5) console.error(says);
    control.calm();
    await d.serve();
  }
}

// How many calls a round makes, with warm caches.
for (let i = 0; i < 5; i++) await rounds.round();
control.set({ MEM_COUNT: 0, MEM_AT: 2 ** 50 });
await rounds.round();
const calls = control.get("MEM_COUNT");
control.calm();

for (let i = 0; i < steps; i++) {
  const n = 1 + Math.floor((i * calls) / steps + Math.random() * Math.max(1, calls / steps));
  control.set({ MEM_COUNT: 0, MEM_FOR: [1, 1, 3, 40][i % 4], MEM_AT: n });
  await attempt();
  await after();
}
const single = failed;
for (const every of [2, 3, 5, 7, 11, 31, 101, 1009]) {
  for (let i = 0; i < 3; i++) {
    control.set({ MEM_COUNT: 0, MEM_EVERY: every });
    await attempt();
    await after();
  }
}
const large = "Hello,\r\n" + "a line about a harbour.\r\n".repeat(120000);
for (let i = 0; i < 3; i++) {
  control.set({ MEM_BIG: 1 << 20 });
  await attempt(large);
  await after();
}
// The same while a letter that was taken is read: it is read later.
for (let i = 0; i < 3; i++) {
  const id = `late-${i}@customer.test`;
  if ((await tryLetter(d, id, large + `late ${i}\r\n`)).startsWith("250")) rounds.acknowledged.push(id);
  control.set({ MEM_BIG: 1 << 20 });
  await sleep(500);
  await after();
}

// Not faked: the process may have only a few megabytes more than it has, while large letters and pages come.
const addresses = (what) => spawnSync("prlimit", ["--pid", `${d.child.pid}`, `--as=${what}`]);
const size = Number(/VmSize:\s+(\d+)/.exec(fs.readFileSync(`/proc/${d.child.pid}/status`, "utf8"))[1]) * 1024;
const limited = {};
if (addresses(`${size + (4 << 20)}:unlimited`).status !== 0) throw new Error("prlimit does not work here");
await Promise.all(Array.from({ length: 24 }, async (_, i) => {
  const id = `limited-${i}@customer.test`, code = (await tryLetter(d, id, large + large + `limited ${i}\r\n`)).slice(0, 3) || "broken off";
  limited[code] = (limited[code] ?? 0) + 1;
  if (code === "250") rounds.acknowledged.push(id);
  await tryCall(d, "GET", `/api/v1/b/${d.slug}/list/waiting`);
}));
addresses("unlimited:unlimited");
await after();
await attempt();

// Starting: the desk has no reserve until it serves, so that it may refuse, but what was kept stays.
control.set({ MEM_COUNT: 0, MEM_AT: 2 ** 50 });
await d.stop();
await d.serve();
const startCalls = control.get("MEM_COUNT"), starts = Math.ceil(steps / 16);
control.calm();
let refusedStarts = 0;
for (let i = 0; i < starts; i++) {
  const n = 1 + Math.floor((i * startCalls) / starts + Math.random() * Math.max(1, startCalls / starts));
  if (await inTime(d, `start ${n}`, () => startUnder(d, control, { MEM_COUNT: 0, MEM_FOR: 1, MEM_AT: n }))) refusedStarts++;
  if (i % 4 === 0) await attempt();
}

// The documented end.
const survived = crashes, told = rounds.acknowledged.length;
control.set({ MEM_COUNT: 0, MEM_EVERY: 1 });
await tryLetter(d, "the-end@customer.test", "Hello,\r\n", 40000);
for (let i = 0; i < 200 && d.child.exitCode === null && d.child.signalCode === null; i++) await sleep(100);
control.calm();
const end = await crashed(d);
if (!d.child) await d.serve();
await sleep(100);
await rounds.round();

const r = await inTime(d, "the end", () => rounds.reckon(sink));
console.log(`malloc: ${calls} calls a round; ${steps} steps and ${24 + 3} rounds of k-th and large ones, ${failed} calls failed ` +
  `(${single} in the steps): the serving process ended ${survived} times; ${told} letters got 250, ${JSON.stringify(rounds.refused)} ` +
  `refused first; ${r.lost} lost, ${r.doubled} doubled; raw: ${r.raws}; replies ${rounds.replies.size}, outbox ${JSON.stringify(r.outbox)}, ` +
  `${r.delivered} delivered, ${r.sentTwice} twice; answers ${JSON.stringify(rounds.calls)}, ${rounds.headless} without their headers; ` +
  `letters of 6 MB with 4 MB left to the process: ${JSON.stringify(limited)}; ` +
  `${starts} starts of ${startCalls} calls, one of them failing: ${refusedStarts} gave up; without any memory for ten seconds it ${end ? "ends by abort, and nothing is lost" : "DID NOT END"}; integrity ${r.integrity}`);
const bad = [survived > 0, r.lost > 0, r.doubled > 0, r.sentTwice > 0, r.integrity !== "ok", failed === 0, !end, rounds.headless > 0,
  r.dead > 0].filter(Boolean).length;
console.log(`${9 - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
