// Letters over LMTP, good and bad: each gets a clear answer, and what was accepted is there.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import { Desk, lmtp, mail, until } from "../lib/desk.mjs";

let d;
before(async () => {
  d = await Desk.start();
  d.must("agent", "add", "omar@desk.test", "--name", "Omar");
});
after(() => d.stop());

const all = async () => (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations;
const count = (n) => until(`${n} conversations`, async () => (await all()).length === n);
let expected = 0;

test("a letter is kept, read and listed", async () => {
  const answers = await lmtp(d.lmtpPort, "milo@customer.test", [d.inbox], mail());
  assert.match(answers.at(-1), /^250 2\.0\.0 /);
  await count(++expected);
});

test("one answer for each recipient; the unknown one is refused by name", async () => {
  const answers = await lmtp(d.lmtpPort, "milo@customer.test", [d.inbox, "nobody@desk.test", "letters+tag@desk.test"], mail());
  assert.match(answers[4], /^550 5\.1\.1/);
  assert.equal(answers.slice(-2).filter((l) => l.startsWith("250")).length, 2);
  // Both name the same inbox and carry the same bytes: one letter, and its duplicate kept beside it.
  await count(++expected);
});

const hostile = {
  "zero bytes": "",
  "only line ends": "\r\n\r\n",
  "no header": "just text\r\n",
  "NUL bytes": mail({ text: "a\0b\0c\r\n" }),
  "bare CR and LF": mail({ text: "one\ntwo\rthree\r\n" }),
  "a header of 1 MB": mail({ headers: ["X-Long: " + "x".repeat(1 << 20)] }),
  "wrong charset": mail({ headers: [] }).replace("charset=utf-8", "charset=x-unheard-of") + "\xff\xfe\r\n",
  "20,000 nested parts": "From: a@b.test\r\nSubject: nest\r\nMIME-Version: 1.0\r\n" +
    Array.from({ length: 20000 }, (_, i) => `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`).join(""),
};
for (const [name, bytes] of Object.entries(hostile)) {
  test(`kept and listed: ${name}`, async () => {
    const answers = await lmtp(d.lmtpPort, "x@customer.test", [d.inbox], Buffer.from(bytes, "latin1"));
    assert.match(answers.at(-1), /^250 /);
    await count(++expected);
  });
}

test("a bare LF never ends DATA: no second letter can be smuggled in", async () => {
  const smuggled = mail({ text: "first\r\n" }) + "\n.\nMAIL FROM:<boss@desk.test>\r\nRCPT TO:<letters@desk.test>\r\nDATA\r\nsecond\r\n";
  const answers = await lmtp(d.lmtpPort, "x@customer.test", [d.inbox], smuggled);
  assert.match(answers.at(-1), /^250 /);
  await count(++expected);
});

test("a letter above the limit is refused with 552", async () => {
  const socket = net.connect(d.lmtpPort, "127.0.0.1");
  let said = "";
  socket.on("data", (b) => { said += b; });
  socket.write("LHLO x\r\nMAIL FROM:<a@b.test> SIZE=999999999\r\n");
  await until("552", () => /^552 5\.3\.4/m.test(said));
  socket.destroy();
});

test("the desk's own `deliver` goes through the running desk", async () => {
  const m = d.deliver(mail({ subject: "through the socket" }));
  assert.equal(m.status, 0, m.err);
  await count(++expected);
});

test("letters survive a kill -9", async () => {
  await lmtp(d.lmtpPort, "x@customer.test", [d.inbox], mail({ subject: "just before" }));
  await d.kill();
  await d.serve();
  await count(++expected);
});
