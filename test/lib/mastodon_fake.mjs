// A FAKE Mastodon server. No real one can be installed here, so this was written from the public documentation of its
// API (docs.joinmastodon.org: apps, oauth, accounts, instance, notifications, statuses, media, search, rate limits) and
// holds as much of it as the tests need. What a real server does beyond its documentation is not in here.
//
// Everybody but `help` lives on another server, as most people do. `play` lets it go wrong on purpose.
import crypto from "node:crypto";
import http from "node:http";

const escape = (s) => s.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

export class MastodonFake {
  accounts = new Map(); // by acct
  statuses = new Map(); // by id
  notices = []; // oldest first
  keys = new Map(); // Idempotency-Key -> {status, at}
  media = new Map();
  asked = []; // "GET /api/..." of every request
  token = "fake-token";
  characters = 500;
  ids = 100;
  faults = []; // {fault, left, only}

  static async start() {
    const s = new MastodonFake();
    s.server = http.createServer((q, r) => s.serve(q, r).catch((e) => r.destroy(e)));
    await new Promise((resolve) => s.server.listen(0, "127.0.0.1", resolve));
    s.port = s.server.address().port;
    s.url = `http://127.0.0.1:${s.port}`;
    s.domain = "toys.example";
    s.us = s.account("help", { display_name: "Tidewatch Toys", followers_count: 3300 });
    return s;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Go wrong `left` times where the request's line matches: "429", "500", "nonsense", "500 after" and "cut after" (the
   * post is made, and the answer is none), "cut before", "same page", "not ready" (media). */
  play(fault, { left = 1, only = /./, retryAfter = 1 } = {}) { this.faults.push({ fault, left, only, retryAfter }); }
  well() { this.faults = []; }

  take(line, names) {
    const f = this.faults.find((x) => x.left > 0 && x.only.test(line) && names.includes(x.fault));
    if (f) f.left--;
    return f;
  }

  // ---- what happens there ----

  id() { return String(++this.ids); }

  account(acct, more = {}) {
    if (!this.accounts.has(acct)) {
      const [username, domain] = acct.split("@");
      this.accounts.set(acct, { id: this.id(), username, acct, display_name: username, bot: false, locked: false,
        created_at: "2024-01-01T00:00:00.000Z", note: "<p></p>", url: `https://${domain ?? this.domain}/@${username}`,
        followers_count: 12, following_count: 3, statuses_count: 9, emojis: [], fields: [], ...more });
    }
    return this.accounts.get(acct);
  }

  mentioned(text) {
    const found = [...text.matchAll(/(?<![\w/=])@([\w.-]*\w)(?:@([\w.:-]*\w))?/g)].map(([, name, domain]) =>
      this.accounts.get(!domain || domain === this.domain ? name : `${name}@${domain}`)).filter(Boolean);
    return [...new Set(found)];
  }

