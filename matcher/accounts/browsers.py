"""What a browser calls itself, in words somebody knows. Pure."""

import re

# The first that is named counts: Edge and Opera also say Chrome, Chrome also says Safari, a phone also says Linux.
BROWSERS = (
    (re.compile(r"Edg(e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/|Opera"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrom(e|ium)/|CriOS/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)
MACHINES = (
    (re.compile(r"iPhone"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"CrOS"), "Chromebook"),
    (re.compile(r"Macintosh|Mac OS"), "Mac"),
    (re.compile(r"Linux|X11"), "Linux"),
)


def browser_name(agent: str) -> str:
    """`Firefox · Windows`; empty where neither is known."""
    known = (next((name for sign, name in signs if sign.search(agent)), "") for signs in (BROWSERS, MACHINES))
    return " · ".join(part for part in known if part)
