// Files that come with letters, in a real browser: small pictures made in the child, a calendar entry and a letter told in
// the thread, a scripted virus scanner (it speaks clamd's INSTREAM; no real one runs here) that finds something, and
// pictures from elsewhere that are asked for only when somebody wants them, and never inside the own network: the fetching
// itself, from a server that can be had, is in test/unit/files_test.c.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import zlib from "node:zlib";
import { after, before, test } from "node:test";
import { colleague, everyLook, openBrowser, openContext, signIn, skip } from "../lib/browser.mjs";
import { Desk, freePort, lmtp, root, until } from "../lib/desk.mjs";

const shots = path.join(root, "build/shots/files");
const shot = (name) => (width, scheme) => path.join(shots, `${name}-${width}-${scheme}.png`);
let d, browser, page, elsewhere, scanner, context;
const asked = [];
let scannerWorks = true;

function crc(bytes) {
  let c = ~0;
  for (const b of bytes) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}

/** A harbour of sorts: sky, sea and a sail. */
function png(width, height) {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const sail = Math.abs(x - width / 2) < (y - height * 0.2) / 3 && y < height * 0.6;
      const [r, g, b] = sail ? [250, 246, 236] : y < height * 0.6 ? [168, 200, 222] : [46, 92 + (x + y) % 7, 120];
      rows.set([r, g, b], y * (width * 3 + 1) + 1 + x * 3);
    }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const n = Buffer.alloc(4), c = Buffer.alloc(4);
    n.writeUInt32BE(data.length);
    c.writeUInt32BE(crc(body));
    return Buffer.concat([n, body, c]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

const part = (headers, bytes) => `${headers}\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(bytes).toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n`;

function letter(subject, parts) {
  return [`From: Ilse Boatyard <ilse@yard.test>`, `To: ${d.inbox}`, `Subject: ${subject}`, `Message-ID: <${subject.replace(/\W/g, ".")}@yard.test>`,
    "Date: Thu, 12 Mar 2026 16:05:00 +0000", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', "",
    ...parts.map((p) => `--b\r\n${p}`), "--b--", ""].join("\r\n");
}

const calendar = ["BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", "SUMMARY:Fitting of the mast", "LOCATION:Pier 4\\, shed 2",
  "DTSTART:20260710T140500Z", "DTEND:20260710T153000Z", 'ORGANIZER;CN="Ilse Boatyard":mailto:ilse@yard.test', "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");
const inside = ["From: Old Harbour Office <office@harbour.test>", "Subject: the crane", "Date: Mon, 02 Mar 2026 09:00:00 +0000", "",
  "The crane is free on Friday.", ""].join("\r\n");

async function send(subject, parts) {
  assert.match((await lmtp(d.lmtpPort, "ilse@yard.test", [d.inbox], letter(subject, parts))).at(-1), /^250 /);
  return until(`${subject} is read`, async () => {
    const row = (await d.api("GET", `/b/${d.slug}/list/waiting`)).json.conversations.find((c) => c.subject === subject);
    return row && (await d.api("GET", `/b/${d.slug}/c/${row.id}`)).json;
  });
}
const now = async (c) => (await d.api("GET", `/b/${d.slug}/c/${c.conversation.id}`)).json;
const open = (c, more = "") => page.goto(`${d.url}/b/${d.slug}/c/${c.conversation.id}${more}`, { waitUntil: "load" });

/** clamd as its manual page has it: "zINSTREAM", lengths and pieces, an empty piece, an answer with a NUL. */
function scriptedScanner(socket) {
  let bytes = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (b) => {
    bytes = Buffer.concat([bytes, b]);
    if (!scannerWorks) return void socket.destroy();
    const command = bytes.indexOf(0);
    if (command < 0) return;
    let at = command + 1;
    const whole = [];
    for (;;) {
      if (bytes.length < at + 4) return;
      const n = bytes.readUInt32BE(at);
      if (n === 0) break;
      if (bytes.length < at + 4 + n) return;
      whole.push(bytes.subarray(at + 4, at + 4 + n));
      at += 4 + n;
    }
    socket.end(Buffer.concat(whole).includes("TEST-VIRUS") ? "stream: Test.Virus-1 FOUND\0" : "stream: OK\0");
  });
}

before(async () => {
  if (skip) return;
  fs.mkdirSync(shots, { recursive: true });
  elsewhere = http.createServer((q, r) => {
    asked.push({ url: q.url, headers: q.headers });
    r.writeHead(200, { "content-type": "image/png" }).end(png(640, 400));
  });
  await new Promise((done) => elsewhere.listen(0, "127.0.0.1", done));
  const port = await freePort();
  scanner = net.createServer(scriptedScanner);
  await new Promise((done) => scanner.listen(port, "127.0.0.1", done));
  d = await Desk.start({ serve: false });
  const file = path.join(d.data, "desk.json");
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, "utf8")), clamd: `127.0.0.1:${port}`, posts_inside: true }));
  await d.serve();
  browser = await openBrowser();
  context = await openContext(browser, d.url);
  page = await context.newPage();
  await signIn(page, d);
});

