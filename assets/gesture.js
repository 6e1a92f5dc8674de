// Giving without leaving the letter: the form goes alone, and what was given is shown beside the reply.

import { announce, word } from "./words.js";
import { fetchPart, refreshConversation } from "./fragment.js";

function complain(form, text) {
  const where = form.querySelector("[data-gesture-says]");
  if (where) where.textContent = text;
  else announce(text);
}

/** What is given by now, in a panel whose form somebody is still using. */
async function renew(panel) {
  const { page } = await fetchPart("conversation");
  const fresh = page.getElementById("gestures");
  const seen = fresh?.querySelector("[name=seen_gestures]")?.value;
  const given = fresh?.querySelector("#given");
  if (!fresh) return;
  for (const input of panel.querySelectorAll("[name=seen_gestures]")) input.value = seen;
  if (!given) return;
  if (panel.querySelector("#given")) panel.querySelector("#given").replaceWith(given);
  else panel.querySelector(".leeway__offers, #give").before(given);
}

async function send(form, button) {
  const panel = form.closest("#gestures");
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form, button)),
    credentials: "same-origin",
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) {
    const said = await answer.json().catch(() => null);
    const may = said?.error?.may;
    for (const way of form.querySelectorAll("[data-gesture-may]")) if (way.dataset.gestureMay === may) way.hidden = false;
    if (answer.status === 409 && !may) await renew(panel);
    return complain(form, said?.error?.says ?? word("gesture-failed"));
  }
  for (const open of panel.querySelectorAll("details[open]")) open.removeAttribute("open");
  if (panel.contains(document.activeElement)) document.activeElement.blur();
  await refreshConversation(true);
  panel.focus({ preventScroll: true });
  announce(word("gesture-kept"));
  return undefined;
}

export function start() {
  document.addEventListener("submit", e => {
    const form = e.target.closest("form[data-gesture]");
    if (!form) return;
    e.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    complain(form, "");
    send(form, e.submitter)
      .catch(() => complain(form, word("gesture-offline")))
      .finally(() => delete form.dataset.busy);
  });
}
