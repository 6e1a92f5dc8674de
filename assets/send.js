// Sending without leaving the page until the desk has said yes: a refusal shows why and keeps every word.

import { word } from "./words.js";

function panel(form) {
  return document.getElementById(form.dataset.conflict ?? "conflict");
}

function showText(form, name) {
  const p = document.createElement("p");
  p.textContent = word(name);
  const box = document.createElement("div");
  box.className = "conflict";
  box.append(p);
  show(form, box);
}

function show(form, ...nodes) {
  const where = panel(form);
  where.replaceChildren(...nodes);
  where.scrollIntoView({ block: "nearest" });
  where.focus({ preventScroll: true });
}

/** The answer says what changed; the version it names counts as seen from now on. */
async function refused(form, answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("conflict")?.childNodes ?? page.body.childNodes;
  const nodes = [...fresh];
  // What is sent after reading this is another letter; until the desk has answered, Send again is the same one.
  const key = page.getElementById("conflict")?.dataset.sendKey;
  if (key && form.elements.key) form.elements.key.value = key;
  const seen = page.querySelector("#conflict [data-version], .conflict[data-version]")?.dataset.version;
  if (seen && form.elements.version) form.elements.version.value = seen;
  const answers = page.querySelector(".conflict[data-answers]")?.dataset.answers;
  if (answers !== undefined && form.elements.answers) form.elements.answers.value = answers;
  if (!nodes.some(n => n.textContent.trim())) return showText(form, "send-failed");
  show(form, ...nodes);
}

async function send(form, button) {
  const kept = form.longhand?.draft;
  await form.attachmentsDone?.();
  await kept?.pause();
  const data = new FormData(form, button);
  // Files were attached when they were chosen; sending them twice would attach them twice.
  if (form.dataset.attachUrl) data.delete("file");
  panel(form)?.replaceChildren();
  const answer = await fetch(button?.hasAttribute("formaction") ? button.formAction : form.action, {
    method: "POST",
    body: data,
    credentials: "same-origin",
    headers: { "X-Fragment": "send" },
  });
  if (answer.status === 401 || (answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in")))
    return showText(form, "send-signed-out");
  if (answer.status === 409 || answer.status === 422 || answer.status === 413) return refused(form, answer);
  if (!answer.ok) return showText(form, answer.status === 403 ? "send-signed-out" : "send-failed");
  kept?.close();
  const to = answer.headers.get("X-Location") ?? answer.url;
  if (new URL(to, location.href).href.split("#")[0] === location.href.split("#")[0]) return location.reload();
  location.assign(to);
  return undefined;
}

function activate(form) {
  let busy = false;
  form.addEventListener("submit", async e => {
    const button = e.submitter;
    if (button && !button.matches("[data-send-button], [data-send-later]")) {
      // Another way out of the form, such as keeping the draft: the server takes over what was typed.
      form.longhand?.draft.handOver();
      return;
    }
    e.preventDefault();
    if (busy) return;
    busy = true;
    const label = button?.textContent;
    if (button) {
      button.setAttribute("aria-disabled", "true");
      button.textContent = word("send-wait") || label;
    }
    try {
      await send(form, button);
    } catch {
      showText(form, "send-offline");
    } finally {
      form.longhand?.draft.typed();
      busy = false;
      if (button) {
        button.removeAttribute("aria-disabled");
        button.textContent = label;
      }
    }
  });
}

export function start() {
  for (const form of document.querySelectorAll("form[data-send]")) if (panel(form)) activate(form);
}
