// Single letters press what carries data-key; j and k walk the queue. Can be switched off, and never while typing.
(() => {
  "use strict";
  const STORED = "matcher-keys";
  const root = document.documentElement;
  let on = true;
  try { on = localStorage.getItem(STORED) !== "off"; } catch { /* private window: keys stay on for this page */ }

  const show = () => {
    root.classList.toggle("keys-off", !on);
    document.querySelectorAll("[data-keys-switch]").forEach((button) => {
      button.hidden = false;
      button.textContent = on ? button.dataset.off : button.dataset.on;
    });
  };
  const typing = (target) => target.closest("input:not([type=radio]):not([type=checkbox]):not([type=submit]), textarea, select, [contenteditable]");

  const walk = (step) => {
    const links = [...document.querySelectorAll("[data-queue] a")];
    const at = links.findIndex((link) => link.getAttribute("aria-current"));
    const next = links[at < 0 ? 0 : at + step];
    if (next) next.click();
  };
  const shown = document.querySelector("[data-queue] [aria-current]");
  const list = shown && shown.closest(".cockpit-list");
  if (list) list.scrollTop = Math.max(0, shown.offsetTop - list.clientHeight / 2);

  const press = (letter) => {
    const open = document.querySelector("details[data-confirm][open]");
    if (open) return;
    const found = document.querySelector(`[data-key="${CSS.escape(letter)}"]`);
    if (!found) return;
    found.click();
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-keys-switch]")) return;
    on = !on;
    try { localStorage.setItem(STORED, on ? "on" : "off"); } catch { /* only for this page then */ }
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1) return;
    if (typing(event.target)) return;
    const letter = event.key.toLowerCase();
    if (letter === "j") walk(1);
    else if (letter === "k") walk(-1);
    else press(letter);
  });
  show();
})();
