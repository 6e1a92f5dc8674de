// Attachments: chosen, dropped or pasted files go up at once, so that sending is quick and a draft keeps them.

import { word } from "./words.js";

class Attachments {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-attached]");
    this.state = form.querySelector("[data-attach-state]");
    this.queue = Promise.resolve();
  }

  say(name, values) {
    if (this.state) this.state.textContent = word(name, values);
  }

  body(extra) {
    const data = new FormData();
    for (const name of ["csrf", "version", "key"])
      if (this.form.elements[name]) data.set(name, this.form.elements[name].value);
    for (const [name, value] of extra) data.append(name, value);
    return data;
  }

  /** The answer is the list of what is attached now: <li> items, or a page that holds [data-attached]. */
  async take(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const items = (page.querySelector("[data-attached]") ?? page.body).querySelectorAll(":scope > li");
    this.list.replaceChildren(...items);
  }

  async put(file) {
    const name = file.name;
    this.say("attaching", { name });
    try {
      const body = this.body([["file", file]]);
      const answer = await fetch(this.form.dataset.attachUrl, {
        method: "POST",
        body,
        credentials: "same-origin",
        headers: { "X-Fragment": "attached" },
      });
      if (answer.status === 413) return this.say("attach-too-large", { name });
      if (!answer.ok) return this.say("attach-failed", { name });
      await this.take(answer);
      this.say("attached", { name });
    } catch {
      this.say("attach-failed", { name });
    }
    return undefined;
  }

  /** One after the other, so that the list always shows the latest answer. */
  add(files) {
    for (const file of files) this.queue = this.queue.then(() => this.put(file));
  }

  async remove(button) {
    const next =
      button.closest("li")?.nextElementSibling?.querySelector("button") ??
      this.form.querySelector("textarea");
    try {
      const body = this.body([["remove", button.value]]);
      const answer = await fetch(button.formAction, {
        method: "POST",
        body,
        credentials: "same-origin",
        headers: { "X-Fragment": "attached" },
      });
      if (!answer.ok) throw new Error("not removed");
      const id = next.closest?.("li")?.dataset.attachment;
      await this.take(answer);
      this.say("removed");
      (
        this.list.querySelector(`[data-attachment="${CSS.escape(id ?? "")}"] button`) ??
        this.form.querySelector("textarea")
      ).focus();
    } catch {
      this.say("send-failed");
    }
  }
}

function activate(form) {
  const files = new Attachments(form);
  form.attachmentsDone = () => files.queue;
  const input = form.querySelector("[data-attach] input[type=file]");
  form.querySelector("[data-attach]").classList.add("is-live");
  const post = form.querySelector("[data-attach-post]");
  if (post) post.hidden = true;
  input.addEventListener("change", () => {
    files.add([...input.files]);
    input.value = "";
  });
  form.addEventListener("paste", e => {
    const pasted = [...e.clipboardData.files];
    if (!pasted.length) return;
    e.preventDefault();
    files.add(pasted);
  });
  const carriesFiles = e => e.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", e => {
    if (carriesFiles(e)) {
      e.preventDefault();
      form.classList.add("is-over");
    }
  });
  form.addEventListener("dragleave", e => {
    if (!form.contains(e.relatedTarget)) form.classList.remove("is-over");
  });
  form.addEventListener("drop", e => {
    if (!carriesFiles(e)) return;
    e.preventDefault();
    form.classList.remove("is-over");
    files.add([...e.dataTransfer.files]);
  });
  form.addEventListener("click", e => {
    const button = e.target.closest("button[name=remove]");
    if (!button) return;
    e.preventDefault();
    files.remove(button);
  });
}

export function start() {
  for (const form of document.querySelectorAll("form[data-attach-url]"))
    if (form.querySelector("[data-attach]")) activate(form);
}
