"""What moves on a page by itself, as the browser measures it while the page is built."""

from playwright.sync_api import Page

MOST = 0.05
_WATCH = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
_PUSHED = """() => {
  const block = document.createElement("div");
  block.style.height = "300px";
  document.querySelector("main").prepend(block);
}"""
_SETTLED = """async () => {
  await document.fonts.ready;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return window.moved;
}"""


def moved_on(page: Page, path: str, *, until: str = "main") -> float:
    """How much moves once all is there that comes by itself: the font, the scripts, what they add (`until`)."""
    page.context.add_init_script(_WATCH)
    page.goto(path)
    page.locator(until).first.wait_for()
    return float(page.evaluate(_SETTLED))


def moved_when_pushed(page: Page) -> float:
    """The same once something pushes the page down by itself: what the measure has to see."""
    page.evaluate(_PUSHED)
    return float(page.evaluate(_SETTLED))
