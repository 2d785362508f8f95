// Says beside the button how many people are ticked and who. Without this the button works the same.
(() => {
  "use strict";
  document.querySelectorAll("form[data-ticks]").forEach((form) => {
    const count = form.querySelector("[data-ticked]");
    const names = form.querySelector("[data-ticked-names]");
    if (!count) return;
    const show = () => {
      const people = [...form.querySelectorAll(".tick input:checked")].map((box) => box.closest(".person").querySelector("h3").textContent.trim());
      const words = people.length > 1 ? count.dataset.many : people.length ? count.dataset.one : count.dataset.none;
      count.textContent = words.replace("{n}", String(people.length));
      names.textContent = people.length ? `${people.join(", ")}.` : "";
    };
    names.closest("p").setAttribute("aria-live", "polite");
    form.addEventListener("change", show);
    window.addEventListener("pageshow", show);
    show();
  });
})();
