/* Missing pieces: the same form without loading a page between its steps, buttons beside the numbers, and answers while
 * one types. Without this file all of it works, a page a step. */
const form = document.getElementById("form");
const word = (name) => document.querySelector(`template#words`)?.content.querySelector(`[data-word=${name}]`)?.textContent ?? "";
let asked = 0;

/** Buttons beside a number, for thumbs. */
function steppers(root) {
  for (const box of root.querySelectorAll(".stepper")) {
    const input = box.querySelector("input");
    if (!input || box.querySelector("button")) continue;
    const make = (text, label, by) => {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = text;
      b.setAttribute("aria-label", `${label}: ${input.getAttribute("aria-label")}`);
      b.addEventListener("click", () => set(Number(input.value) + by));
      return b;
    };
    const less = make("−", word("less"), -1), more = make("+", word("more"), 1);
    const set = (n) => {
      const value = Math.max(0, Math.min(Number(input.max) || 99, Math.trunc(n) || 0));
      input.value = value;
      input.setAttribute("value", value);
      less.disabled = value === 0;
      more.disabled = value >= (Number(input.max) || 99);
    };
    input.addEventListener("change", () => set(Number(input.value)));
    box.prepend(less);
    box.append(more);
    set(Number(input.value));
  }
}

/** What the server makes of the form as it stands; null when it went to another page or nothing came. */
async function ask(button) {
  const mine = ++asked;
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "send" } });
  const to = answer.headers.get("X-Location");
  if (to) {
    location.assign(to);
    return null;
  }
  const text = await answer.text();
  if (mine !== asked) return null;
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById("form");
  if (!fresh) throw new Error("no form");
  return fresh;
}

function said(text) {
  let box = document.getElementById("wrong");
  if (!box) {
    box = document.createElement("p");
    box.id = "wrong";
    box.className = "wrong-box";
    box.setAttribute("role", "alert");
    form.querySelector(".step[data-state=now] .step__head")?.after(box);
  }
  box.textContent = text;
}

/** Take over a new form; a chosen file stays, since no server can send it back. */
function take(fresh) {
  const file = form.querySelector("input[type=file]");
  const kept = file?.files.length ? file : null;
  form.replaceChildren(...fresh.childNodes);
  const place = form.querySelector("input[type=file]");
  if (kept && place) place.replaceWith(kept);
  steppers(form);
  const now = form.querySelector(".step[data-state=now]");
  const first = form.querySelector("#wrong") ?? now?.querySelector("h2");
  if (first) {
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
    now.scrollIntoView({ block: "nearest" });
  }
}

form?.addEventListener("submit", (e) => {
  e.preventDefault();
  const button = e.submitter;
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  ask(button)
    .then((fresh) => fresh && take(fresh))
    .catch(() => said(word("lost")))
    .finally(() => delete form.dataset.busy);
});

/* While one types: only the list is exchanged, so that the words and the cursor stay. */
let timer = 0;
form?.addEventListener("input", (e) => {
  const what = e.target.dataset?.live;
  if (!what) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    ask({ name: "do", value: what })
      .then((fresh) => {
        const id = what === "find" ? "found" : "pieces";
        const list = fresh?.querySelector(`#${id}`), place = document.getElementById(id);
        if (!list || !place) return;
        /* What was chosen and is not in the new list any more travels on, hidden. */
        form.querySelectorAll("input[type=hidden][name^=n-]").forEach((i) => i.remove());
        fresh.querySelectorAll("input[type=hidden][name^=n-]").forEach((i) => form.prepend(i));
        place.replaceWith(list);
        steppers(form);
      })
      .catch(() => {});
  }, 250);
});

if (form) steppers(form);
