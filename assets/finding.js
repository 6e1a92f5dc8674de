// Putting findings right without leaving the page: the form goes alone, the letter is shown again as it then is.

import { announce, word } from "./words.js";
import { refreshConversation } from "./fragment.js";
import { offsetIn } from "./range.js";

function complain(form, text) {
  const where = form.querySelector("[data-finding-says]");
  if (where) where.textContent = text;
  else announce(text);
}

async function send(form, button) {
  const panel = form.closest("details.heard");
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form, button)),
    credentials: "same-origin",
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) {
    const said = await answer.json().catch(() => null);
    return complain(form, said?.error?.says ?? word("send-failed"));
  }
  form.closest("details:not(.heard)")?.removeAttribute("open");
  await refreshConversation(true);
  document.querySelector(`#${panel.id} > summary`)?.focus({ preventScroll: true });
  announce(word("finding-kept"));
  return undefined;
}

/** Words selected in a letter go into its open form; nothing is copied while somebody types there. */
function selected() {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount !== 1) return;
  const range = selection.getRangeAt(0);
  const at = range.startContainer;
  const letter = (at.nodeType === Node.ELEMENT_NODE ? at : at.parentElement)?.closest("[data-letter]");
  const form = letter && document.querySelector(`#add-${letter.dataset.letter}[open] form`);
  if (!form || !letter.contains(range.endContainer)) return;
  form.elements.words.value = selection.toString().trim();
  const start = offsetIn(letter, range.startContainer, range.startOffset);
  // The desk counts bytes.
  form.elements.start.value = new TextEncoder().encode(letter.textContent.slice(0, Math.max(0, start))).length;
}

export function start() {
  document.addEventListener("submit", e => {
    const form = e.target.closest("form[data-finding]");
    if (!form) return;
    e.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    send(form, e.submitter)
      .catch(() => complain(form, word("send-offline")))
      .finally(() => delete form.dataset.busy);
  });
  document.addEventListener("selectionchange", selected);
}
