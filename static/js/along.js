// While somebody fills in the form: the draft is kept, what follows from it and who fits appear beside it.
// Without this the buttons below the form do the same.
(() => {
  "use strict";
  const page = document.querySelector("[data-along]");
  const form = page && page.querySelector("form");
  if (!form) return;
  const TYPING = 900, CHOOSING = 250, AGAIN = 8000;
  let timer = 0, busy = false, changed = false, stopped = false;
  const part = (name, root = page) => root.querySelector(`[data-part=${name}]`);

  // What arrives late never undoes what was sent after it: the page counts.
  const count = () => { form.elements.turn.value = String(Number(form.elements.turn.value) + 1); };
  const fields = () => {
    count();
    const sent = new FormData(form);
    // Keeping what is typed may happen as often as it likes: the key of one sending is left for the buttons.
    sent.delete("nonce");
    return sent;
  };

  const put = (name, fresh) => {
    const old = part(name), found = part(name, fresh);
    if (!old || !found || old.innerHTML === found.innerHTML) return;
    const at = document.activeElement;
    const inside = old.contains(at) && at.name ? `[name="${at.name}"][value="${CSS.escape(at.value)}"]` : "";
    // Who was ticked while the answer was on its way stays ticked.
    const ticks = new Map([...old.querySelectorAll("[name=offers]")].map((box) => [box.value, box.checked]));
    old.innerHTML = found.innerHTML;
    old.querySelectorAll("[name=offers]").forEach((box) => { box.checked = ticks.get(box.value) ?? box.checked; });
    if (inside) old.querySelector(inside)?.focus();
  };

  const show = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-draft]");
    if (!fresh) return;
    const { draft, version, edit } = fresh.dataset;
    if (draft) {
      form.elements.draft.value = draft;
      form.elements.version.value = version;
      form.action = edit;
      if (location.pathname !== edit) history.replaceState(null, "", edit);
    }
    ["kept", "plan", "people"].forEach((name) => put(name, fresh));
  };

  const send = async (looking) => {
    if (busy) { changed = true; return; }
    busy = true;
    changed = false;
    const sent = fields();
    if (looking) sent.set("look", "1");
    try {
      const answer = await fetch(page.dataset.along, { method: "POST", body: sent });
      if (stopped) return;
      if (answer.ok || answer.status === 422 || answer.status === 409) show(await answer.text());
      else throw new Error(String(answer.status));
      if (answer.status === 409) stopped = true;
    } catch {
      part("kept").textContent = page.dataset.lost;
      changed = true;
      plan(AGAIN);
    } finally {
      busy = false;
      if (changed && !timer) plan(CHOOSING);
    }
  };

  const plan = (wait) => {
    if (stopped) return;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => { timer = 0; send(false); }, wait);
  };

  const touched = (event) => {
    // Whom to invite is not part of the draft.
    if (event.target.name === "offers") return;
    plan(event.type === "change" ? CHOOSING : TYPING);
  };
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  page.addEventListener("htmx:after:swap", () => plan(TYPING));
  form.addEventListener("submit", () => { count(); stopped = true; window.clearTimeout(timer); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) stopped = false; });
  // Somebody who leaves within a second of the last letter loses nothing either.
  window.addEventListener("pagehide", () => {
    if (timer && !stopped) navigator.sendBeacon(page.dataset.along, fields());
  });
  if (form.elements.draft.value || form.querySelector("[name=weeks]:checked")) send(true);
})();
