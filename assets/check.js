// The letter check while a person types: one question at a time to the desk, the answer as notes in the margin.
// It never writes, and nothing moves under the cursor: notes have a margin of their own, on phones a list below.

import { word } from "./words.js";
import { wordsIn } from "./range.js";
import { chosen, draw, leaders, settle } from "./notes.js";
import { Chips } from "./promise.js";

const PAUSE = 80;
const CALM = 1500;
const wide = matchMedia("(min-width: 48.0625rem)");
const beside = matchMedia("(min-width: 58.0625rem)");

class Check {
  constructor(form) {
    this.form = form;
    this.area = form.longhand.area;
    this.url = form.dataset.checkUrl;
    this.box = document.querySelector("[data-notes]");
    this.list = this.box.querySelector("[data-notes-list]");
    this.sum = this.box.querySelector("[data-notes-sum]");
    this.said = document.querySelector("[data-notes-said]");
    this.more = this.box.querySelector("[data-notes-more]");
    this.spread = form.closest(".spread");
    this.svg = document.getElementById("leaders");
    this.thread = document.getElementById("thread");
    this.lit = document.createElement("div");
    this.lit.className = "write__lit";
    this.lit.setAttribute("aria-hidden", "true");
    this.area.before(this.lit);
    this.chips = new Chips(form, document.querySelector("[data-due]"));
    this.notes = [];
    this.answer = null;
    this.shown = null; // the text that the notes are about
    this.before = this.area.value;
    this.all = false;
    this.linked = null;
    this.timer = 0;
    this.frame = 0;
    this.acts = {
      show: n => this.showWords(n),
      see: n => this.see(n),
      light: n => this.light(n),
      back: n => this.back(n),
    };
  }

  /* ---- asking ---- */

