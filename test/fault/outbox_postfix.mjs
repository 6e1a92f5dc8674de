// The plain run of outbox.mjs: kill -9 of the desk while its replies leave through Postfix into a Dovecot mailbox.
//   node test/fault/outbox_postfix.mjs [KILLS]
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Desk, folder, root, sleep, until } from "../lib/desk.mjs";
import { waitForInbox } from "../peers/imap.mjs";

if (process.getuid() !== 0) {
  console.log("outbox: Postfix and Dovecot start as root only; left out");
  process.exit(0);
}
const kills = Number(process.argv[2] || 20);
const world = folder("lhoutbox-");
fs.chmodSync(world, 0o711);

function peers(...args) {
  const out = fs.openSync(path.join(world, "out"), "w+");
  const r = spawnSync(path.join(root, "test/peers/mail.sh"), args, { stdio: ["ignore", out, out] });
  fs.closeSync(out);
  const said = fs.readFileSync(path.join(world, "out"), "utf8");
  if (r.status !== 0) throw new Error(`mail.sh ${args[0]}: status ${r.status}\n${said}`);
  return Object.fromEntries(said.split("\n").filter((l) => l.includes("=")).map((l) => l.split(/=(.*)/s)));
}

const d = await Desk.start();
d.defaultToken = d.token();
const post = peers("start", path.join(world, "mail"), String(d.lmtpPort));
let bad = 1;
try {
  const api = async (method, where, body) => {
    const r = await d.api(method, `/b/${d.slug}${where}`, body);
    if (r.status !== 200) throw new Error(`${method} ${where}: ${r.status} ${r.text}`);
    return r.json;
  };
  await api("POST", "/admin/settings", { undo_seconds: "0" });
  const [inbox] = (await api("GET", "/admin/inboxes")).inboxes;
  await api("POST", `/admin/inboxes/${inbox.id}`, { transport: "smtp", smtp_host: "127.0.0.1",
    smtp_port: Number(post.SMTP_PORT), smtp_tls: "never" });
  let n = 0;
  const send = async () => {
    const form = { to: "crowd@customer.test", subject: `Number ${++n}.`, text: `Dear number ${n},\n\nshe is on her way.\n`,
      key: `key ${n}` };
    for (;;) {
      try {
        return await api("POST", "/write/reply", form);
      } catch (e) {
        if (/: [45]\d\d /.test(e.message)) throw e;
        await sleep(20);
      }
    }
  };
  for (let i = 0; i < kills; i++) {
    const sending = Promise.all(Array.from({ length: 5 }, send));
    await sleep(Math.random() * 120);
    await d.kill();
    await d.serve();
    await sending;
  }
  await until("nothing is on its way any more", async () => {
    const jobs = (await api("GET", "/admin/jobs")).jobs.filter((j) => j.kind === "send");
    for (const j of jobs) await api("POST", `/admin/jobs/${j.id}/retry`, {}).catch(() => {});
    return jobs.length === 0;
  }, 120000);
  const rows = async (view) => {
    const found = [];
    for (let next = `/outbox?view=${view}`; next;) {
      const page = await api("GET", next.replace(/^.*\/b\/[^/]+/, ""));
      found.push(...page.outbox);
      next = page.next;
    }
    return found;
  };
  const sent = await rows("sent"), unsure = await rows("needs");
  await waitForInbox({ port: post.IMAP_PORT, user: "crowd", password: post.MAIL_PASSWORD }, sent.length, 60);
  await sleep(2000);
  const box = await waitForInbox({ port: post.IMAP_PORT, user: "crowd", password: post.MAIL_PASSWORD }, sent.length, 60);
  const came = new Map();
  for (const text of box) {
    const subject = /^Subject: *(.*?)\r?$/m.exec(text)[1];
    came.set(subject, (came.get(subject) ?? 0) + 1);
  }
  const doubled = [...came.values()].filter((c) => c > 1).length;
  const missing = sent.filter((r) => !came.has(r.subject)).length;
  const lost = n - sent.length - unsure.length;
  console.log(`outbox by Postfix: ${kills} kills, ${n} replies: ${sent.length} sent, ${unsure.length} uncertain ` +
    `(of which ${unsure.filter((r) => came.has(r.subject)).length} arrived); ${doubled} doubled, ${missing + lost} lost`);
  bad = [doubled, missing + Math.abs(lost)].filter(Boolean).length;
} finally {
  await d.stop();
  peers("stop", path.join(world, "mail"));
  fs.rmSync(world, { recursive: true, force: true });
  fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
}
console.log(`${2 - bad} passed, ${bad} failed`);
process.exit(bad ? 1 : 0);
