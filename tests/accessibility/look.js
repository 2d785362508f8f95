// Judges the page it is in. Folded parts are opened first; `known` are the places whose contrast was measured before.
const placeOf = (element) => {
  const steps = [];
  for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
    const said = [...at.attributes].filter((one) => /^(class|type|disabled|checked|aria-(current|invalid|disabled))$/.test(one.name));
    steps.push(at.tagName + said.map((one) => `[${one.name}=${one.value}]`).join("") + (at.checked ? ":on" : "") + (at.open ? ":open" : ""));
  }
  return steps.join("<");
};
const short = (text) => { let sum = 7; for (const sign of text) sum = (sum * 31 + sign.codePointAt(0)) % 4503599627370449; return sum.toString(36); };
const speaks = (element) => element.matches("input, select, textarea") || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());

// A ring of at least two pixels, or a card around it that has one: what is seen when the keyboard comes here.
const ringed = (element) => [element, element.closest("label"), element.parentElement].some((one) => {
  if (!one) return false;
  const style = getComputedStyle(one);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
});
const unseenFocus = (known, root) => {
  const wrong = [];
  const stops = root.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
  for (const stop of stops) {
    const place = short("focus " + placeOf(stop));
    if (known.has(place) || stop.disabled || !stop.checkVisibility({ visibilityProperty: true })) continue;
    known.add(place);
    stop.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement === stop && !ringed(stop)) wrong.push(`no visible focus: ${stop.outerHTML.slice(0, 140)}`);
  }
  document.activeElement?.blur?.();
  return wrong;
};

const described = (violations) => violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)} ${(one.nodes[0].any[0] ?? one.nodes[0].all[0] ?? one.nodes[0].none[0])?.message.slice(0, 120) ?? ""}`);

// Words that stand over the edge of their box. The last row of a form is wider than the form and the number of the bell
// stands beside it on purpose.
const MEANT = "form, .bell";
const spilled = () => {
  const over = [...document.querySelectorAll("main *, header *, footer *")].filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1
    && !one.matches("input, select, textarea") && getComputedStyle(one).overflowX === "visible" && one.checkVisibility());
  const inmost = over.filter((one) => !over.some((other) => other !== one && one.contains(other)));
  return inmost.filter((one) => !one.matches(MEANT)).map((one) => `over the edge (${one.scrollWidth} of ${one.clientWidth} px): ${one.outerHTML.slice(0, 140)}`);
};

globalThis.wide = () => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return spilled();
  const over = (one) => one.getBoundingClientRect().right > room + 1;
  const out = [...document.querySelectorAll("body *")].filter((one) => over(one) && ![...one.children].some(over)).slice(0, 3);
  return [`${document.documentElement.scrollWidth} px wide: ${out.map((one) => one.outerHTML.slice(0, 140)).join()}`];
};

// What opens over the page, one after the other: each kind once.
const panels = async (known, about) => {
  const found = [];
  for (const details of document.querySelectorAll("details.confirm, details[data-menu]")) {
    if (!details.checkVisibility()) continue;
    const kind = short("panel " + [...details.querySelectorAll("*")].map((one) => one.tagName + one.className + (one.name ?? "")).join());
    if (known.has(kind)) continue;
    known.add(kind);
    details.open = true;
    await drawn();
    found.push(...wide(), ...described((await axe.run({ include: [details] }, about)).violations));
    found.push(...unseenFocus(known, details));
    details.open = false;
  }
  return found;
};
const about = { resultTypes: ["violations"], preload: false, rules: { "target-size": { enabled: true } } };

const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

globalThis.narrow = async (places) => {
  await drawn(); // the rules of another width hold from the next drawing on
  const before = new Set(places), known = new Set(places);
  const faults = [...wide(), ...(await panels(known, about))];
  return { faults, places: [...known].filter((one) => !before.has(one)) };
};

// What changes slowly would be measured halfway, also what is opened after the colours changed.
const still = new CSSStyleSheet();
still.replaceSync("*, *::before, *::after { transition: none !important; }");
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];

globalThis.look = async (places, whole) => {
  if (whole) await drawn(); // other colours too hold from the next drawing on
  document.querySelectorAll("details:not(.confirm):not([data-menu])").forEach((each) => { each.open = true; });
  document.querySelectorAll(".toast").forEach((each) => { each.style.animation = "none"; });
  const before = new Set(places);
  const known = new Set(places);
  const faults = wide();
  if (whole) {
    faults.push(...described((await axe.run(document, about)).violations));
  } else {
    const few = { ...about, rules: { ...about.rules, "color-contrast": { enabled: false } } };
    faults.push(...described((await axe.run(document, few)).violations));
    const fresh = [...document.body.querySelectorAll("*")].filter((one) => {
      if (!speaks(one) || !one.checkVisibility()) return false;
      const place = short(placeOf(one));
      return !known.has(place) && known.add(place);
    });
    if (fresh.length) faults.push(...described((await axe.run({ include: fresh }, { ...about, rules: {}, runOnly: ["color-contrast"] })).violations));
  }
  faults.push(...unseenFocus(known, document), ...(await panels(known, about)));
  return { faults, places: [...known].filter((one) => !before.has(one)) };
};
