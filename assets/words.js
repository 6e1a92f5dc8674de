// The words this page's scripts may say. They come translated with the page, in <template id="words">,
// so that no language is written into a script.

const said = new Map();
const box = document.getElementById("words");
for (const p of box ? box.content.querySelectorAll("[data-word]") : [])
  said.set(p.dataset.word, p.textContent);

/** The sentence called `name`, with each {key} replaced from `values`; empty when the page has no such sentence. */
export function word(name, values = {}) {
  return (said.get(name) ?? "").replace(/\{(\w+)\}/g, (all, key) =>
    key in values ? String(values[key]) : all,
  );
}

/** Says `text` through the page's polite live region. Clearing first makes a repeated sentence be read again. */
export function announce(text) {
  const region = document.getElementById("said");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => {
    region.textContent = text;
  });
}
