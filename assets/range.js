// Places in text: UTF-16 offsets of an element's text, as DOM ranges, and back.

/** The range of [start, end) of the text in `root`; null when the text is shorter. */
export function rangeOf(root, start, end) {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  let open = false;
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const until = at + node.length;
    if (!open && start < until) {
      range.setStart(node, start - at);
      open = true;
    }
    if (open && end <= until) {
      range.setEnd(node, end - at);
      return range;
    }
    at = until;
  }
  return null;
}

const even = text => text.replace(/\s+/g, " ").trim();

/** The range of `words`, which stood at [start, end); found again elsewhere when other words stand there now. */
export function wordsIn(root, start, end, words) {
  const all = root.textContent;
  const wanted = even(words ?? "");
  if (end > start && (!wanted || even(all.slice(start, end)).startsWith(wanted.slice(0, 60)))) return rangeOf(root, start, end);
  if (!wanted) return null;
  const pattern = wanted.split(" ").map(w => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const found = new RegExp(pattern.join("\\s+")).exec(all);
  return found ? rangeOf(root, found.index, found.index + found[0].length) : null;
}

/** The offset in the text of `root` where `node`, `offset` of a selection lies; -1 when it lies elsewhere. */
export function offsetIn(root, node, offset) {
  if (!root.contains(node)) return -1;
  const range = document.createRange();
  range.selectNodeContents(root);
  range.setEnd(node, offset);
  return range.toString().length;
}
