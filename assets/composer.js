// The composer. The textarea is the truth: what is typed, undone, spell-checked and sent lives there alone.
// Behind it lies a mirror with the same text in the same place, so that marks can be drawn under words.
// Drafts go to the server; what the server has not confirmed stays in this browser until it has.

import { word } from "./words.js";
import { rangeOf } from "./range.js";

const PAUSE = 800;
const fields = ["text", "to", "cc", "bcc", "subject"];

/** The mirror behind one textarea. It also gives the textarea its height, since both share a grid cell. */
class Mirror {
  constructor(area) {
    this.area = area;
    this.marks = [];
    this.box = document.createElement("div");
    this.box.className = "write__mirror";
    this.box.setAttribute("aria-hidden", "true");
    this.box.dir = area.dir;
    area.before(this.box);
    area.parentElement.classList.add("has-mirror");
    this.draw();
  }

  draw() {
    const text = this.area.value;
    const out = [];
    let at = 0;
    for (const { start, end, kind } of this.marks) {
      if (start < at || end <= start || end > text.length) continue;
      const mark = document.createElement("span");
      mark.className = `mark mark--${kind}`;
      mark.textContent = text.slice(start, end);
      out.push(text.slice(at, start), mark);
      at = end;
    }
    // A last line break takes no room in a block, but it does in a textarea.
    out.push(text.slice(at), "\u200b");
    this.box.replaceChildren(...out);
  }

  /** Where the characters [start, end) stand on the screen, a box a line. */
  rects(start, end) {
    const range = rangeOf(this.box, start, end);
    return range ? [...range.getClientRects()].filter(b => b.width > 0) : [];
  }

  /** Keeps marks on their words while typing: those behind the change move with it, those in it go. */
  typed(before) {
    const after = this.area.value;
    let head = 0;
    while (head < before.length && before[head] === after[head]) head++;
    let tail = 0;
    const room = Math.min(before.length, after.length) - head;
    while (tail < room && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
    const by = after.length - before.length;
    this.marks = this.marks
      .filter(m => m.end <= head || m.start >= before.length - tail)
      .map(m =>
        m.start >= before.length - tail && m.start >= head
          ? { ...m, start: m.start + by, end: m.end + by }
          : m,
      );
    this.draw();
  }
}

class Draft {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.draftUrl;
    this.key = `longhand-draft:${document.body.dataset.account ?? ""}:${this.url}`;
    this.state = document.querySelector("[data-draft-state]");
    this.sent = this.now();
    this.timer = 0;
    this.saving = null;
    this.closed = false;
  }

  now() {
    const data = new FormData(this.form);
    return Object.fromEntries(
      fields.filter(f => data.has(f)).map(f => [f, String(data.get(f)).replace(/\r\n/g, "\n")]),
    );
  }

  get changed() {
    return JSON.stringify(this.now()) !== JSON.stringify(this.sent);
  }

  say(name) {
    if (this.state && this.state.dataset.said !== name) {
      this.state.dataset.said = name;
      this.state.textContent = word(name);
    }
  }

