// kill -9 of the desk while its replies meet a mail server that goes wrong: no reply is delivered more than once
// without a person's word, every uncertain one is listed, none is silently lost.
//   node test/fault/outbox.mjs [KILLS]
import fs from "node:fs";
import path from "node:path";
import { Desk, sleep, until } from "../lib/desk.mjs";
import { FaultySmtp, faults } from "../lib/smtp.mjs";

const kills = Number(process.argv[2] || 100);
const stages = ["connect", "ehlo", "mail", "rcpt", "data", "body", "dot"];
const any = (list) => list[Math.floor(Math.random() * list.length)];
const server = await FaultySmtp.start();
const d = await Desk.start();
d.defaultToken = d.token();

const api = async (method, where, body) => {
  const r = await d.api(method, `/b/${d.slug}${where}`, body);
  if (r.status !== 200) throw new Error(`${method} ${where}: ${r.status} ${r.text}`);
  return r.json;
};
await api("POST", "/admin/settings", { undo_seconds: "0" });
const [inbox] = (await api("GET", "/admin/inboxes")).inboxes;
const tls = (how) => api("POST", `/admin/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1",
  smtp_port: server.port, smtp_tls: how });
await tls("never");

const replies = new Map(); // by recipient: what the desk said of it
let n = 0;

/** As a browser does: when the line breaks, the same form once more. */
async function send() {
  const to = `milo${++n}@customer.test`;
  const form = { to, subject: `For ${to}`, text: `Dear number ${n},\n\nshe is on her way.\n`, key: `key ${n}` };
  replies.set(to, null);
  for (;;) {
    try {
      replies.set(to, await api("POST", "/write/reply", form));
      return;
    } catch (e) {
      if (/: [45]\d\d /.test(e.message)) throw e;
      await sleep(20);
    }
  }
}

/** Work that waits for its next try has it now; the tries are the desk's own. */
async function hurry() {
  const jobs = (await api("GET", "/admin/jobs")).jobs.filter((j) => j.kind === "send");
  for (const j of jobs) await api("POST", `/admin/jobs/${j.id}/retry`, {}).catch(() => {});
  return jobs.length;
}

let killed = 0, mode = "never";
const per = Math.ceil(kills / (faults.length - 1));
for (const fault of faults.slice(1)) {
  const wanted = fault === "STARTTLS fails" ? "required" : "never";
  if (wanted !== mode) await tls(mode = wanted);
  for (let i = 0; i < per && killed < kills; i++) {
    server.play(fault, 1 + Math.floor(Math.random() * 3), any([null, null, "connect", "dot"]));
    // Half of the kills hit a moment of the dialogue, half any moment.
    let shot = null;
    const dead = new Promise((resolve) => { shot = resolve; });
    const stage = Math.random() < 0.5 ? any(stages) : null;
    server.on = stage && ((what) => { if (what === stage) shot(); });
    const sending = Promise.all([send(), send(), send()]);
    await Promise.race([dead, sleep(stage ? 400 : Math.random() * 80)]);
    server.on = null;
    await d.kill();
    killed++;
    await d.serve();
    await sending;
    if (i % 3 === 2) await hurry();
  }
  server.play("none", 0);
}
server.play("none", 0);
if (mode !== "never") await tls(mode = "never");
await until("nothing is on its way any more", async () => {
  const left = await hurry();
  return left === 0;
}, 120000);

const all = { needs: [], sent: [], failed: [], waits: [], sending: [], uncertain: [] };
for (const view of Object.keys(all))
  for (let next = `/outbox?view=${view}`; next;) {
    const page = await api("GET", next.replace(/^.*\/b\/[^/]+/, ""));
    all[view].push(...page.outbox);
    next = page.next;
  }
const count = (to) => server.taken.filter((t) => t.to === to).length;
const state = new Map([...all.sent, ...all.needs, ...all.waits, ...all.sending].map((r) => [r.recipient, r.state]));
const listed = new Map();
for (const r of Object.values(all).flat()) listed.set(r.id, r);
let doubled = 0, lost = 0, liars = 0, rows = 0;
for (const [to, made] of replies) {
  const mine = [...listed.values()].filter((r) => r.recipient === to);
  rows += mine.length;
  const taken = count(to), was = state.get(to);
  if (taken > 1) doubled++, console.error(`${to}: taken ${taken} times, ${was}`);
  if (mine.length !== 1 || !made) lost++, console.error(`${to}: ${mine.length} rows`);
  else if (was === "sent" && taken !== 1) liars++, console.error(`${to}: sent, and taken ${taken} times`);
  else if (was === "failed" && taken) liars++, console.error(`${to}: failed, and taken`);
  else if (!["sent", "failed", "uncertain"].includes(was)) lost++, console.error(`${to}: ${was}`);
}
const unsure = all.uncertain.map((r) => r.recipient);
const hidden = unsure.filter((to) => !all.needs.some((r) => r.recipient === to)).length;
const stray = server.taken.filter((t) => !replies.has(t.to)).length;
const ids = new Map();
for (const t of server.taken) ids.set(t.id, (ids.get(t.id) ?? 0) + 1);
const sameId = [...ids.values()].filter((c) => c > 1).length;
console.log(`outbox: ${killed} kills over ${faults.length - 1} faults, ${replies.size} replies: ${all.sent.length} sent, ` +
  `${all.failed.length} refused, ${unsure.length} uncertain (of which the server has ${unsure.filter((to) => count(to)).length}); ` +
  `${doubled} doubled, ${lost} lost, ${liars} wrong, ${hidden} uncertain not listed`);
console.log(`outbox: faults played: ${Object.entries(server.seen).map(([k, v]) => `${k} ${v}`).join(", ")}`);
await d.stop();
server.stop();
fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
const bad = [doubled || sameId, lost || rows !== replies.size, liars, hidden || stray].filter(Boolean).length;
console.log(`${4 - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
