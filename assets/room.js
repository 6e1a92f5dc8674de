// The room of an incident: what others do in it is shown as it happens, and the desk is told that one is there.
// Nothing that a person is using moves: what is open or has the focus waits for the next time.

import { listen } from "./stream.js";
import { fetchPart } from "./fragment.js";
import { refresh } from "./when.js";

const OFTEN = 1500;
const HERE = 45000;

const main = document.getElementById("main");

function used(part) {
  return part.contains(document.activeElement) || part.matches("[open]") || part.querySelector("details[open]");
}

async function update() {
  const { page } = await fetchPart("room");
  for (const part of document.querySelectorAll("[data-room-part][id]")) {
    const fresh = page.getElementById(part.id);
    if (!fresh || used(part) || fresh.innerHTML === part.innerHTML) continue;
    part.replaceChildren(...fresh.childNodes);
    refresh(part);
  }
}

let timer = 0;
let stale = false;

function changed() {
  stale = true;
  if (timer || document.hidden) return;
  timer = setTimeout(
    async () => {
      stale = false;
      await update().catch(() => {
        stale = true;
      });
      timer = 0;
      if (stale) changed();
    },
    OFTEN / 2 + (Math.random() * OFTEN) / 2,
  );
}

function here() {
  if (document.hidden) return;
  fetch(main.dataset.hereUrl, {
    method: "POST",
    body: new URLSearchParams({ csrf: document.body.dataset.csrf }),
    credentials: "same-origin",
    headers: { Accept: "application/json" },
  }).catch(() => {
    /* no connection: the next one tells */
  });
}

export function start() {
  if (!main?.dataset.room || !document.body.dataset.liveUrl) return;
  // What changed between page and stream nobody tells any more: so also when events begin to come.
  listen(document.body.dataset.liveUrl, ({ topic }) => {
    if (["list", "again", "open"].includes(topic)) changed();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    here();
    if (stale) changed();
  });
  if (main.dataset.mayWrite) {
    here();
    setInterval(here, HERE);
  }
  // Minutes pass even when nothing happens.
  setInterval(changed, 60000);
}