after(async () => {
  await browser?.close();
  await d?.stop();
  elsewhere?.close();
  scanner?.close();
  if (d) fs.rmSync(path.dirname(d.data), { recursive: true, force: true });
});

test("small pictures, a meeting and a letter inside are told in the thread", { skip }, async () => {
  const c = await send("Mast and crane", ["Content-Type: text/plain\r\n\r\nSee the picture.\r\n",
    part('Content-Type: image/png; name="mast.png"\r\nContent-Disposition: attachment', png(1600, 1000)),
    part('Content-Type: image/png; name="broken.png"\r\nContent-Disposition: attachment', png(300, 300).subarray(0, 200)),
    part("Content-Type: text/calendar; method=REQUEST", calendar),
    `Content-Type: message/rfc822\r\n\r\n${inside}`,
    part('Content-Type: text/html; name="\u202egnp.html"\r\nContent-Disposition: attachment', "<script>alert(1)</script>")]);
  const files = await until("they were looked at", async () => {
    const all = (await now(c)).messages[0].files;
    return all.every((f) => f.scan === "clean") && all;
  });
  assert.deepEqual(files.map((f) => f.about?.kind ?? ""), ["", "", "event", "letter", ""]);
  await open(c);
  assert.equal(await page.locator(".files img").count(), 1, "the broken one has none");
  const img = page.locator(".files img");
  await until("it is loaded", () => img.evaluate((i) => i.complete && i.naturalWidth === 320 && i.naturalHeight === 200));
  assert.match(await page.locator(".occasion").innerText(), /Invitation Fitting of the mast[\s\S]*10 July[\s\S]*Pier 4, shed 2/);
  const letterInside = page.locator("details.inside");
  assert.equal(await letterInside.getAttribute("open"), null);
  await letterInside.locator("summary").click();
  assert.match(await letterInside.innerText(), /the crane[\s\S]*office@harbour\.test[\s\S]*free on Friday/);
  // Nothing of it runs or is taken for a page: fixed types, nosniff, a sandbox, as a download.
  for (const f of files) {
    const r = await page.request.get(`${d.url}/b/${d.slug}/a/${f.id}/${encodeURIComponent(f.name)}`);
    assert.equal(r.headers()["content-type"], "application/octet-stream", f.name);
    assert.match(r.headers()["content-disposition"], /^attachment; /);
    assert.equal(r.headers()["x-content-type-options"], "nosniff");
    assert.match(r.headers()["content-security-policy"], /default-src 'none'; sandbox/);
  }
  assert.equal(files.at(-1).name, "gnp.html", "nothing hidden in the name");
  assert.deepEqual(await everyLook(page, "files", shot("files")), []);
});

test("what a scanner finds in stays here until a lead allows it", { skip }, async () => {
  d.must("agent", "add", "rosa@desk.test", "--name", "Rosa");
  const rosa = await colleague(browser, d, "omar@desk.test", "Omar Haddad");
  const c = await send("Read this at once", ["Content-Type: text/plain\r\n\r\nOpen it.\r\n",
    part('Content-Type: application/pdf; name="bill.pdf"', "%PDF TEST-VIRUS")]);
  const f = await until("it was scanned", async () => {
    const one = (await now(c)).messages[0].files[0];
    return one.scan === "found" && one;
  });
  assert.equal(f.scan_says, "Test.Virus-1");
  const address = `${d.url}/b/${d.slug}/a/${f.id}/bill.pdf`, raw = `${d.url}/b/${d.slug}/m/${c.messages[0].id}/raw`;
  assert.equal((await page.request.get(address)).status(), 403);
  assert.equal((await page.request.get(raw)).status(), 403);
  assert.equal((await page.request.get(`${d.url}/b/${d.slug}/a/${f.id}`)).status(), 403);
  // Nobody but a lead is offered it, or may.
  await rosa.page.goto(`${d.url}/b/${d.slug}/c/${c.conversation.id}`);
  assert.match(await rosa.page.locator(".trouble").innerText(), /found Test\.Virus-1 in this file/);
  assert.equal(await rosa.page.getByText("Allow it all the same").count(), 0);
  const own = d.token(rosa.email);
  assert.equal((await d.api("POST", `/b/${d.slug}/a/${f.id}/allow`, {}, own)).status, 403);
  await open(c);
  await page.getByText("Allow it all the same").click();
  assert.deepEqual(await everyLook(page, "held", shot("held")), []);
  await page.getByRole("button", { name: "Allow the download" }).click();
  await page.waitForLoadState();
  assert.equal((await page.request.get(address)).status(), 200);
  assert.equal((await page.request.get(raw)).status(), 200);
  assert.match(await page.locator("#thread").innerText(), /You allowed a file in which something was found: bill\.pdf \(Test\.Virus-1\)/);
  assert.equal((await d.api("POST", `/b/${d.slug}/a/${f.id}/allow`, {})).status, 409);
  await rosa.context.close();
  context.troubles.splice(0);
});

