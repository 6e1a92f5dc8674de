// The status page when things break: its database is stopped while people read, and it stands; the desk is stopped,
// and a copy on the disk says the same. And a subscription storm over HTTP.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Desk, root, until } from "../lib/desk.mjs";

// Not in a folder of ours: where tests run as root the server is another user's.
const pgFolder = path.join(os.tmpdir(), `lhpg-${process.pid}`);
const pg = (verb) => spawnSync(path.join(root, "test/pg.sh"), [verb, pgFolder], { encoding: "utf8" });
let d;

after(async () => {
  await d?.stop().catch(() => {});
  pg("stop");
});

const read = async (p, headers = {}) => {
  const r = await fetch(d.url + p, { headers, redirect: "manual" });
  return { status: r.status, text: await r.text(), headers: r.headers };
};
const page = (rest = "") => read(`/status/${d.slug}${rest}`);

/** Stopped as an outage stops it: at once, with its folder left, so that it can come back. */
function database(verb) {
  const bin = fs.readdirSync("/usr/lib/postgresql").sort().reverse().map((v) => `/usr/lib/postgresql/${v}/bin/pg_ctl`)
    .find((f) => fs.existsSync(f));
  const args = verb === "stop" ? ["-m", "immediate", "stop"] : ["-t", "60", "-l", path.join(pgFolder, "server.log"), "-o",
    `-F -c listen_addresses='' -c unix_socket_directories='${pgFolder}' -c max_connections=100`, "start"];
  const command = [bin, "-D", path.join(pgFolder, "data"), "-s", "-w", ...args];
  const as = process.getuid() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--", ...command] : command;
  const r = spawnSync(as[0], as.slice(1), { encoding: "utf8", cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  assert.equal(r.status, 0, r.stderr);
}

test("the page stands while its database is down", async () => {
  const started = pg("start");
  assert.equal(started.status, 0, started.stderr);
  d = await Desk.start({ db: started.stdout.trim() });
  assert.equal((await page()).status, 404); // nobody opened it
  const post = (p, body) => d.api("POST", `/b/${d.slug}/status${p}`, body);
  assert.equal((await post("/page", { opened: true })).status, 200);
  const first = await post("/update", { kind: "trouble", headline: "The missing-pieces page is not answering.",
    words: "Since nine it stops after the set number.", next: "23:59", mail: true });
  assert.equal(first.status, 200, first.text);
  const before = await until("the page says so", async () => {
    const p = await page();
    return p.status === 200 && p.text.includes("not answering") && p;
  });
  assert.match(before.headers.get("content-type"), /^text\/html/);
  assert.match(before.headers.get("cache-control"), /public, max-age=\d+/);
  assert.ok(Buffer.byteLength(before.text) <= 20000);
  assert.ok(!/<script|<img|<link rel="stylesheet"/.test(before.text));

  database("stop");
  const token = d.defaultToken;
  const inside = await read(`/api/v1/b/${d.slug}/status`, { authorization: `Bearer ${token}` });
  assert.ok(inside.status >= 500, `inside answers ${inside.status} without a database`);
  const etag = before.headers.get("etag");
  // Well beyond the time after which the desk looks at its database again.
  for (let i = 0; i < 12; i++) {
    const p = await page();
    assert.equal(p.status, 200);
    assert.equal(p.text, before.text);
    assert.equal(p.headers.get("etag"), etag);
    await new Promise((done) => setTimeout(done, 250));
  }
  assert.equal((await read(`/status/${d.slug}`, { "if-none-match": etag })).status, 304);
  assert.match((await page("/feed.atom")).text, /^<\?xml[^]*not answering/);
  assert.equal(JSON.parse((await page("/status.json")).text).headline, "The missing-pieces page is not answering.");
  assert.equal((await page("/subscribe")).status, 200);
  const asked = await fetch(`${d.url}/status/${d.slug}/subscribe`, { method: "POST",
    body: new URLSearchParams({ email: "ruth@customer.test" }) });
  assert.ok(asked.status >= 500 && /fault of its own|too much to do/.test(await asked.text()));

  const copy = (f) => fs.readFileSync(path.join(d.data, "status", d.slug, f), "utf8");
  assert.equal(copy("index.html"), before.text);
  assert.match(copy("feed.atom"), /not answering/);

  database("start");
  const over = await until("the desk finds its database again", async () => {
    const r = await post("/update", { kind: "over", matter: first.json.id, words: "It answers again." });
    return r.status === 200 && r;
  }, 30000);
  assert.ok(over.json.id);
  const next = await until("the page speaks again", async () => {
    const p = await page();
    return p.text.includes("It answers again.") && p;
  });
  assert.notEqual(next.headers.get("etag"), etag);
  assert.equal(copy("index.html"), next.text);
});

test("a desk that starts while its database is down shows the page from its copy, and waits", async () => {
  const last = (await page()).text;
  await d.stop();
  database("stop");
  const served = d.serve();
  const p = await until("the copy is shown", () => page().then((r) => r, () => null));
  assert.equal(p.status, 200);
  assert.equal(p.text, last);
  assert.match(p.headers.get("content-security-policy"), /default-src 'none'/);
  assert.match((await page("/feed.atom")).text, /^<\?xml/);
  assert.equal((await read("/status/..%2fserve.lock")).status, 503);
  assert.equal((await read("/")).status, 503);
  database("start");
  await served;
  assert.equal((await read(`/api/v1/b/${d.slug}/status`, { authorization: `Bearer ${d.defaultToken}` })).status, 200);
});

test("a storm of subscriptions neither floods anybody nor holds the page up", async () => {
  const tries = 10000, workers = 40;
  const count = {};
  let sent = 0, slowest = 0, reading = true;
  const reader = (async () => {
    while (reading) {
      const began = performance.now();
      assert.equal((await page()).status, 200);
      slowest = Math.max(slowest, performance.now() - began);
    }
  })();
  await Promise.all(Array.from({ length: workers }, async () => {
    while (sent < tries) {
      const n = sent++;
      const r = await fetch(`${d.url}/status/${d.slug}/subscribe`, { method: "POST",
        body: new URLSearchParams({ email: n % 2 ? "victim@customer.test" : `stranger${n}@customer.test` }) });
      await r.arrayBuffer();
      count[r.status] = (count[r.status] ?? 0) + 1;
    }
  }));
  reading = false;
  await reader;
  // Ten an hour from one network; everybody else is told to come back later.
  assert.equal((count[200] ?? 0), 10, JSON.stringify(count));
  assert.equal(count[429], tries - 10, JSON.stringify(count));
  const to = () => {
    const left = path.join(d.data, "maildir/new");
    return fs.existsSync(left) ? fs.readdirSync(left).map((f) => /^To: (.*)$/m.exec(fs.readFileSync(path.join(left, f), "utf8"))[1]) : [];
  };
  await until("the questions have left", () => to().includes("victim@customer.test"));
  assert.equal(to().filter((a) => a === "victim@customer.test").length, 1);
  assert.ok(to().length <= 10);
  console.log(`# slowest page during the storm: ${slowest.toFixed(0)} ms`);
});

test("with the desk stopped its copy is on the disk", async () => {
  const last = (await page()).text;
  await d.stop();
  assert.equal(fs.readFileSync(path.join(d.data, "status", d.slug, "index.html"), "utf8"), last);
  assert.ok(!fs.readdirSync(path.join(d.data, "status", d.slug)).some((f) => f.endsWith(".new")));
});
