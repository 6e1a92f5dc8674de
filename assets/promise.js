// The promises of the reply being written, as chips by the button they leave with. One that is none can be taken away:
// its words go along in the form, for the text may change between the check and the sending.

import { announce, word } from "./words.js";

const SHORT = 48;

const element = (name, className, text) => {
  const el = document.createElement(name);
  if (className) el.className = className;
  if (text !== undefined) el.textContent = text;
  return el;
};

const short = words => (words.length > SHORT ? `${words.slice(0, SHORT - 1).trimEnd()}\u2026` : words);

/** What the desk says of a reply, as the chips need it. */
function promisesIn(remarks, text) {
  return remarks
    .filter(r => r.kind === "promise" && r.end > r.start)
    .map(r => ({
      start: r.start,
      end: r.end,
      bytes: r.start_bytes,
      day: r.due_day ? r.due_text : "",
      words: text.slice(r.start, r.end).trim(),
    }));
}

export class Chips {
  constructor(form, where) {
    this.form = form;
    this.where = where;
    this.key = `longhand-no-promise:${document.body.dataset.account ?? ""}:${form.dataset.draftUrl}`;
    this.gone = this.kept(); // what was taken away: {words, at}, `at` in bytes as last seen
    this.shown = null;
    // A page made for a browser without scripts has boxes; ticked ones count.
    for (const box of where?.querySelectorAll("[data-no-promise]:checked") ?? []) {
      const [, at, words] = /^(\d+) ([^]*)$/.exec(box.value) ?? [];
      if (words) this.gone.push({ words: words.replace(/\r\n/g, "\n").trim(), at: Number(at) });
    }
  }

  /** A draft outlives its page, and so does what was said of its promises, as long as this tab. */
  kept() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
      return Array.isArray(kept) ? kept.filter(g => typeof g?.words === "string" && Number.isFinite(g.at)) : [];
    } catch {
      return [];
    }
  }

  keep() {
    try {
      if (this.gone.length) sessionStorage.setItem(this.key, JSON.stringify(this.gone));
      else sessionStorage.removeItem(this.key);
    } catch {
      /* a closed store: it is kept as long as the page */
    }
  }

  /** There is no reply any more of which anything was said. */
  forget() {
    this.gone = [];
    this.keep();
    this.show([], "");
  }

  /** Each thing taken away belongs to the nearest promise with the same words. */
  match(promises) {
    for (const g of this.gone) {
      const same = promises.filter(p => p.day && p.words === g.words && !p.gone);
      const near = same.sort((a, b) => Math.abs(a.bytes - g.at) - Math.abs(b.bytes - g.at))[0];
      if (!near) continue;
      near.gone = g;
      g.at = near.bytes;
    }
  }

  show(remarks, text) {
    if (!this.where) return;
    const promises = promisesIn(remarks, text);
    this.match(promises);
    this.promises = promises;
    // Chips that say the same stay, and with them focus; where they stand is looked up when one is used.
    const saying = JSON.stringify(promises.map(p => [p.day, p.words, Boolean(p.gone)]));
    if (saying !== this.shown) this.where.replaceChildren(...promises.map((p, i) => this.chip(p, i)));
    this.shown = saying;
    for (const [i, field] of [...this.where.querySelectorAll("[data-chip]")].entries()) this.fill(field, promises[i]);
  }

  fill(chip, promise) {
    const field = chip.querySelector("input");
    if (field) field.value = `${promise.bytes} ${promise.words}`;
  }

  chip(promise, i) {
    const chip = element("span", "chip promise-chip");
    chip.dataset.chip = i;
    chip.title = promise.words;
    const words = short(promise.words);
    if (!promise.day) {
      chip.classList.add("chip--open");
      chip.append(this.button("", word("promise-open", { words }), () => this.select(i)));
    } else if (promise.gone) {
      const field = element("input");
      field.type = "hidden";
      field.name = "no_promise";
      field.setAttribute("form", this.form.id);
      const back = this.button("linklike", word("promise-back"), () => this.putBack(i));
      back.setAttribute("aria-label", word("promise-back-of", { words }));
      chip.append(element("s", "", promise.day), " ", back, field);
    } else {
      chip.classList.add("chip--on");
      const off = this.button("promise-chip__off", "\u00d7", () => this.takeAway(i));
      off.setAttribute("aria-label", word("promise-none", { words }));
      chip.append(element("span", "", word("check-due", { day: promise.day })), off);
    }
    return chip;
  }

  button(className, text, act) {
    const b = element("button", className, text);
    b.type = "button";
    b.addEventListener("click", act);
    return b;
  }

  takeAway(i) {
    const promise = this.promises[i];
    promise.gone = { words: promise.words, at: promise.bytes };
    this.gone.push(promise.gone);
    this.again(i);
    announce(word("promise-taken", { words: short(promise.words) }));
  }

  putBack(i) {
    const promise = this.promises[i];
    this.gone = this.gone.filter(g => g !== promise.gone);
    delete promise.gone;
    this.again(i);
    announce(word("check-due", { day: promise.day }));
  }

  /** One chip changed: the others stay, and whoever used it keeps their place. */
  again(i) {
    this.keep();
    const fresh = this.chip(this.promises[i], i);
    this.where.children[i].replaceWith(fresh);
    this.fill(fresh, this.promises[i]);
    this.shown = JSON.stringify(this.promises.map(p => [p.day, p.words, Boolean(p.gone)]));
    fresh.querySelector("button").focus();
  }

  /** The sentence that promises, so that a day can be written into it. */
  select(i) {
    const { start, end, words } = this.promises[i];
    const area = this.form.longhand.area;
    const at = area.value.slice(start, end).trim() === words ? start : area.value.indexOf(words);
    area.focus();
    if (at >= 0) area.setSelectionRange(at, at + (at === start ? end - start : words.length));
  }
}