test("a scanner that is away costs nothing but the answer", { skip }, async () => {
  scannerWorks = false;
  const c = await send("While it is away", ["Content-Type: text/plain\r\n\r\nHere.\r\n", part('Content-Type: application/pdf; name="plan.pdf"', "%PDF plan")]);
  const f = await until("it was tried", async () => {
    const one = (await now(c)).messages[0].files[0];
    return one.scan === "failed" && one;
  });
  assert.match(f.scan_says, /virus scanner/);
  assert.equal((await page.request.get(`${d.url}/b/${d.slug}/a/${f.id}/plan.pdf`)).status(), 200);
  await open(c);
  assert.match(await page.locator("#thread .files").innerText(), /could not be checked for viruses/);
  scannerWorks = true;
  // It is tried again by itself; here it is told to, so that nobody has to wait.
  const job = (await d.api("GET", `/b/${d.slug}/admin/jobs`)).json.jobs.find((j) => j.kind === "examine");
  assert.match(job.last_error, /virus scanner/);
});

/** As if the desk had fetched them: `shown` of the letter's pictures, counted from 0. */
function putPictures(message, shown, leftOut) {
  const bytes = png(640, 400);
  const rows = shown.map((n) => `INSERT INTO attachment (brand_id, id, message_id, conversation_id, agent_id, name, type, content_id,
    shown_inline, size, hash, bytes, remote) SELECT brand_id, id + ${n + 1}, id, conversation_id, 0, '', 'image/png', 'remote-${n}@longhand',
    1, ${bytes.length}, 'x', x'${bytes.toString("hex")}', 1 FROM message WHERE id = ${message};`);
  const r = spawnSync("sqlite3", [path.join(d.data, "desk.db")], { input: `.timeout 5000\nBEGIN IMMEDIATE;${rows.join("")}
    UPDATE message SET remote_images = ${leftOut} WHERE id = ${message};COMMIT;` });
  assert.equal(`${r.error ?? ""}${r.stderr}`, "");
}

test("pictures from elsewhere come when somebody asks, and never from inside", { skip }, async () => {
  const at = `http://127.0.0.1:${elsewhere.address().port}`;
  const html = `<p>Our new boat:</p><img src="${at}/boat.png" alt="the boat" width="300"><p><img src="${at}/moved.png" alt="again" width="200">` +
    `<img src="${at}/page" alt="a page"><img src="${at}/open.gif?who=${d.inbox}" width="1" height="1"><img src="${at}/two" style="width:1px;height:1px">` +
    `</p><blockquote>An older letter.</blockquote>`;
  const c = await send("Our new boat", [`Content-Type: text/html\r\n\r\n${html}\r\n`]);
  const m = c.messages[0];
  assert.equal(m.remote_images, 5);
  await open(c, `?sent=${m.id}`);
  assert.deepEqual(asked, []);
  await page.getByText("Show pictures from elsewhere").click();
  assert.deepEqual(await everyLook(page, "remote-ask", shot("remote-ask")), []);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
  assert.match(await page.locator("details.add[open]").innerText(), /may still learn that this letter was opened/);
  await page.getByRole("button", { name: "Fetch and show" }).click();
  const seen = await until("they are fetched", async () => {
    const one = (await now(c)).messages[0];
    return one.pictures === "shown" && one;
  });
  // The operator lets administrators name addresses inside (posts_inside); who writes a letter is none.
  assert.deepEqual(asked, []);
  assert.equal(seen.remote_images, 5);
  assert.deepEqual(seen.files, []);
  putPictures(m.id, [0, 1], 3);
  await open(c, `?sent=${m.id}`);
  const frame = page.frames().find((f) => f.url().includes(`/m/${m.id}/html`));
  await until("they are seen", () => frame.evaluate(() => [...document.images].filter((i) => i.src.startsWith("data:image/png") && i.naturalWidth === 640).length === 2));
  assert.deepEqual(asked, []);
  assert.deepEqual(context.foreign, []);
  assert.match(await page.locator("#thread").innerText(), /Pictures from elsewhere are shown\. 3 are left out/);
  assert.deepEqual(await everyLook(page, "remote-shown", shot("remote-shown")), []);
  // A brand can forbid it wholly.
  await d.api("POST", `/b/${d.slug}/admin/settings`, { remote_pictures: "0" });
  const other = await send("Our other boat", [`Content-Type: text/html\r\n\r\n<img src="${at}/other.png"><p>x</p>\r\n`]);
  assert.equal((await d.api("POST", `/b/${d.slug}/m/${other.messages[0].id}/pictures`, {})).status, 403);
  await open(other, `?sent=${other.messages[0].id}`);
  assert.equal(await page.getByText("Show pictures from elsewhere").count(), 0);
  assert.deepEqual(asked, []);
  assert.deepEqual(context.troubles, []);
});
