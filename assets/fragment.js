// Fetching a page again and taking over the parts of it that changed. The server may answer a request that
// carries X-Fragment with the part alone or with the whole page: both are understood.

import { refresh } from "./when.js";

export async function fetchPart(name) {
  const answer = await fetch(location.href, { headers: { "X-Fragment": name }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { page, answer };
}

// The desk stops counting here, as its pages do.
const COUNT_CAP = 1000;

/** Puts counts such as {waiting: 38} into the rail. */
export function showCounts(counts) {
  for (const [view, n] of Object.entries(counts ?? {})) {
    const text = n >= COUNT_CAP ? `${COUNT_CAP - 1}+` : n > 0 ? String(n) : "";
    for (const el of document.querySelectorAll(`[data-count="${CSS.escape(view)}"]`)) el.textContent = text;
  }
}

function countsOf(answer) {
  const pairs = (answer.headers.get("X-Counts") ?? "")
    .split(",")
    .filter(Boolean)
    .map(p => p.trim().split("="));
  return Object.fromEntries(pairs.map(([view, n]) => [view, Number(n)]));
}

/** The list row at the top of what the person sees, so that rows which come or go above do not move it. */
function anchorRow(list) {
  const own = list.closest(".list") ?? list;
  const top = Math.max(0, own.getBoundingClientRect().top);
  return [...list.querySelectorAll("[data-id]")].find(row => row.getBoundingClientRect().bottom > top);
}

const rowOf = (list, id) => id && list.querySelector(`[data-id="${CSS.escape(id)}"]`);

/** Replaces what is in #list, keeping focus, scroll position and the row of the open conversation. */
export async function refreshList() {
  const list = document.getElementById("list");
  if (!list) return;
  const { page, answer } = await fetchPart("list");
  const fresh = page.getElementById("list") ?? page.body;
  const focused = list.contains(document.activeElement)
    ? document.activeElement.closest("[data-id]")?.dataset.id
    : null;
  const current = list.querySelector("[data-id] > [aria-current]")?.parentElement.dataset.id;
  const anchor = anchorRow(list);
  const before = anchor?.getBoundingClientRect().top;
  list.replaceChildren(...fresh.childNodes);
  const now = rowOf(list, current)?.querySelector("a");
  if (now && !now.hasAttribute("aria-current")) now.setAttribute("aria-current", "true");
  const same = rowOf(list, anchor?.dataset.id);
  const scrolled = list.scrollTop > 0 || window.scrollY > 0;
  if (same && scrolled) {
    const moved = same.getBoundingClientRect().top - before;
    if (list.scrollHeight > list.clientHeight && getComputedStyle(list).overflowY !== "visible")
      list.scrollTop += moved;
    else window.scrollBy(0, moved);
  }
  rowOf(list, focused)?.querySelector("a")?.focus({ preventScroll: true });
  refresh(list);
  showCounts(countsOf(answer));
}

/** Replaces every [data-part] of the open conversation except those a person is using; with `sure` the letters even
 * if somebody types beside them. Returns the new version. */
export async function refreshConversation(sure = false) {
  const { page, answer } = await fetchPart("conversation");
  for (const part of document.querySelectorAll("[data-part][id]")) {
    const fresh = page.getElementById(part.id);
    const typing = part.contains(document.activeElement) && document.activeElement.matches("textarea, input, select");
    const used = () =>
      part.contains(document.activeElement) || part.matches("[open]") || part.querySelector("[open]");
    const busy = part.id === "thread" ? typing && !sure : used();
    if (!fresh || busy || fresh.innerHTML === part.innerHTML) continue;
    const scroll = part.scrollTop;
    const was = new Map([...part.querySelectorAll("details")].map(d => [d.closest("[id]")?.id ?? d.className, d.open]));
    part.replaceChildren(...fresh.childNodes);
    for (const d of part.querySelectorAll("details")) {
      const id = d.closest("[id]")?.id ?? d.className;
      d.open = d.id ? (was.get(id) ?? d.open) : d.open || Boolean(was.get(id));
    }
    part.scrollTop = scroll;
    refresh(part);
    if (part.id === "thread") document.dispatchEvent(new CustomEvent("longhand:thread"));
  }
  return Number(
    page.querySelector("[data-version]")?.dataset.version ?? answer.headers.get("X-Version") ?? 0,
  );
}
