// The end of a letter, put under it by the agent's hand: of a persona of the brand's world, or one that is offered.
// Without scripts the same buttons keep the draft with the end in it.

/** Where an end belongs: behind what is written, before the signature where the text ends with that. */
function place(text, signature) {
  const said = text.trimEnd();
  const own = signature.trim();
  if (!own || !said.endsWith(own)) return { from: said.length, to: text.length, before: said.length > 0, behind: "" };
  const from = said.slice(0, said.length - own.length).trimEnd().length;
  return { from, to: said.length - own.length, before: from > 0, behind: "\n\n" };
}

function sign(button) {
  const form = button.form;
  const area = form.longhand.area;
  const end = button.parentElement.querySelector("[data-insert-text]").textContent.trim();
  const { from, to, before, behind } = place(area.value, form.dataset.signature ?? "");
  const text = (before ? "\n\n" : "") + end + behind;
  area.focus();
  area.setSelectionRange(from, to);
  // Through the browser's own editing, so that it can be undone.
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const menu = button.closest("details.menu");
  if (menu) menu.open = false;
}

export function start() {
  for (const button of document.querySelectorAll("[data-sign]")) {
    if (!button.form?.longhand) continue;
    button.addEventListener("click", e => {
      e.preventDefault();
      sign(button);
    });
  }
}