  keepHere() {
    if (!this.changed) return this.forgetHere();
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...this.now(), at: Date.now() }));
    } catch {
      /* a full or closed store: the server still has the draft */
    }
  }

  forgetHere() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      /* nothing was kept */
    }
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "null");
    } catch {
      return null;
    }
  }

  body() {
    const data = new URLSearchParams(this.now());
    for (const name of ["csrf", "version", "key", "inbox"]) {
      const value = new FormData(this.form).get(name);
      if (value !== null) data.set(name, value);
    }
    return data;
  }

  typed() {
    if (this.closed) return;
    this.keepHere();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    clearTimeout(this.timer);
    if (this.closed || !this.changed) return;
    if (this.saving) return this.saving.then(() => this.save());
    const what = this.now();
    this.saving = this.post(what).finally(() => {
      this.saving = null;
    });
    return this.saving;
  }

  async post(what) {
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        body: this.body(),
        credentials: "same-origin",
        headers: { Accept: "application/json", "X-Fragment": "draft" },
      });
      if (answer.redirected || answer.status === 401 || answer.status === 403)
        return this.failed("draft-signed-out");
      if (!answer.ok) return this.failed("draft-not-kept");
      this.sent = what;
      if (!this.changed) this.forgetHere();
      this.say("draft-kept");
    } catch {
      this.failed("draft-not-kept");
    }
  }

  failed(name) {
    this.say(name);
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => this.save(), 10000);
  }

  /** The page goes: the last words leave with it. The copy here stays until a later page finds it confirmed. */
  leave() {
    if (this.closed || !this.changed) return;
    this.keepHere();
    navigator.sendBeacon?.(this.url, this.body());
  }

  /** Holds still while the letter is being sent, so that no draft is made after it. */
  async pause() {
    this.keepHere();
    clearTimeout(this.timer);
    await this.saving;
    clearTimeout(this.timer);
  }

  /** The form takes the words along itself; the copy here stays until a later page finds it confirmed. */
  handOver() {
    this.closed = true;
    this.keepHere();
  }

  /** The letter was sent or thrown away: nothing of it stays here. */
  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.forgetHere();
  }
}

/** Offers what this browser kept and the server does not have; never puts it in unasked. */
function offerBack(draft, put) {
  const kept = draft.kept();
  const box = document.getElementById("offer");
  const now = draft.now();
  const same = kept && fields.every(f => !(f in kept) || !(f in now) || kept[f] === now[f]);
  if (!kept || same) return kept && draft.forgetHere();
  if (!box) return;
  box.hidden = false;
  box.querySelector("[data-offer-take]").addEventListener("click", () => {
    box.hidden = true;
    put(kept);
  });
  box.querySelector("[data-offer-drop]").addEventListener("click", () => {
    box.hidden = true;
    draft.forgetHere();
  });
}

function activate(form) {
  const area = form.querySelector("textarea[name=text]");
  const signature = (form.dataset.signature ?? "").trim();
  const bare = () => ["", signature].includes(area.value.trim());
  // Above the signature, where the letter begins.
  if (bare()) area.setSelectionRange(0, 0);
  const mirror = new Mirror(area);
  const draft = new Draft(form);
  let before = area.value;
  const follow = () => {
    mirror.typed(before);
    before = area.value;
  };
  const put = kept => {
    for (const f of fields) if (f in kept && form.elements[f]) form.elements[f].value = kept[f];
    follow();
    area.focus();
    draft.typed();
    form.dispatchEvent(new CustomEvent("longhand:text"));
  };
  offerBack(draft, put);
  form.addEventListener("input", e => {
    if (e.target === area) follow();
    const offer = document.getElementById("offer");
    if (offer && !offer.hidden) return draftOnly(draft);
    draft.typed();
  });
  area.addEventListener("keydown", e => {
    if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing) return;
    e.preventDefault();
    form.requestSubmit(document.querySelector(`[form="${form.id}"][data-send-button]:not([data-send-anyway])`));
  });
  window.addEventListener("online", () => draft.save());
  window.addEventListener("pagehide", () => draft.leave());
  // Back to a page whose words have gone: what it shows is no longer true.
  window.addEventListener("pageshow", e => {
    if (e.persisted && draft.closed) location.reload();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) draft.save();
  });
  form.longhand = {
    area,
    draft,
    /** Draws marks under the words: [{start, end, kind}] in UTF-16 units, sorted, not overlapping. */
    setMarks(marks) {
      mirror.marks = [...marks].sort((a, b) => a.start - b.start);
      mirror.draw();
    },
    rects: (start, end) => mirror.rects(start, end),
    get marks() {
      return mirror.marks;
    },
    get typed() {
      return !bare();
    },
  };
}

/** While kept words wait for an answer they must not be overwritten here, so new ones go to the server alone. */
function draftOnly(draft) {
  clearTimeout(draft.timer);
  draft.timer = setTimeout(() => draft.save(), PAUSE);
}

export function start() {
  for (const form of document.querySelectorAll("form[data-composer]")) activate(form);
}
