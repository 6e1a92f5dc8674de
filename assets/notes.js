// The notes of the letter check in the margin: each beside its sentence, with a line to it. Pure drawing.

import { word } from "./words.js";

const MOST = 9;
const SVG = "http://www.w3.org/2000/svg";
const tones = { fine: "ok", look: "look", stop: "stop" };

const element = (name, className, text) => {
  const el = document.createElement(name);
  if (className) el.className = className;
  if (text !== undefined) el.textContent = text;
  return el;
};

/** Which remarks are shown at once: all that want to be looked at, and of the fine ones as many as there is room for. */
export function chosen(remarks, all) {
  const loud = remarks.filter(r => r.level !== "fine").length;
  let room = all ? Infinity : Math.max(0, MOST - loud);
  const order = ["ask", "promise", "name", "greeting", "echo", "apology"];
  const rank = r => (order.indexOf(r.kind) + order.length + 1) % (order.length + 1);
  const fine = remarks.filter(r => r.level === "fine").sort((a, b) => rank(a) - rank(b));
  const kept = new Set(fine.filter(() => room-- > 0));
  // What is about the whole reply, such as an ask without answer, comes last, by the signature; what stops it, first.
  const place = r => (r.end > r.start ? r.start : r.level === "stop" ? -1 : Infinity);
  return remarks
    .filter(r => r.level !== "fine" || kept.has(r))
    .sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** One note as a list item. `acts` are {show, light}. */
export function draw(note, acts) {
  const { remark } = note;
  const li = element("li", "margin-note");
  li.dataset.tone = tones[remark.level];
  li.dataset.kind = remark.kind;
  const go = element("button", "note__go");
  go.type = "button";
  go.append(element("span", "vh", word(`check-tone-${remark.level}`) + " "), remark.says);
  go.addEventListener("click", () => acts.show(note));
  const at = element("q", "note__at");
  li.append(go, at);
  const replies = remark.evidence.filter(e => e.source === "reply");
  if (replies.length) {
    const see = element("button", "note__act", word(replies.length > 1 ? "check-see-them" : "check-see-one"));
    see.type = "button";
    see.addEventListener("click", () => acts.see(note));
    li.append(" ", see);
  }
  for (const name of ["pointerenter", "focusin"]) li.addEventListener(name, () => acts.light(note));
  for (const name of ["pointerleave", "focusout"]) li.addEventListener(name, () => acts.light(null));
  li.addEventListener("keydown", e => {
    if (e.key !== "Escape") return;
    e.preventDefault();
    acts.back(note);
  });
  note.li = li;
  return li;
}

/** Notes that would collide are pooled, so that each group sits around the lines it speaks of. */
export function settle(want, high) {
  const groups = [];
  want.forEach((y, i) => {
    let group = { from: i, n: 1, sum: y, high: high[i] };
    for (let p = groups.at(-1); p && p.sum / p.n + p.high > group.sum / group.n; p = groups.at(-1)) {
      groups.pop();
      group = {
        from: p.from,
        n: p.n + group.n,
        sum: p.sum + group.sum - group.n * p.high,
        high: p.high + group.high,
      };
    }
    group.sum = Math.max(group.sum, 0);
    groups.push(group);
  });
  return groups.flatMap(g => {
    let y = g.sum / g.n;
    return high.slice(g.from, g.from + g.n).map(h => {
      const at = y;
      y += h;
      return Math.round(at);
    });
  });
}

function path(svg, d, note, className) {
  const p = document.createElementNS(SVG, "path");
  p.setAttribute("d", d);
  p.dataset.tone = tones[note.remark.level];
  if (className) p.setAttribute("class", className);
  svg.append(p);
}

/** Lines: solid from a note to its sentence, dotted to the words of the letter it rests on. */
export function leaders(svg, { notes, base, page, spread, lineOf, wordsOf, thread, lit }) {
  svg.replaceChildren();
  svg.classList.toggle("has-lit", Boolean(lit));
  const used = new Map();
  for (const note of notes) {
    const x1 = base.right - spread.left + 2;
    const y1 = base.top - spread.top + note.top + 10.5;
    const x2 = page.left - spread.left;
    const line = lineOf(note);
    const own = note === lit ? "is-lit" : "";
    if (line) {
      // Two notes on one line do not share a leader.
      const row = Math.round(line);
      const nth = used.get(row) ?? 0;
      used.set(row, nth + 1);
      const y2 = line - spread.top + nth * 4;
      const end = x2 + 20;
      path(svg, Math.abs(y1 - y2) < 2 ? `M${x1} ${y2}H${end}` : `M${x1} ${y1}h3L${x2 - 4} ${y2}H${end}`, note, own);
    }
    const words = wordsOf(note);
    if (!words || !(note.remark.kind === "ask" || note === lit)) continue;
    const boxes = [...words.getClientRects()].filter(b => b.width > 0);
    const box = boxes.sort((a, b) => b.right - a.right)[0];
    if (!box || box.top < thread.top + 24 || box.bottom > thread.bottom) continue;
    const paper = words.startContainer.parentElement.closest(".paper").getBoundingClientRect();
    const left = base.left - spread.left - 4;
    const edge = paper.right - spread.left;
    const ym = box.top + box.height / 2 - spread.top;
    if (edge < left) path(svg, `M${edge - 20} ${ym}H${edge + 2}L${left - 2} ${y1}h2`, note, `is-link ${own}`);
  }
}
