// The disk fills up and has space again. Proved: letters are refused with 452 (never another refusal, never a false
// 250), pages can be read all the while, what a person sends is refused with a sentence and not lost, and the first
// letter is taken within ten seconds after there is space.
//   node test/fault/disk.mjs
// Three times: where statvfs says that little is left; where it says nothing of the sort and writes fail (a quota); and,
// where file systems can be mounted, on a real one of 160 MB that a file fills to the last byte. The first two are
// faulty.c's; that its limit bites is counted.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { sleep } from "../lib/desk.mjs";
import { Control, Rounds, crashed, faultyDesk, library, mailServer, tryCall, tryLetter } from "./faulty.mjs";

const so = library("faulty"), large = "a line about a harbour.\r\n".repeat(6000);
let bad = 0, good = 0;
const count = (says, fine) => {
  if (fine) good++;
  else bad++;
  if (!fine) console.log(`  wrong: ${says}`);
};

async function full(name, d, rounds, fill, empty) {
  do await rounds.round(undefined, 5000);
  while (!rounds.replies.has(`${rounds.n}`));
  const own = { id: rounds.replies.get(`${rounds.n}`) };
  await fill();
  const answers = {}, kept = [];
  let pages = 0, refusedFor = 0;
  for (let i = 0; i < 400 && refusedFor < 40; i++) {
    const id = `${name}-${i}@customer.test`;
    const code = (await tryLetter(d, id, `${i % 3 ? "Hello,\r\n" : large}number ${i} of ${name}\r\n`)).slice(0, 3) || "broken off";
    answers[code] = (answers[code] ?? 0) + 1;
    refusedFor = code === "250" ? 0 : refusedFor + 1;
    if (code === "250") kept.push(id);
    if (code === "250" || i % 8) continue;
    for (const p of [`/api/v1/b/${d.slug}/list/waiting`, `/api/v1/b/${d.slug}/c/${own.id}`])
      pages += (await tryCall(d, "GET", p)).status === 200 ? 0 : 1;
  }
  const reply = { text: `Dear Milo,\n\nwhen there was no space, ${name}.\n\nInes`, key: `full-${name}` };
  const said = await tryCall(d, "POST", `/api/v1/b/${d.slug}/c/${own.id}/reply`, reply);
  const alive = !(await crashed(d));
  const began = Date.now();
  await empty();
  let took = Infinity;
  for (let i = 0; i < 600 && took === Infinity; i++) {
    const id = `after-${name}-${i}@customer.test`;
    if ((await tryLetter(d, id, "There is space.\r\n")).startsWith("250")) {
      took = Date.now() - began;
      kept.push(id);
    }
    else await sleep(50);
  }
  const again = await tryCall(d, "POST", `/api/v1/b/${d.slug}/c/${own.id}/reply`, reply);
  rounds.acknowledged.push(...kept);
  console.log(`disk, ${name}: answers ${JSON.stringify(answers)}; ${pages} of the pages read meanwhile failed; a reply ${said.status} ` +
    `"${said.json?.error?.says ?? said.json?.error ?? said.text.slice(0, 80)}", after it ${again.status}; intake resumed after ${took} ms`);
  count(`${name}: only 250 and 452`, Object.keys(answers).every((c) => c === "250" || c === "452") && answers["452"] >= 40);
  count(`${name}: pages`, pages === 0);
  count(`${name}: the reply`, again.status === 200);
  count(`${name}: resumed`, took <= 10000);
  count(`${name}: alive`, alive);
}

async function faked() {
  const control = new Control(), sink = await mailServer(), d = await faultyDesk(so, { FAULTY_CONTROL: control.path }, sink);
  const rounds = new Rounds(d, control);
  await full("little-left", d, rounds, () => control.set({ DISK_SAYS: 10 << 20 }), () => control.calm());
  await full("quota", d, rounds, () => control.set({ DISK_ROOM: 300000, DISK_SAYS: 2 ** 40 }), () => control.calm());
  const refused = control.get("DISK_REFUSED"), r = await rounds.reckon(sink);
  console.log(`  ${refused} writes were refused; ${rounds.acknowledged.length} letters got 250: ${r.lost} lost, ${r.doubled} doubled; ` +
    `${r.delivered} replies sent, ${r.sentTwice} twice; integrity ${r.integrity}`);
  count("the limit bites", refused > 0);
  count("nothing is lost", r.lost === 0 && r.doubled === 0 && r.sentTwice === 0 && r.integrity === "ok");
  sink.close();
}

async function real() {
  const control = new Control(), sink = await mailServer();
  const d = await faultyDesk(so, { FAULTY_CONTROL: control.path }, sink);
  await d.stop();
  const aside = `${d.data}.aside`;
  fs.renameSync(d.data, aside);
  fs.mkdirSync(d.data);
  const unmount = () => spawnSync("umount", ["-l", d.data]);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=160m", "tmpfs", d.data]).status !== 0) {
    console.log("disk, a real one: left out, nothing can be mounted here");
    return;
  }
  process.on("exit", unmount);
  fs.cpSync(aside, d.data, { recursive: true });
  await d.serve();
  const rounds = new Rounds(d, control), filler = path.join(d.data, "filler");
  await full("a-full-file-system", d, rounds, () => {
    const fd = fs.openSync(filler, "w"), piece = Buffer.alloc(1 << 16, 1);
    try { for (;;) fs.writeSync(fd, piece); } catch { /* it is full */ }
    fs.closeSync(fd);
  }, () => fs.unlinkSync(filler));
  const r = await rounds.reckon(sink);
  count("a real one: nothing is lost", r.lost === 0 && r.doubled === 0 && r.integrity === "ok");
  sink.close();
  unmount();
}

await faked();
await real();
console.log(`${good} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
