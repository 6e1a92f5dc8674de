// Keys. An element says its own with data-key ("r", "/", "g w"); j, k and ? belong to the page. They rest while
// a person types, while a dialog is open, and for whoever switched them off (<body data-keys="off">).

const PAIR = 1200;
let first = "";
let timer = 0;

const typing = el => el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);

function go(el) {
  if (el.matches("a")) return el.click();
  if (typing(el)) {
    el.focus();
    return el.select && el.type === "search" && el.select();
  }
  el.click();
  const inside =
    el.tagName === "SUMMARY" &&
    el.parentElement.open &&
    el.parentElement.querySelector("textarea, select, input:not([type=hidden])");
  if (inside) inside.focus();
  else el.focus();
  return undefined;
}

function step(by) {
  const rows = [...document.querySelectorAll("#list .list-row > a")];
  if (!rows.length) return;
  const here = rows.indexOf(document.activeElement);
  const from = here >= 0 ? here : rows.findIndex(a => a.hasAttribute("aria-current"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, from + by))];
  // Where the list has no room beside the letter, the next letter opens itself.
  if (next.checkVisibility?.() === false) location.assign(next.href);
  else next.focus();
}

function find(key) {
  return [...document.querySelectorAll("[data-key]")].find(
    el => el.dataset.key === key && el.checkVisibility?.() !== false,
  );
}

function pressed(e) {
  if (
    e.defaultPrevented ||
    e.ctrlKey ||
    e.metaKey ||
    e.altKey ||
    e.isComposing ||
    typing(e.target) ||
    document.querySelector("dialog[open]")
  )
    return;
  const key = first ? `${first} ${e.key}` : e.key;
  first = "";
  clearTimeout(timer);
  if (key === "j" || key === "k") {
    e.preventDefault();
    step(key === "j" ? 1 : -1);
    return;
  }
  if (key === "?") {
    e.preventDefault();
    document.getElementById("keys")?.showModal();
    return;
  }
  const el = find(key);
  if (el) {
    e.preventDefault();
    go(el);
    return;
  }
  if (document.querySelector(`[data-key^="${CSS.escape(key)} "]`)) {
    first = key;
    timer = setTimeout(() => {
      first = "";
    }, PAIR);
  }
}

export function start() {
  if (document.body.dataset.keys === "off") return;
  for (const el of document.querySelectorAll("[data-key]"))
    if (el.dataset.key.length === 1) el.setAttribute("aria-keyshortcuts", el.dataset.key);
  document.addEventListener("keydown", pressed);
}
