// What an attacker or an accident can do to a running desk, and what it must not cost.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { binary, Desk, lmtp, mail, until } from "../lib/desk.mjs";

const waiting = async (d) => (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations;

test("many large letters at once cost the memory of a few", async () => {
  const d = await Desk.start();
  const file = "UmVhZCBtZSBpZiB5b3UgY2FuLg==".padEnd(76, "A") + "\r\n";
  const big = (i) => "From: Milo <milo@customer.test>\r\n" + `Message-ID: <${Math.random()}@customer.test>\r\nSubject: ${i}\r\nMIME-Version: 1.0\r\n` +
    "Content-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
    file.repeat(16 * 2 ** 20 / file.length);
  const send = async (i) => (await lmtp(d.lmtpPort, "milo@customer.test", [d.inbox], big(i))).at(-1);
  await lmtp(d.lmtpPort, "milo@customer.test", [d.inbox], mail());
  await until("the first is listed", async () => (await waiting(d)).length === 1);
  // Held up, so that all the others wait for it at once.
  const pid = d.child.pid;
  const reader = fs.readdirSync(`/proc/${pid}/task`).map((t) => fs.readFileSync(`/proc/${pid}/task/${t}/children`, "utf8"))
    .join(" ").match(/\d+/)[0];
  process.kill(Number(reader), "SIGSTOP");
  for (let i = 0; i < 16; i++) assert.match(await send(i), /^250 /);
  try {
    process.kill(Number(reader), "SIGCONT");
  } catch (e) {
    // On a machine with much else to do it was silent for too long, and the desk has put another in its place.
    assert.equal(e.code, "ESRCH");
  }
  await until("all are listed", async () => (await waiting(d)).length === 17, 60000);
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${d.child.pid}/status`, "utf8"))[1]) / 1024;
  // The address sanitizer keeps up to 256 MB of what was freed, to catch its use.
  const most = binary.includes("/asan/") ? 160 + 256 : 160;
  assert.ok(peak < most, `the desk took ${peak.toFixed()} MB`);
  await d.stop();
});

test("a database file that is gone is no place to keep a letter", async () => {
  const d = await Desk.start();
  const file = path.join(d.data, "desk.db");
  fs.renameSync(file, `${file}.aside`);
  const refused = await lmtp(d.lmtpPort, "milo@customer.test", [d.inbox], mail());
  // Refused for now, as a recipient or as a letter, whichever meets the missing file first.
  assert.ok(refused.some((says) => /^451 /.test(says)), refused.join("\n"));
  assert.doesNotMatch(refused.at(-1), /^250 /);
  fs.renameSync(`${file}.aside`, file);
  const kept = await lmtp(d.lmtpPort, "milo@customer.test", [d.inbox], mail());
  assert.match(kept.at(-1), /^250 /);
  let says;
  await until("it is listed", async () => {
    const answer = await d.api("GET", `/b/${d.slug}/list/waiting`);
    says = answer.text;
    return answer.json?.conversations?.length === 1;
  }).catch((e) => assert.fail(`${e.message}; the desk said ${says}`));
  await d.stop();
});

test("tries are counted for whoever the proxy names, and only the proxy is believed", async () => {
  const attempt = (d, i, forwarded) => fetch(`${d.url}/sign-in`, { method: "POST", redirect: "manual",
    headers: forwarded ? { "x-forwarded-for": `203.0.113.9, ${forwarded}` } : {},
    body: new URLSearchParams({ email: `nobody${i}@desk.test`, password: "not the password", next: "/" }) });
  const d = await Desk.start({ serve: false });
  d.must("setup", "--proxy", "127.0.0.1");
  await d.serve();
  for (let i = 0; i < 12; i++) assert.notEqual((await attempt(d, i, `192.0.2.${i}`)).status, 429);
  let last;
  for (let i = 0; i < 11; i++) last = (await attempt(d, i + 20, "192.0.2.99")).status;
  assert.equal(last, 429);
  await d.stop();

  // Without a proxy named, the header is anybody's word.
  const open = await Desk.start();
  for (let i = 0; i < 11; i++) last = (await attempt(open, i, `192.0.2.${i}`)).status;
  assert.equal(last, 429);
  await open.stop();
});
