// Comforts on top of pages that work without: closing panels, counting down toasts, sending filters at once.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const closeDetails = (details) => {
    details.open = false;
    details.querySelector("summary")?.focus();
  };

  const prepareConfirm = (details) => {
    const panel = details.querySelector(".confirm-panel");
    all("[data-close]", details).forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => closeDetails(details));
    });
    const show = () => {
      if (!details.open) return;
      panel.setAttribute("role", "dialog");
      panel.setAttribute("aria-modal", "true");
      (panel.querySelector("[data-focus]") || panel.querySelector("input:not([type=hidden]), select, textarea, button") || panel).focus();
    };
    details.addEventListener("toggle", show);
    show(); // a panel whose form was refused comes back open
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Tab" || !details.open) return;
      const stops = all("input:not([type=hidden]), select, textarea, button:not([hidden]), a[href]", panel);
      const [first, last] = [stops[0], stops[stops.length - 1]];
      if (!first) return;
      if (event.shiftKey && (document.activeElement === first || !panel.contains(document.activeElement))) {
        event.preventDefault();
        last.focus();
      } else if (!event.shiftKey && (document.activeElement === last || !panel.contains(document.activeElement))) {
        event.preventDefault();
        first.focus();
      }
    });
  };

  const prepareToast = (toast) => {
    let left = Number(toast.dataset.toast);
    const shown = toast.querySelector("[data-left]");
    const leave = () => {
      window.clearInterval(timer);
      toast.classList.add("leaving");
      window.setTimeout(() => toast.remove(), 200);
    };
    const dismiss = toast.querySelector("[data-dismiss]");
    dismiss.hidden = false;
    dismiss.addEventListener("click", leave);
    const timer = window.setInterval(() => {
      // Somebody who points at it or stands on it is reading: only the way back runs out by itself.
      const reading = !shown && (toast.matches(":hover") || toast.contains(document.activeElement));
      if (!reading) left -= 1;
      if (shown) shown.textContent = String(left);
      if (left <= 0) leave();
    }, 1000);
  };

  const prepareAutosubmit = (form) => {
    all("[data-fallback]", form).forEach((button) => { button.hidden = true; });
    form.addEventListener("change", () => form.requestSubmit());
  };

  const prepareOnce = (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
    // Going back must give a form that can be sent again.
    window.addEventListener("pageshow", () => { delete form.dataset.sent; });
  };

  // The text of the field that data-copy names goes to the clipboard; where that is not allowed it is marked, ready to copy.
  const prepareCopy = (button) => {
    const field = document.getElementById(button.dataset.copy);
    const said = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        button.textContent = button.dataset.done;
        window.setTimeout(() => { button.textContent = said; }, 4000);
      } catch {
        field.focus();
      }
    });
  };

  // What scrolls sideways can be reached, and says what it is; a table that fits stays out of the way.
  const prepareTable = (wrap) => {
    const show = () => {
      const scrolls = wrap.scrollWidth > wrap.clientWidth;
      const said = { tabindex: "0", role: "region", "aria-label": wrap.querySelector("caption")?.textContent };
      Object.entries(said).forEach(([name, value]) => (scrolls && value ? wrap.setAttribute(name, value) : wrap.removeAttribute(name)));
    };
    new ResizeObserver(show).observe(wrap);
    show();
  };

  const prepare = (root) => {
    all(".table-wrap", root).forEach(prepareTable);
    all("details[data-confirm]", root).forEach(prepareConfirm);
    all("[data-toast]", root).forEach(prepareToast);
    all("form[data-autosubmit]", root).forEach(prepareAutosubmit);
    all("form[method=post]:not([data-autosubmit]):not([hx-post])", root).forEach(prepareOnce);
    all("[data-copy]", root).forEach(prepareCopy);
    all("[data-print]", root).forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    });
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-confirm][open], details[data-menu][open]");
    if (open) closeDetails(open);
  });
  document.addEventListener("click", (event) => {
    all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  prepare(document);
  document.querySelector("[data-focus]")?.focus();
  document.addEventListener("htmx:after:process", (event) => { if (event.target !== document.body) prepare(event.target); });
})();