  typed() {
    this.follow();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask(again = false) {
    const text = this.area.value;
    if (this.flying) return;
    if (!this.form.longhand.typed) return this.clear();
    if (text === this.shown && !again) return;
    this.flying = true;
    let answer = null;
    try {
      answer = await this.post(text);
    } catch {
      /* said below */
    } finally {
      this.flying = false;
    }
    this.box.querySelector("[data-notes-off]").hidden = Boolean(answer);
    // A stale answer is dropped; the words that are there now are asked about at once.
    if (text !== this.area.value) return answer ? this.ask() : undefined;
    if (answer) this.show(answer, text);
    else this.box.hidden = false;
    return undefined;
  }

  async post(text) {
    const answer = await fetch(this.url, {
      method: "POST",
      body: new URLSearchParams({ csrf: this.form.elements.csrf.value, units: "utf16", text }),
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || answer.redirected) throw new Error(`the check answered ${answer.status}`);
    return answer.json();
  }

  /* ---- showing ---- */

  clear() {
    this.answer = null;
    this.shown = null;
    this.box.hidden = true;
    this.put([]);
    this.chips.forget();
    this.say("");
  }

  show(answer, text) {
    this.answer = answer;
    this.shown = text;
    this.box.hidden = false;
    this.box.querySelector("[data-notes-pack]").hidden = answer.pack;
    this.sum.textContent = answer.summary;
    this.put(answer.remarks);
    this.say(answer.summary);
  }

  put(remarks) {
    const old = new Map(this.notes.map(n => [n.key, n]));
    const seen = new Map();
    const some = chosen(remarks, this.all);
    this.notes = some.map(remark => {
      const same = `${remark.kind} ${remark.level} ${remark.says}`;
      const nth = seen.get(same) ?? 0;
      seen.set(same, nth + 1);
      const key = `${same} ${nth}`;
      const evidence = e => e.map(x => x.text + x.id).join();
      const kept = old.get(key);
      const note = kept && evidence(kept.remark.evidence) === evidence(remark.evidence) ? kept : { key };
      note.remark = remark;
      note.start = remark.start;
      note.end = remark.end;
      if (!note.li) draw(note, this.acts);
      note.li.querySelector(".note__at").textContent = this.area.value.slice(remark.start, remark.end).trim();
      return note;
    });
    // A note that stays keeps its element, and with it focus and place.
    const items = this.notes.map(n => n.li);
    for (const li of [...this.list.children]) if (!items.includes(li)) li.remove();
    items.forEach((li, i) => {
      if (this.list.children[i] !== li) this.list.insertBefore(li, this.list.children[i] ?? null);
    });
    const left = remarks.length - some.length;
    this.more.hidden = left <= 0 && !this.all;
    this.more.textContent = this.all ? word("check-fewer") : word("check-more", { n: left });
    this.form.longhand.setMarks(this.marks());
    this.chips.show(remarks, this.shown ?? "");
    this.asks(remarks);
    this.place();
  }

  /** Sentences to look at, underlined; where two overlap the second begins where the first ends. */
  marks() {
    const out = [];
    const loud = this.notes.filter(n => n.remark.level !== "fine" && n.end > n.start);
    for (const { start, end, remark } of loud.sort((a, b) => a.start - b.start || b.end - a.end)) {
      const from = Math.max(start, out.at(-1)?.end ?? 0);
      if (from < end) out.push({ start: from, end, kind: remark.level });
    }
    return out;
  }

  /** Beside each ask of the newest letter: is it answered? */
  asks(remarks) {
    const letter = this.letter();
    const panel = letter && document.getElementById(`heard-${letter.dataset.letter}`);
    for (const li of panel?.querySelectorAll("[data-kind=ask]") ?? []) {
      const state = li.querySelector("[data-ask-state]");
      if (!state) continue;
      const from = Number(li.dataset.from);
      const to = Number(li.dataset.to);
      const about = remarks.filter(
        r => r.kind === "ask" && r.evidence.some(e => e.source === "letter" && e.start < to && e.end > from),
      );
      state.hidden = !about.length;
      const open = about.some(r => r.level !== "fine");
      state.dataset.tone = open ? "look" : "ok";
      state.textContent = about.length ? word(open ? "check-unanswered" : "check-answered") : "";
    }
  }

  say(text) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      if (this.said && this.said.textContent !== text) this.said.textContent = text;
    }, CALM);
  }

  /* ---- following what is typed until the next answer ---- */

  follow() {
    const before = this.before;
    const after = this.area.value;
    if (before === after) return;
    let head = 0;
    while (head < before.length && before[head] === after[head]) head++;
    const by = after.length - before.length;
    for (const n of this.notes) {
      if (n.start > head) n.start = Math.max(head, n.start + by);
      if (n.end > head) n.end = Math.max(n.start, n.end + by);
    }
    this.before = after;
    this.later();
  }

  /* ---- placing ---- */

  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.place();
    });
  }

  lineOf(note) {
    const box = note.end > note.start && this.form.longhand.rects(note.start, note.end)[0];
    return box ? box.top + box.height / 2 : 0;
  }

  wordsOf(note) {
    const letter = this.letter();
    const e = letter && note.remark.evidence.find(x => x.source === "letter");
    return e ? wordsIn(letter, e.start, e.end, e.text) : null;
  }

  letter() {
    return [...document.querySelectorAll("#thread [data-letter]")].at(-1);
  }

  place() {
    const reply = this.form.closest(".reply");
    reply.style.minHeight = "";
    if (this.spread) this.spread.style.minHeight = "";
    if (!wide.matches || this.box.hidden || !this.box.open) {
      for (const n of this.notes) n.li.style.top = "";
      this.list.style.height = "";
      this.svg?.replaceChildren();
      return;
    }
    const base = this.list.getBoundingClientRect();
    const end = this.area.getBoundingClientRect().bottom - 20;
    const want = this.notes.map(n =>
      n.remark.level === "stop" && n.end === n.start ? 0 : (this.lineOf(n) || end) - base.top - 10,
    );
    const high = this.notes.map(n => n.li.offsetHeight + 10);
    const tops = settle(want, high);
    this.notes.forEach((n, i) => {
      n.top = tops[i];
      n.li.style.top = `${tops[i]}px`;
    });
    const bottom = tops.length ? tops.at(-1) + high.at(-1) : 0;
    this.list.style.height = `${bottom}px`;
    // The margin may be longer than the page beside it: the page grows below, where nobody types.
    if (this.spread && beside.matches)
      this.spread.style.minHeight = `${base.top + bottom - this.spread.getBoundingClientRect().top + 40}px`;
    else reply.style.minHeight = `${this.box.offsetHeight + 16}px`;
    this.lines();
  }

  lines() {
    if (!this.svg || !this.spread || !wide.matches || this.box.hidden || !this.box.open) return;
    leaders(this.svg, {
      // A window that was just made wide scrolls before its notes have a place.
      notes: this.notes.filter(n => n.top !== undefined),
      base: this.list.getBoundingClientRect(),
      page: this.form.getBoundingClientRect(),
      spread: this.spread.getBoundingClientRect(),
      thread: this.thread.getBoundingClientRect(),
      lineOf: n => this.lineOf(n),
      wordsOf: n => this.wordsOf(n),
      lit: this.linked,
    });
  }

  /* ---- what a note does ---- */

  light(note) {
    if (!note && this.list.contains(document.activeElement)) return;
    this.linked = note;
    const words = note && this.wordsOf(note);
    if (window.Highlight) {
      if (words) CSS.highlights.set("linked", new Highlight(words));
      else CSS.highlights.delete("linked");
    }
    const home = this.lit.parentElement.getBoundingClientRect();
    const boxes = note && note.end > note.start ? this.form.longhand.rects(note.start, note.end) : [];
    this.lit.replaceChildren(
      ...boxes.map(b => {
        const el = document.createElement("i");
        el.style.left = `${b.left - home.left}px`;
        el.style.top = `${b.top - home.top}px`;
        el.style.width = `${b.width}px`;
        el.style.height = `${b.height}px`;
        return el;
      }),
    );
    this.lines();
  }

  /** The letter's words, or the earlier replies, or, when it rests on neither, the sentence itself. */
  showWords(note) {
    const words = this.wordsOf(note);
    if (words) {
      words.startContainer.parentElement.closest("details:not([open])")?.setAttribute("open", "");
      this.reveal(words);
      this.light(note);
      return;
    }
    if (note.remark.evidence.length) return this.see(note);
    this.back(note);
  }

  /** Scrolls the letter, and only where it must the page. */
  reveal(words) {
    const box = words.getBoundingClientRect();
    const frame = this.thread.getBoundingClientRect();
    if (this.thread.scrollHeight > this.thread.clientHeight + 1 && (box.top < frame.top + 40 || box.bottom > frame.bottom - 20))
      this.thread.scrollTop += box.top - frame.top - frame.height / 3;
    const now = words.getBoundingClientRect();
    if (now.top < 0 || now.bottom > innerHeight - 80) window.scrollBy({ top: now.top - innerHeight / 3 });
  }

  see(note) {
    const dialog = document.getElementById("seen");
    dialog.querySelector("[data-seen-says]").textContent = note.remark.says;
    dialog.querySelector("[data-seen-list]").replaceChildren(
      ...note.remark.evidence.map(e => {
        const li = document.createElement("li");
        const q = document.createElement("q");
        q.dir = "auto";
        q.textContent = e.text;
        li.append(q);
        if (e.source === "reply" && e.id) {
          const a = document.createElement("a");
          a.href = `${this.form.dataset.messageUrl}${encodeURIComponent(e.id)}`;
          a.target = "_blank";
          a.rel = "noopener";
          a.textContent = word("check-open-reply");
          li.append(" ", a);
        }
        return li;
      }),
    );
    dialog.showModal();
  }

  back(note) {
    this.linked = null;
    this.area.focus();
    if (note.end > note.start) this.area.setSelectionRange(note.start, note.end);
    this.light(null);
  }
}

