// Boxes, for hands that hold something: a tap ticks what was picked without leaving its place in the list, and
// quantities have buttons. Without this every tick is a form and every quantity a field.

import { refresh } from "./when.js";

const buttons = part => [...part.querySelectorAll("form[data-quick] button")];

/** Takes over the parts that a tick changes; the focus stays where the hand is. */
async function reload(focused) {
  const answer = await fetch(location.href, { headers: { "X-Fragment": "quick" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-quick-part][id]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh) continue;
    const at = buttons(part).findIndex(b => b.id === focused);
    part.replaceChildren(...fresh.childNodes);
    refresh(part);
    const now = buttons(part);
    if (at >= 0) (now.find(b => b.id === focused) ?? now[Math.min(at, now.length - 1)])?.focus({ preventScroll: true });
  }
}

async function tick(action, body) {
  const answer = await fetch(action, {
    method: "POST",
    body,
    credentials: "same-origin",
    headers: { "X-Fragment": "send" },
  });
  if (!answer.ok) throw new Error(`the desk answered ${answer.status}`);
}

// One after another, as fast as a hand taps; the page is taken anew when the last of them is through.
let waiting = 0;
let done = Promise.resolve();

function quick(e) {
  const form = e.target.closest?.("form[data-quick]");
  if (!form) return;
  e.preventDefault();
  const button = form.querySelector("button");
  const body = new FormData(form);
  button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") === "true" ? "false" : "true");
  waiting += 1;
  done = done
    .then(() => tick(form.action, body))
    .then(() => (waiting > 1 ? null : reload(button.id)))
    // What was refused is sent once more as a form, whose page says why.
    .catch(() => form.submit())
    .finally(() => {
      waiting -= 1;
    });
}

function step(input, by) {
  const now = Number(input.value) || 0;
  const next = Math.max(Number(input.min) || 0, Math.min(Number(input.max) || Infinity, now + by));
  input.value = String(next);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function counter(box) {
  const input = box.querySelector("input[type=number]");
  const button = (text, label, by) => {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = text;
    b.setAttribute("aria-label", label);
    b.addEventListener("click", () => step(input, by));
    return b;
  };
  box.prepend(button("\u2212", box.dataset.less, -1));
  box.append(button("+", box.dataset.more, 1));
}

export function start() {
  document.addEventListener("submit", quick);
  for (const box of document.querySelectorAll("[data-counter]")) counter(box);
}
