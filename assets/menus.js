// Menus are <details>: they work alone. This closes one by Escape, by a click elsewhere, or by opening another.

const open = () => [...document.querySelectorAll("details.menu[open]")];

export function start() {
  document.addEventListener("click", e => {
    for (const menu of open()) if (!menu.contains(e.target)) menu.open = false;
  });
  document.addEventListener("keydown", e => {
    if (e.key !== "Escape") return;
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });
}
