// A letter on hold: counts down to the moment it leaves. Taking it back is a plain form and needs none of this.

import { word } from "./words.js";
import { refreshConversation } from "./fragment.js";

/** The server's clock minus ours, measured when the page was answered and not when the script ran. */
function skew(serverNow) {
  const entry = performance.getEntriesByType("navigation")[0];
  return serverNow - (performance.timeOrigin + (entry?.responseStart ?? performance.now()));
}

function activate(bar) {
  const ready = Number(bar.dataset.readyAt) - skew(Number(bar.dataset.now));
  const left = bar.querySelector("[data-left]");
  const tick = () => {
    const seconds = Math.ceil((ready - Date.now()) / 1000);
    if (seconds > 0) {
      if (left) left.textContent = seconds;
      return;
    }
    clearInterval(timer);
    const text = bar.querySelector("[data-held-text]");
    if (text) text.textContent = word("held-gone");
    const form = bar.querySelector("[data-take-back]");
    if (form) form.hidden = true;
    // The letter's own line in the thread says how it went on.
    setTimeout(() => refreshConversation().catch(() => {}), 2000);
  };
  const timer = setInterval(tick, 250);
  tick();
}

export function start() {
  for (const bar of document.querySelectorAll("[data-held]")) activate(bar);
  // A page out of the back-forward cache counts from a time long gone.
  window.addEventListener("pageshow", e => {
    if (e.persisted && document.querySelector("[data-held]")) location.reload();
  });
}
