// kill -9 at random moments while letters arrive over LMTP: none that got its 250 may be lost or doubled.
//   node test/fault/kill.mjs [KILLS] [LETTERS]
// A recorded run: 1000 10000.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Desk, root, sleep } from "../lib/desk.mjs";

const kills = Number(process.argv[2] || 100), letters = Number(process.argv[3] || 2000);
const d = await Desk.start();
const log = path.join(path.dirname(d.data), "kept.log");
let sent = 0, killed = 0, pace = letters / (kills + 1);
fs.writeFileSync(log, "");

function load(count) {
  const child = spawn(path.join(root, "build/release/bench/lmtp_load"), [`127.0.0.1:${d.lmtpPort}`, d.inbox, "8",
    String(count), "2048", "--log", log, "--from", String(sent), "--retry", "60"], { stdio: ["ignore", "pipe", "inherit"] });
  sent += count;
  return new Promise((resolve) => child.on("exit", resolve));
}

// Between two kills a share of the letters is on its way; the sender goes on like an MTA while the desk is down.
for (let left = letters; left > 0;) {
  const share = Math.min(left, Math.max(1, Math.round(pace)));
  left -= share;
  const going = load(share);
  if (killed < kills) {
    await sleep(Math.random() * 25);
    await d.kill();
    killed++;
    await d.serve();
  }
  if (await going) throw new Error("the sender gave up");
}
await d.stop();
const done = JSON.parse(d.must("jobs", "run", "--json").out).done;

const said = fs.readFileSync(log, "utf8").split("\n").filter(Boolean).map((l) => l.replace(/[<>]/g, ""));
const rows = d.json("list", "--limit", "100000").conversations;
const seen = new Map();
let duplicates = 0;
for (const row of rows)
  for (const m of d.json("show", row.id).messages) {
    if (seen.has(m.message_id)) duplicates++;
    seen.set(m.message_id, row.id);
  }
const lost = said.filter((id) => !seen.has(id)).length;
console.log(`${killed} kills; ${said.length} letters got 250, ${seen.size} are there (${done} read at the end): ` +
  `${lost} lost, ${duplicates} doubled`);
const bad = (lost > 0) + (duplicates > 0) + (said.length !== letters);
console.log(`${3 - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
