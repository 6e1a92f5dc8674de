// Waiting times that stay true while a page is open: <time data-since="ms"> is rewritten each minute, in the
// server's own wording.

import { word } from "./words.js";

const units = [
  ["day", 1440],
  ["hour", 60],
  ["minute", 1],
];

/** A span of whole minutes in its two largest units: 2465 is "1 d 17 h". */
export function waited(minutes) {
  if (minutes < 1) return word("under-a-minute");
  const first = units.findIndex(([, size]) => minutes >= size);
  const out = [];
  for (const [unit, size] of units.slice(first, first + 2)) {
    const n = Math.floor(minutes / size);
    minutes -= n * size;
    if (n > 0) out.push(word("unit-" + unit, { n }));
  }
  return out.join(" ");
}

export function refresh(root = document) {
  for (const el of root.querySelectorAll("[data-since]")) {
    const text = waited(Math.floor((Date.now() - Number(el.dataset.since)) / 60000));
    if (text && text !== el.textContent) el.textContent = text;
  }
}

export function start() {
  setInterval(() => {
    if (!document.hidden) refresh();
  }, 60000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh();
  });
}