  html(text) {
    const inline = (s) => s.split(/(https?:\/\/[^\s<]*[\w/]|(?<![\w/=])@[\w.-]*\w(?:@[\w.:-]*\w)?|#\w+)/).map((x) => {
      if (/^https?:/.test(x)) {
        const [, scheme, rest] = /^(https?:\/\/(?:www\.)?)(.*)$/.exec(x);
        return `<a href="${escape(x)}" target="_blank" rel="nofollow noopener"><span class="invisible">${scheme}</span>` +
          `<span class="${rest.length > 30 ? "ellipsis" : ""}">${escape(rest.slice(0, 30))}</span><span class="invisible">` +
          `${escape(rest.slice(30))}</span></a>`;
      }
      const who = x[0] === "@" && this.mentioned(x)[0];
      if (who) return `<span class="h-card"><a href="${who.url}" class="u-url mention">@<span>${who.username}</span></a></span>`;
      if (/^#\w/.test(x)) return `<a href="https://${this.domain}/tags/${x.slice(1)}" class="mention hashtag" rel="tag">#<span>${x.slice(1)}</span></a>`;
      return escape(x);
    }).join("");
    return text.split(/\n\n+/).map((p) => `<p>${p.split("\n").map(inline).join("<br>")}</p>`).join("");
  }

  /** Somebody posts. Whoever is named in it, and whoever is answered, is told. */
  write(by, text, { visibility = "public", spoiler_text = "", reply_to = null, media = [], language = "en" } = {}) {
    const account = this.account(by), id = this.id();
    const parent = reply_to && this.statuses.get(reply_to);
    const status = { id, created_at: new Date().toISOString(), edited_at: null, in_reply_to_id: parent?.id ?? null,
      in_reply_to_account_id: parent?.account.id ?? null, sensitive: Boolean(spoiler_text), spoiler_text, visibility,
      language, uri: `${account.url}/${id}`, url: `${account.url}/${id}`, replies_count: 0, reblogs_count: 0,
      favourites_count: 0, content: this.html(text), reblog: null, account, media_attachments: media, tags: [], emojis: [],
      mentions: this.mentioned(text).map(({ id: i, username, url, acct }) => ({ id: i, username, url, acct })),
      card: null, poll: null, quote: null, source: text };
    this.statuses.set(id, status);
    if (account !== this.us && status.mentions.some((m) => m.id === this.us.id)) this.notice("mention", status);
    return status;
  }

  notice(type, status) {
    this.notices.push({ id: this.id(), type, created_at: new Date().toISOString(), account: status.account, status });
  }

  /** Whoever had something to do with it is told only where `tell`; a real server tells few. */
  edit(id, text, { tell = false } = {}) {
    const s = this.statuses.get(id);
    s.content = this.html(text);
    s.edited_at = new Date().toISOString();
    if (tell) this.notice("update", s);
  }

  remove(id) {
    this.statuses.delete(id);
    this.notices = this.notices.filter((n) => n.status.id !== id);
  }

  /** Our posts, oldest first. */
  ours() { return [...this.statuses.values()].filter((s) => s.account === this.us); }

  // ---- the API ----

  /** As "Posting to your profile" says: a link is 23, of @name@server only @name counts, the warning counts too. */
  length(text, spoiler) {
    const counted = (text + (spoiler ?? "")).replace(/https?:\/\/\S+/g, "x".repeat(23)).replace(/(@[\w.-]+)@[\w.:-]+/g, "$1");
    return [...new Intl.Segmenter().segment(counted)].length;
  }

  body(s) {
    const { source, ...shown } = s;
    return shown;
  }

  /** One page, newest first, by max_id, since_id, min_id and limit ("Notifications", parameters). */
  page(list, query, most) {
    const limit = Math.min(Number(query.get("limit") ?? 40), most), n = (name) => Number(query.get(name));
    let rows = list.filter((x) => (!query.has("max_id") || Number(x.id) < n("max_id")) &&
      (!query.has("since_id") || Number(x.id) > n("since_id")) && (!query.has("min_id") || Number(x.id) > n("min_id")));
    rows = rows.sort((x, y) => Number(x.id) - Number(y.id));
    rows = query.has("min_id") ? rows.slice(0, limit) : rows.slice(-limit);
    return rows.reverse();
  }

  async serve(q, r) {
    const url = new URL(q.url, this.url), line = `${q.method} ${url.pathname}`;
    const chunks = [];
    for await (const b of q) chunks.push(b);
    const raw = Buffer.concat(chunks);
    this.asked.push(line);
    const say = (status, json, headers = {}) => {
      r.writeHead(status, { "content-type": "application/json; charset=utf-8", "x-ratelimit-limit": "300",
        "x-ratelimit-remaining": "250", "x-ratelimit-reset": new Date(Date.now() + 300000).toISOString(), ...headers });
      r.end(typeof json === "string" ? json : JSON.stringify(json));
    };
    const limited = this.take(line, ["429"]);
    if (limited) return say(429, { error: "Too many requests" }, { "retry-after": String(limited.retryAfter) });
    if (this.take(line, ["500"])) return say(500, "<!DOCTYPE html><h1>We're sorry</h1>", { "content-type": "text/html" });
    if (this.take(line, ["nonsense"])) return say(200, '{"what": ["is", this');
    if (this.take(line, ["cut before"])) return q.socket.destroy();
    const form = this.form(q, raw);
    const done = this.answer(q, line, url.searchParams, form, raw, say);
    const after = done && this.take(line, ["500 after", "cut after"]);
    if (after?.fault === "cut after") return q.socket.destroy();
    if (after) return say(500, { error: "Something went wrong" });
    return done ? done() : say(404, { error: "Record not found" });
  }

  form(q, raw) {
    const type = q.headers["content-type"] ?? "";
    if (type.startsWith("application/x-www-form-urlencoded")) return new URLSearchParams(raw.toString());
    return new URLSearchParams();
  }

  /** What to do, done; its result is how to answer. undefined: there is no such thing. */
  answer(q, line, query, form, raw, say) {
    let m;
    const open = this.outside(line, query, form, say);
    if (open) return open;
    if (q.headers.authorization !== `Bearer ${this.token}`)
      return () => say(401, { error: "The access token is invalid" });
    if (line === "GET /api/v1/accounts/verify_credentials")
      return () => say(200, { ...this.us, source: { privacy: "public" } });
    if (line === "GET /api/v1/notifications") return this.told(line, query, say);
    if (line === "POST /api/v1/statuses") return this.post(q, form, say);
    if (line === "GET /api/v1/statuses") {
      const found = query.getAll("id[]").map((id) => this.statuses.get(id)).filter(Boolean).map((s) => this.body(s));
      return () => say(200, found);
    }
    if ((m = /^GET \/api\/v1\/statuses\/(\d+)$/.exec(line)) && this.statuses.has(m[1]))
      return () => say(200, this.body(this.statuses.get(m[1])));
    if ((m = /^GET \/api\/v1\/statuses\/(\d+)\/context$/.exec(line)) && this.statuses.has(m[1])) return this.context(m[1], say);
    if ((m = /^DELETE \/api\/v1\/statuses\/(\d+)$/.exec(line)) && this.statuses.get(m[1])?.account === this.us) {
      const { source: text, ...gone } = this.statuses.get(m[1]);
      this.remove(m[1]);
      return () => say(200, { ...gone, text });
    }
    if ((m = /^GET \/api\/v1\/accounts\/(\d+)\/statuses$/.exec(line))) {
      const rows = this.page([...this.statuses.values()].filter((s) => s.account.id === m[1]), query, 40);
      return () => say(200, rows.map((s) => this.body(s)));
    }
    if (line === "GET /api/v1/accounts/lookup" && this.accounts.has(query.get("acct").replace(`@${this.domain}`, "")))
      return () => say(200, this.accounts.get(query.get("acct").replace(`@${this.domain}`, "")));
    if (line === "GET /api/v2/search") {
      const words = query.get("q").toLowerCase(), from = Number(query.get("offset") ?? 0);
      const found = [...this.statuses.values()].filter((s) => s.source.toLowerCase().includes(words) && s.visibility === "public");
      return () => say(200, { accounts: [], hashtags: [], statuses: found.slice(from, from + Number(query.get("limit") ?? 20)).map((s) => this.body(s)) });
    }
    return this.pictures(line, raw, say);
  }

  /** What needs no token. */
  outside(line, query, form, say) {
    if (line === "GET /api/v2/instance")
      return () => say(200, { domain: this.domain, title: "A fake", version: "4.5.0", configuration: { statuses: {
        max_characters: this.characters, max_media_attachments: 4, characters_reserved_per_url: 23 },
      media_attachments: { image_size_limit: 16777216, description_limit: 1500 } } });
    if (line === "POST /api/v1/apps")
      return () => say(200, { id: "1", name: form.get("client_name"), client_id: "fake-client", client_secret: "fake-secret",
        redirect_uris: [form.get("redirect_uris")], scopes: form.get("scopes").split(" ") });
    if (line === "GET /oauth/authorize") // whoever is asked agrees
      return () => say(302, "", { location: `${query.get("redirect_uri")}?code=fake-code&state=${encodeURIComponent(query.get("state"))}` });
    if (line === "POST /oauth/token") {
      const good = form.get("code") === "fake-code" && form.get("client_secret") === "fake-secret";
      return () => good ? say(200, { access_token: this.token, token_type: "Bearer", scope: form.get("scope"), created_at: 1 })
        : say(400, { error: "invalid_grant" });
    }
    return undefined;
  }

  told(line, query, say) {
    const types = query.getAll("types[]");
    const same = this.faults.find((f) => f.left > 0 && f.fault === "same page" && f.only.test(line));
    if (same) same.left--;
    const rows = this.page(this.notices.filter((x) => !types.length || types.includes(x.type)), same ? new URLSearchParams() : query, 80);
    const at = `${this.url}/api/v1/notifications`;
    const link = rows.length ? { link: `<${at}?max_id=${rows.at(-1).id}>; rel="next", <${at}?min_id=${rows[0].id}>; rel="prev"` } : {};
    return () => say(200, rows.map((n) => ({ ...n, status: this.body(n.status) })), link);
  }

  context(id, say) {
    const ancestors = [];
    for (let s = this.statuses.get(this.statuses.get(id).in_reply_to_id); s; s = this.statuses.get(s.in_reply_to_id))
      ancestors.unshift(this.body(s));
    return () => say(200, { ancestors, descendants: [] });
  }

  post(q, form, say) {
    const key = q.headers["idempotency-key"], before = key && this.keys.get(key);
    if (before && Date.now() - before.at < 3600000) return () => say(200, this.body(before.status));
    const text = form.get("status") ?? "", spoiler_text = form.get("spoiler_text") ?? "", reply_to = form.get("in_reply_to_id");
    const media = form.getAll("media_ids[]").map((id) => this.media.get(id));
    if (!text && !media.length) return () => say(422, { error: "Validation failed: Text can't be blank" });
    if (this.length(text, spoiler_text) > this.characters)
      return () => say(422, { error: `Validation failed: Text character limit of ${this.characters} exceeded` });
    if (reply_to && !this.statuses.has(reply_to)) return () => say(404, { error: "Record not found" });
    const status = this.write("help", text, { visibility: form.get("visibility") ?? "public", spoiler_text, reply_to, media });
    if (key) this.keys.set(key, { status, at: Date.now() });
    return () => say(200, this.body(status));
  }

  pictures(line, raw, say) {
    let m;
    if (line === "POST /api/v2/media") {
      const description = /name="description"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r]*)\r\n/.exec(raw.toString())?.[1] ?? null, id = this.id();
      const late = this.take(line, ["not ready"]);
      this.media.set(id, { id, type: "image", url: `https://files.${this.domain}/${id}.png`, description,
        hash: crypto.createHash("sha256").update(raw).digest("hex") });
      return () => late ? say(202, { ...this.media.get(id), url: null }) : say(200, this.media.get(id));
    }
    if ((m = /^GET \/api\/v1\/media\/(\d+)$/.exec(line)) && this.media.has(m[1])) return () => say(200, this.media.get(m[1]));
    return undefined;
  }
}
