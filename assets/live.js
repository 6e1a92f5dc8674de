// What happens elsewhere, shown here quietly: new letters, a list that changed, an open conversation that
// moved on, and who else is in it. Nothing moves under a person's cursor.

import { word, announce } from "./words.js";
import { listen } from "./stream.js";
import { refreshList, refreshConversation, showCounts } from "./fragment.js";

const main = document.getElementById("main");
const conversation = main?.dataset.conversation ?? "";
const composer = () => document.querySelector("form[data-composer]");

/* ---- the list ---- */

let listTimer = 0;
let listStale = false;

function listChanged() {
  if (!document.querySelector("#list[data-view]")) return;
  listStale = true;
  if (document.hidden || listTimer) return;
  listTimer = setTimeout(
    async () => {
      listStale = false;
      await refreshList().catch(() => {
        listStale = true;
      });
      listTimer = 0;
    },
    400 + Math.random() * 400,
  );
}

/** The row of the open letter, when the column begins above it. The page itself stays where it is. */
function showCurrent() {
  const column = document.querySelector("aside#list");
  const row = column?.querySelector(".list-row > [aria-current]");
  if (!row) return;
  const below = row.getBoundingClientRect().bottom - column.getBoundingClientRect().bottom;
  if (below > 0) column.scrollTop += below;
}

/* ---- the quiet notification ---- */

const title = document.title;
let unseen = 0;

const allowed = () => {
  try {
    return window.Notification?.permission === "granted" && localStorage.getItem("longhand-notify") === "on";
  } catch {
    return false;
  }
};

function letterCame({ conversation: id, from, snippet, url }) {
  announce(word("new-letter", { name: from }));
  listChanged();
  if (!document.hidden) return;
  document.title = `(${++unseen}) ${title}`;
  if (!allowed()) return;
  const note = new Notification(word("new-letter", { name: from }), { body: snippet, tag: "longhand-" + id });
  note.onclick = () => {
    window.focus();
    note.close();
    if (url) location.assign(url);
  };
}

function notifyButtons() {
  if (!window.Notification) return;
  const state = document.querySelector("[data-notify-state]");
  if (state) state.textContent = allowed() ? word("notify-on") : "";
  for (const button of document.querySelectorAll("[data-notify]")) {
    button.hidden = allowed();
    button.addEventListener("click", async () => {
      const answer = await Notification.requestPermission();
      if (answer === "granted") {
        try {
          localStorage.setItem("longhand-notify", "on");
        } catch {
          /* asked again next time */
        }
      }
      const text = word(allowed() ? "notify-on" : "notify-denied");
      button.hidden = allowed();
      if (state) state.textContent = text;
      else announce(text);
    });
  }
}

/* ---- the open conversation ---- */

function versionIs(version) {
  if (!(version > Number(main.dataset.version))) return;
  main.dataset.version = version;
  for (const input of main.querySelectorAll("input[name=version]")) input.value = version;
}

async function showNewer() {
  versionIs(await refreshConversation());
  const bar = document.getElementById("newer");
  if (bar) bar.hidden = true;
}

function conversationMoved({ conversation: id, version, what }) {
  if (id !== conversation || !(Number(version) > Number(main.dataset.version))) return;
  const text = word(`newer-${what}`) || word("newer-state");
  const form = composer();
  if (!form?.longhand?.typed) {
    showNewer()
      .then(() => announce(text))
      .catch(() => {});
    return;
  }
  const bar = document.getElementById("newer");
  if (!bar) return;
  bar.hidden = false;
  bar.querySelector("[data-newer-text]").textContent = text;
}

function newerBar() {
  document.querySelector("[data-newer-show]")?.addEventListener("click", async () => {
    try {
      await showNewer();
    } catch {
      return;
    }
    const last = [...document.querySelectorAll("#thread [id^='m-']:not([id$='-h'])")].at(-1);
    last?.scrollIntoView({ block: "nearest" });
    composer()?.querySelector("textarea")?.focus({ preventScroll: true });
  });
}

/* ---- who else is here ---- */

let typedAt = 0;
let firstBeat = 0;

function showPeople({ conversation: id, people }) {
  const box = document.getElementById("presence");
  if (!box || id !== conversation) return;
  const others = people.filter(p => p.account === undefined || p.account !== document.body.dataset.account);
  const shown = others.map(({ name, doing }) => {
    const el = document.createElement("span");
    el.dataset.doing = doing;
    el.textContent = word(doing === "writing" ? "writing" : "looking", { name });
    return el;
  });
  if (shown.map(s => s.textContent).join() !== [...box.children].map(s => s.textContent).join())
    box.replaceChildren(...shown);
}

const presenceBody = doing => new URLSearchParams({ csrf: document.body.dataset.csrf, doing });

async function beat() {
  if (document.hidden) return;
  const doing = Date.now() - typedAt < 60000 ? "writing" : "looking";
  try {
    const answer = await fetch(main.dataset.presenceUrl, {
      method: "POST",
      body: presenceBody(doing),
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) return;
    // What the stream may have lost, the heartbeat's answer makes good.
    const said = await answer.json();
    if (said.people) showPeople({ conversation, people: said.people });
    if (said.version) conversationMoved({ conversation, version: said.version, what: said.what ?? "state" });
  } catch {
    /* no connection: the next beat tries again */
  }
}

function presence() {
  if (!main?.dataset.presenceUrl) return;
  const leave = () => navigator.sendBeacon?.(main.dataset.presenceUrl, presenceBody("left"));
  composer()?.addEventListener("input", () => {
    const begins = Date.now() - typedAt >= 60000;
    typedAt = Date.now();
    if (begins) beat();
  });
  setInterval(beat, 20000);
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else beat();
  });
  // The first beat waits for the stream: what changed between page and stream is in its answer.
  firstBeat = setTimeout(beat, 3000);
}

const heard = {
  list(data) {
    showCounts(data.counts);
    listChanged();
  },
  letter: letterCame,
  conversation: conversationMoved,
  presence: showPeople,
};

export function start() {
  showCurrent();
  const url = document.body.dataset.liveUrl;
  if (!url) return;
  notifyButtons();
  newerBar();
  presence();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseen = 0;
    document.title = title;
    if (listStale) listChanged();
  });
  listen(url, ({ topic, data }) => {
    if (topic === "again") listChanged();
    if (topic === "again" || topic === "open") {
      beatIfOpen();
      return;
    }
    let said;
    try {
      said = JSON.parse(data);
    } catch {
      return;
    }
    heard[topic]?.(said);
  });
}

function beatIfOpen() {
  clearTimeout(firstBeat);
  if (main?.dataset.presenceUrl) beat();
}
