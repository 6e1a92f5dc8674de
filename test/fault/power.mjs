// Power cuts while letters come by LMTP, are read, and some are answered: the process is killed, and its folder becomes
// what power_cut.mjs says a cut may leave. After each cut the desk must start, no letter that had its 250 and no reply
// that was taken may be missing or doubled, no reply may have gone twice, objects named by rows must be there with their
// bytes, and SQLite's integrity_check must be ok.
//   node test/fault/power.mjs [CUTS]
// That it bites: the same with a file layer that only says that it syncs, first SQLite's WAL (as synchronous = OFF),
// then objects, then folders; each must lose something within some cuts, else the run fails.
// A recorded run: POWER_CUTS=200.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Desk, folder, run, sleep } from "../lib/desk.mjs";
import { library, mailServer, tryCall, tryLetter } from "./faulty.mjs";
import { Disk } from "./power_cut.mjs";

const cuts = Number(process.argv[2] || process.env.POWER_CUTS || 40);
const so = library("power"), large = "a line about a harbour.\r\n".repeat(3500);

function sql(d, q) {
  const r = spawnSync("sqlite3", ["-readonly", "-cmd", ".timeout 5000", path.join(d.data, "desk.db"), q], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (r.status !== 0) throw new Error(`sqlite3: ${r.stderr}`);
  return r.stdout.trim().split("\n").filter(Boolean);
}

class World {
  constructor(d, sink, lie) {
    Object.assign(this, { d, sink, lie, n: 0, letters: new Map(), replies: new Set(), answered: new Set(), good: new Map(), cuts: 0, unsure: 0, steps: 0,
      lost: 0, doubled: 0, broken: 0, damaged: 0, failedStarts: 0 });
  }

  async start() {
    this.disk = new Disk(this.d.data);
    this.log = path.join(folder("lh-power-"), "record");
    this.d.env = { LD_PRELOAD: so, POWER_LOG: this.log, POWER_FOLDER: this.d.data, ...(this.lie ? { POWER_LIES: this.lie } : {}) };
    await this.d.serve();
  }

  /** Letters, four at a time, and replies, until the desk is gone. */
  async traffic() {
    const { d } = this;
    let on = true;
    const letters = async () => {
      while (on) {
        const id = `cut-${++this.n}@customer.test`;
        const text = this.n % 4 ? `Hello,\r\n\r\nnumber ${this.n}.\r\n` : large + `number ${this.n}\r\n`;
        if ((await tryLetter(d, id, text, 5000)).startsWith("250")) this.letters.set(id, text.length > 60000);
      }
    };
    const replies = async () => {
      while (on) {
        const r = await tryCall(d, "GET", `/api/v1/b/${d.slug}/list/waiting`, undefined, 3000);
        const row = r.json?.conversations?.find((c) => !this.answered.has(c.id));
        if (row) {
          const key = `answer-${row.id}`;
          this.answered.add(row.id);
          const a = await tryCall(d, "POST", `/api/v1/b/${d.slug}/c/${row.id}/reply`, { text: `Dear Milo,\n\n${key} is on its way.\n\nInes`, key }, 3000);
          if (a.status === 200) this.replies.add(key);
        } else {
          await sleep(5);
        }
      }
    };
    const going = [letters(), letters(), letters(), letters(), replies()];
    await sleep(20 + Math.random() * 400);
    await d.kill();
    on = false;
    await Promise.all(going);
  }

  async check() {
    const { d } = this;
    const rows = sql(d, "SELECT id, state, hash, " +
      "replace(replace(coalesce(substr(CAST(bytes AS TEXT), instr(CAST(bytes AS TEXT), 'Message-ID: <') + 13, 40), ''), char(13), ' '), char(10), ' ') FROM raw WHERE state != 'out'").map((l) => l.split("|"));
    const seen = new Map();
    for (const row of rows) {
      let id = /^(cut-\d+@customer\.test)/.exec(row[3])?.[1];
      if (row[2]) {
        // An object: its bytes are asked of the desk's own verb, which checks their hash.
        const file = path.join(d.data, "objects", row[2].slice(0, 2), row[2].slice(2));
        const r = this.good.has(row[2]) ? { status: 0 } : run(["raw", "--data", d.data, row[0]]);
        if (r.status !== 0 || !fs.existsSync(file)) {
          this.damaged++;
          continue;
        }
        if (r.out) this.good.set(row[2], /Message-ID: <([^>]+)>/.exec(r.out)?.[1]);
        id = this.good.get(row[2]);
      }
      if (!id) this.damaged++;
      else if (row[1] !== "duplicate") seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    for (const id of this.letters.keys()) if (!seen.has(id)) this.lost++;
    for (const n of seen.values()) if (n > 1) this.doubled++;
    const texts = sql(d, "SELECT text FROM message WHERE kind = 'reply'").join("\n");
    for (const key of this.replies) {
      const n = texts.split(`${key} is on`).length - 1;
      if (n === 0) this.lost++;
      if (n > 1) this.doubled++;
    }
    if (sql(d, "PRAGMA integrity_check").join() !== "ok") this.broken++;
  }

  get wrong() { return this.lost + this.doubled + this.broken + this.damaged + this.failedStarts; }

  /** One cut; false when the desk did not start after it. */
  async cut(how) {
    await this.traffic();
    this.steps += this.disk.replay(this.log);
    this.unsure += this.disk.cut(how).unsure;
    this.cuts++;
    fs.rmSync(path.dirname(this.log), { recursive: true });
    try {
      await this.start();
      await this.check();
    } catch (e) {
      if (!this.lie) console.error(`after cut ${this.cuts}: ${e.message}`);
      this.failedStarts++;
      return false;
    }
    return true;
  }
}

async function world(lie) {
  const sink = await mailServer(), d = await Desk.start();
  const admin = `/b/${d.slug}/admin`;
  await d.api("POST", `${admin}/settings`, { undo_seconds: "0" });
  const [inbox] = (await d.api("GET", `${admin}/inboxes`)).json.inboxes;
  await d.api("POST", `${admin}/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1", smtp_port: sink.port, smtp_tls: "never" });
  await d.stop();
  const w = new World(d, sink, lie);
  await w.start();
  return w;
}

// A new desk now and then, since the longer one lives the more there is to look through after each cut.
const sum = { cuts: 0, steps: 0, unsure: 0, letters: 0, objects: 0, replies: 0, sent: 0, lost: 0, doubled: 0, twice: 0, damaged: 0,
  broken: 0, failedStarts: 0 };
while (sum.cuts < cuts && !sum.failedStarts) {
  const w = await world("");
  for (let i = 0; i < 20 && sum.cuts + w.cuts < cuts && !w.failedStarts; i++) await w.cut();
  if (!w.failedStarts) await w.d.stop();
  const large = [...w.letters.values()].filter(Boolean).length, twice = [...w.sink.taken.values()].filter((n) => n > 1).length;
  const of = { ...w, letters: w.letters.size, objects: large, replies: w.replies.size, sent: w.sink.taken.size, twice };
  for (const key of Object.keys(sum)) sum[key] += of[key];
  w.sink.close();
}
console.log(`power: ${sum.cuts} cuts (${sum.steps} steps recorded, ${sum.unsure} of them not certain at a cut); ${sum.letters} letters got 250, ` +
  `${sum.objects} of them objects, ${sum.replies} replies taken, ${sum.sent} sent: ${sum.lost} lost, ${sum.doubled} doubled, ` +
  `${sum.twice} sent twice, ${sum.damaged} objects damaged, ${sum.broken} databases broken, ${sum.failedStarts} starts failed`);

let blunt = 0;
for (const lie of ["wal", "object", "folder"]) {
  const liar = await world(lie);
  let going = true;
  while (going && liar.cuts < 12 && !liar.wrong) going = await liar.cut({ mode: lie === "folder" ? "all" : "none", names: lie === "folder" ? "none" : "all" });
  if (!liar.wrong) blunt++;
  console.log(`  a layer that lies about ${lie}: after ${liar.cuts} cuts ${liar.lost} lost, ${liar.damaged} objects damaged, ` +
    `${liar.broken} databases broken, ${liar.failedStarts} starts failed`);
  if (liar.d.child) await liar.d.kill();
  liar.sink.close();
}
const bad = [sum.lost + sum.doubled + sum.damaged + sum.broken + sum.failedStarts > 0, sum.twice > 0, blunt > 0, sum.cuts < cuts,
  sum.letters === 0, sum.replies === 0].filter(Boolean).length;
console.log(`${6 - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
