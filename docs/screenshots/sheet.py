"""Photographs every page and lays the pictures side by side: what links lead to, as each role; the states no link
leads to; the letters.

`make screenshots` makes a demonstration of its own and leaves `var/screenshots/index.html`: a row per page with both
widths, light and dark, and on paper where somebody prints it. Written beside a picture: an answer that is no 200, a
page wider than the screen, words over the edge of their box, what the browser complained about.

Usage: .venv/bin/python docs/screenshots/sheet.py [--language nl|en] [--role teacher …] [--base http://127.0.0.1:8000]
"""

import argparse
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from camera import WIDTHS, Picture, dress, kind_of, print_out
from playwright.sync_api import Browser, Page, sync_playwright
from unlinked import letters, states

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "matcher-demo-2026"  # noqa: S105  (printed by `matcher demo`; of generated people only)
VISITOR = "visitor"
ROLES = (VISITOR, "teacher", "lead", "professional", "contact", "coordinator", "admin")
UNLINKED = ("states", "letters")
"""What no link leads to: tests/accessibility knows every page in every state, the letters every mail."""
MOST_PAGES = 120
EACH = 2
"""Pages of one kind that are photographed: two offers differ more than they look alike, twenty do not."""
OFTEN = {"/matches/#?": 6, "/requests/#?": 4}
"""More of these: they look different in each state."""
ON_PAPER = {"/matches/#?", "/matches/#/hours?", "/coordination/agreed?"}
NO_PAGE = re.compile(r"\.(ics|csv|xlsx|zip|pdf|txt|svg)$|/language|/static/|/export")


def signed_in(browser: Browser, base: str, role: str, language: str, width: int = 1280) -> Page:
    page = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, locale=language).new_page()
    if role != VISITOR:
        page.goto(base + "/accounts/sign-in")
        page.fill("input[name=email]", f"{role}@demo.example")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_load_state()
    page.goto(base + "/")
    if page.evaluate("document.documentElement.lang") != language:
        with page.expect_navigation():
            page.evaluate("() => { const b = document.querySelector('button[name=lang]'); b.form.requestSubmit(b) }")
    return page


def links_of(page: Page, base: str) -> Iterator[str]:
    whole = "all => all.map(one => new URL(one.getAttribute('href'), document.baseURI).href)"
    for address in page.locator("a[href]").evaluate_all(whole):
        if address.startswith(base + "/") and not NO_PAGE.search(urlsplit(address).path):
            yield address.partition("#")[0].removeprefix(base)


def reachable(page: Page, base: str) -> Iterator[tuple[str, int]]:
    """Breadth first from the first page, at most two of each kind: each path, opened, with what it answered."""
    waiting, seen, kinds, found = deque(["/", "/dashboard"]), {"/", "/dashboard"}, dict[str, int](), 0
    while waiting and found < MOST_PAGES:
        path = waiting.popleft()
        if kinds.get(kind_of(path), 0) == OFTEN.get(kind_of(path), EACH):
            continue
        kinds[kind_of(path)] = kinds.get(kind_of(path), 0) + 1
        answer = page.goto(base + path)
        landed = page.url.partition("#")[0].removeprefix(base)
        if landed != path and landed in seen:
            continue
        seen.add(landed)
        found += 1
        for link in links_of(page, base):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
        yield path, answer.status if answer is not None else 0


def complaints(page: Page) -> list[str]:
    """What the browser finds wrong, as it comes."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return said


def photograph(browser: Browser, base: str, folder: Path, role: str, language: str) -> Iterator[Picture]:
    page = signed_in(browser, base, role, language)
    said = complaints(page)
    for number, (path, status) in enumerate(reachable(page, base)):
        picture = Picture(role, path)
        dress(page, folder / f"{role}-{number:02d}", picture)
        if kind_of(path) in ON_PAPER:
            print_out(page, folder / f"{role}-{number:02d}", picture)
        picture.faults |= set(said)
        said.clear()
        if status != 200:
            picture.faults.add(f"answered {status}")
        yield picture
    page.context.close()


def sheet(pictures: list[Picture], language: str) -> str:
    """One page that shows them all, small; a click opens one in full."""
    rows = []
    for picture in pictures:
        shown = "".join(
            f'<a href="{file}"><img loading="lazy" src="{file}" alt="{width} px, {scheme}" '
            f'style="width:{360 if width > 1000 else 240 if width > 700 else 120}px"></a>'
            for (width, scheme), file in picture.files.items()
        )
        wrong = "".join(f"<li>{html.escape(fault)}</li>" for fault in sorted(picture.faults))
        rows.append(
            f"<section><h2>{picture.role}: {html.escape(picture.path)}</h2><ul>{wrong}</ul><div>{shown}</div></section>"
        )
    style = "div{display:flex;gap:12px;align-items:start;overflow-x:auto;max-height:420px}h2{font:14px sans-serif}"
    style += "img{border:1px solid #999}li{color:#b00;font:13px sans-serif}"
    head = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Every page</title>'
    return f"{head}<style>{style}</style>{''.join(rows)}"


@contextmanager
def demonstration(folder: Path) -> Iterator[str]:
    """A small generated world, served on a free port of this machine until the pictures are taken."""
    here = {**os.environ, "MATCHER_VAR": str(folder), "MATCHER_DEMO": "1"}
    tools = Path(sys.executable).parent
    subprocess.run([tools / "matcher", "demo", "--once", "--json"], env=here, check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [str(tools / "gunicorn"), "-b", address, "-w", "1", "--threads", "4", "wsgi:app"]
    server = subprocess.Popen(command, env=here, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://{address}/healthz")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, seconds: int = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urlopen(address, timeout=5).close()  # noqa: S310  (our own server)
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"{address} does not answer")


def take(base: str, world: Path, folder: Path, language: str, roles: Sequence[str]) -> int:
    """Says how many pages have something wrong."""
    pictures: list[Picture] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        for role in roles:
            if role == "states":
                found = list(states(browser, folder, language, {kind_of(each.path) for each in pictures}))
            elif role == "letters":
                found = list(letters(browser, world, folder, language))
            else:
                found = list(photograph(browser, base, folder, role, language))
            pictures += found
            print(f"{role}: {len(found)} pages", flush=True)
    (folder / "index.html").write_text(sheet(pictures, language), encoding="utf-8")
    wrong = [picture for picture in pictures if picture.faults]
    for picture in wrong:
        print(f"{picture.role} {picture.path}: {', '.join(sorted(picture.faults))}")
    print(f"{len(pictures)} pages in {folder / 'index.html'}; something is wrong with {len(wrong)}.")
    return len(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description="Photographs every page as each role")
    parser.add_argument("--language", choices=("nl", "en"), default="nl")
    parser.add_argument("--role", nargs="*", choices=(*ROLES, *UNLINKED), default=(*ROLES, *UNLINKED))
    parser.add_argument("--base", help="a demonstration that runs already")
    parser.add_argument("--world", type=Path, help="the folder of that demonstration")
    asked = parser.parse_args()
    folder = Path("var/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    world = asked.world or folder / "world"
    with nullcontext(asked.base.rstrip("/")) if asked.base else demonstration(world) as base:
        return 1 if take(base, world, folder, asked.language, asked.role) else 0


if __name__ == "__main__":
    sys.exit(main())
