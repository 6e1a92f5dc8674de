// Pages over a desk that is full: start, sign in, lists, conversations, search, memory. Prints table rows.
//   node bench/pages.mjs DATA PASSWORD
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { binary, freePort } from "../test/lib/desk.mjs";

const [data, password] = process.argv.slice(2);
const port = await freePort(), lmtp = await freePort(), url = `http://127.0.0.1:${port}`;
const began = process.hrtime.bigint();
const desk = spawn(binary, ["serve", "--data", data, "--http", `127.0.0.1:${port}`, "--lmtp", `127.0.0.1:${lmtp}`], { stdio: ["ignore", "pipe", "inherit"] });
desk.stdout.resume();
let first = null;
while (first === null) {
  try {
    await fetch(`${url}/sign-in`);
    first = Number(process.hrtime.bigint() - began) / 1e6;
  } catch {
    await new Promise((r) => setTimeout(r, 2));
  }
}
const signed = await fetch(`${url}/sign-in`, { method: "POST", redirect: "manual",
  body: new URLSearchParams({ email: "ines@tidewatch.example", password, next: "/" }) });
const cookie = signed.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ");
if (signed.status !== 303) throw new Error(`sign-in answered ${signed.status}`);

const rows = JSON.parse(spawnSync(binary, ["list", "--data", data, "--limit", "20000", "--json"], { maxBuffer: 1 << 28 }).stdout).conversations;
const pick = (n) => Array.from({ length: n }, (_, i) => rows[Math.floor((i * rows.length) / n)]);
const work = fs.mkdtempSync(path.join(os.tmpdir(), "lh-wrk-"));

function wrk(paths, connections, seconds = 8) {
  const script = path.join(work, "paths.lua");
  fs.writeFileSync(script, `local p = {${paths.map((x) => JSON.stringify(x)).join(",")}}\nlocal i = 0\n` +
    `request = function() i = i + 1; return wrk.format("GET", p[i % #p + 1], {["Cookie"] = "${cookie}"}) end\n` +
    `done = function(s, l) io.write(string.format("p50 %.3f p99 %.3f rate %.0f bad %d\\n", l:percentile(50) / 1000, l:percentile(99) / 1000, s.requests / s.duration * 1e6, s.errors.status)) end\n`);
  const r = spawnSync("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, url]);
  const m = /p50 ([\d.]+) p99 ([\d.]+) rate (\d+) bad (\d+)/.exec(r.stdout.toString());
  if (!m || m[4] !== "0") throw new Error(`wrk: ${r.stdout}${r.stderr}`);
  return { p50: m[1], p99: m[2], rate: Number(m[3]) };
}

const b = "/b/tidewatch-toys";
const lists = [`${b}/list/waiting`, `${b}/list/unassigned`, ...pick(20).map((v) => `${b}/list/waiting?after=${v.waiting_since}.${v.id}`)];
const conversations = pick(2000).map((v) => `${b}/c/${v.id}`);
const things = ["lighthouse", "ferry", "crane", "bakery", "lorry", "harbour", "glider", "anchor", "lantern", "door", "axle", "figure", "engine"];
const searches = things.flatMap((x, i) => [`${b}/search?q=${x}+word${i * 37 + 5}`, `${b}/search?q=${x}+${things[(i + 4) % 13]}`, `${b}/search?q=word${i * 91}+word${i * 13 + 1}`]);

// What a start leaves to do (letters that are to be counted again, say) is over when its processor time stands still.
const ticks = () => fs.readFileSync(`/proc/${desk.pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).map(Number);
for (let was = ""; was !== `${ticks()}`; ) {
  was = `${ticks()}`;
  await new Promise((r) => setTimeout(r, 1000));
}
wrk(conversations, 2, 2);
const row = (what, limit, got) => console.log(`| ${what} | ${limit} | ${got} |`);
row("start to first answer", "≤ 200 ms", `${first.toFixed(0)} ms`);
const l = wrk(lists, 1);
row("list page, one connection, p50 / p99", "p99 ≤ 5 ms", `${l.p50} / ${l.p99} ms`);
const c = wrk(conversations, 1);
row("conversation page, one connection, p50 / p99", "p99 ≤ 5 ms", `${c.p50} / ${c.p99} ms`);
const s = wrk(searches, 1);
row("search of two words, one connection, p50 / p99", "p99 ≤ 20 ms", `${s.p50} / ${s.p99} ms`);
const m = wrk(conversations, 8);
row("conversation pages, 8 connections", "≥ 5,000/s", `${m.rate}/s (p50 ${m.p50}, p99 ${m.p99} ms)`);
const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);
const children = fs.readFileSync(`/proc/${desk.pid}/task/${desk.pid}/children`, "utf8").split(" ").filter(Boolean);
const memory = [desk.pid, ...children].map(pss).reduce((x, y) => x + y, 0) / 1024;
row("memory after that (PSS, reader child included)", "≤ 80 MB", `${memory.toFixed(0)} MB`);
desk.kill("SIGTERM");
fs.rmSync(work, { recursive: true });