function inserts(form) {
  for (const button of form.querySelectorAll("[data-insert]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const area = form.longhand.area;
      const text = button.parentElement.querySelector("[data-insert-text]").textContent;
      area.focus();
      // Through the browser's own editing, so that it can be undone.
      if (!document.execCommand("insertText", false, text)) {
        area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }
      button.closest("details.menu").open = false;
    });
  }
}

function activate(form) {
  const check = new Check(form);
  form.longhand.check = check;
  document.querySelector("[data-check-list]")?.remove();
  form.querySelector("[data-check-post]").hidden = true;
  const fit = () => {
    check.box.open = wide.matches;
    check.later();
  };
  fit();
  wide.addEventListener("change", fit);
  check.box.addEventListener("toggle", () => check.later());
  const link = document.querySelector("[data-notes-link]");
  if (link) {
    link.hidden = false;
    link.addEventListener("click", () => {
      check.box.open = true;
    });
  }
  check.area.addEventListener("input", () => check.typed());
  form.addEventListener("longhand:text", () => check.typed());
  document.addEventListener("longhand:thread", () => check.ask(true));
  check.more.addEventListener("click", () => {
    check.all = !check.all;
    check.put(check.answer?.remarks ?? []);
  });
  const redraw = () => {
    check.linesFrame ||= requestAnimationFrame(() => {
      check.linesFrame = 0;
      check.lines();
    });
  };
  check.thread?.addEventListener("scroll", redraw, { passive: true });
  window.addEventListener("scroll", redraw, { passive: true });
  new ResizeObserver(() => check.later()).observe(form);
  if (check.thread) new ResizeObserver(() => check.later()).observe(check.thread);
  document.fonts?.ready.then(() => check.later());
  inserts(form);
  check.ask();
}

export function start() {
  for (const form of document.querySelectorAll("form[data-check-url]")) if (form.longhand) activate(form);
}
