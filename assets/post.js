// A reply that leaves as a post: how long it is, and how it is parted, while it is typed. The server counts, so that
// what is shown is what will happen.

const PAUSE = 250;

async function count(form, ways) {
  const answer = await fetch(ways.dataset.fitUrl, {
    method: "POST",
    body: new URLSearchParams({
      csrf: form.elements.csrf.value,
      way: form.querySelector("[name=way]:checked")?.value ?? "",
      text: form.elements.text.value,
    }),
    credentials: "same-origin",
    headers: { "X-Fragment": "fit" },
  });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("fit");
  const shown = ways.querySelector("#fit");
  if (!fresh || !shown) return;
  const open = shown.querySelector("details")?.open;
  if (open && fresh.querySelector("details")) fresh.querySelector("details").open = true;
  shown.replaceChildren(...fresh.childNodes);
}

/** What a picture shows is kept as it is typed, like the draft. */
async function describe(input) {
  const form = document.getElementById("reply-form");
  const ways = form?.querySelector("[data-ways]");
  if (!ways) return;
  await fetch(ways.dataset.describeUrl, {
    method: "POST",
    body: new URLSearchParams({
      csrf: form.elements.csrf.value,
      attachment: input.dataset.alt,
      alt: input.value,
    }),
    credentials: "same-origin",
    redirect: "manual",
    keepalive: true,
  });
}

export function start() {
  let timer = 0;
  let alts = 0;
  const soon = target => {
    const form = target.closest?.("#reply-form");
    const ways = form?.querySelector("[data-ways]");
    if (!ways) return;
    clearTimeout(timer);
    timer = setTimeout(() => count(form, ways).catch(() => {}), PAUSE);
  };
  document.addEventListener("input", e => {
    if (e.target.id === "text") soon(e.target);
    if (!e.target.dataset?.alt) return;
    clearTimeout(alts);
    alts = setTimeout(() => describe(e.target).catch(() => {}), PAUSE);
  });
  document.addEventListener("change", e => {
    if (e.target.name === "way") soon(e.target);
  });
  for (const button of document.querySelectorAll("[data-fit-post]")) button.hidden = true;
}
