"""Forms as pages show them, values nobody expects, and how a browser would send them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote_from_bytes

Pairs = list[tuple[str, str | bytes]]

ODD: dict[str, str | bytes] = {
    "empty": "",
    "blank": " \t\r\n ",
    "nul": "a\x00b",
    "half character": b"\xed\xa0\x80",
    "not utf-8": b"\xff\xfe\x80",
    "10**20": str(10**20),
    "5000 digits": "9" * 5000,
    "2**31": str(2**31),
    "2**63": str(2**63),
    "-1": "-1",
    "0": "0",
    "NaN": "NaN",
    "infinite": "Infinity",
    "1e400": "1e400",
    "superscript": "²",
    "arabic digit": "٣",
    "200 kB": "x" * 200_000,
    "right to left": "\u202egro\u2066.elpmaxe",
    "zero width": "\u200b\u200d\ufeff",
    "emoji": "👩‍🏫🇳🇱" * 20,
    "combining": "e" + "\u0301" * 300,
    "year 0": "0000-01-01",
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "year 10000": "10000-01-01",
    "no such day": "2027-02-29",
    "29 February": "2028-02-29",
    "25 o'clock": "25:61",
    "script": "<script>alert(1)</script>\"'",
    "sql": "' OR 1=1 --",
    "percent": "%_%%s{}",
    "header": "a\r\nBcc: evil@example.org",
    "path": "../../../etc/passwd",
    "address": "//evil.example/",
    "formula": "=1+1",
    "week": "2026-W99",
    "arabic time": "1٣:3٠",
}
IN_ADDRESSES = ("0", str(2**31 - 1), str(10**20), "%00", "²")


@dataclass
class Form:
    """One form of a page: where it goes and what a browser would send without anybody typing."""

    action: str
    method: str
    fields: Pairs = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _value in self.fields))

    def sent(self, *, without: str | None = None, extra: Iterable[tuple[str, str | bytes]] = ()) -> Pairs:
        return [(name, value) for name, value in self.fields if name != without] + list(extra)


class FormReader(HTMLParser):
    """Collects the forms of a page; empty fields get a plausible value of their type."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.select = ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        has = dict(pairs)
        if tag == "form":
            self.forms.append(Form(has.get("action") or "", (has.get("method") or "get").upper()))
        elif self.forms and tag in {"input", "textarea", "button", "select"}:
            self._control(tag, has)
        elif tag == "option" and self.select:
            value = has.get("value") or ""
            if value and self.select not in self.forms[-1].names:
                self.forms[-1].fields.append((self.select, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""

    def _control(self, tag: str, has: dict[str, str | None]) -> None:
        name, kind = has.get("name"), has.get("type") or "text"
        form = self.forms[-1]
        if not name or name in {"csrf_token", "nonce"}:
            return
        if tag == "select":
            self.select = name
        elif kind in {"radio", "checkbox"}:
            if name not in form.names:
                form.fields.append((name, has.get("value") or "on"))
        elif tag != "button" or name not in form.names:
            form.fields.append((name, has.get("value") or PLAUSIBLE.get(kind, "Een gewone zin.")))


PLAUSIBLE = {"date": "2026-12-10", "number": "2", "time": "10:15", "email": "new@example.org", "file": ""}


def forms_of(page: str) -> list[Form]:
    reader = FormReader()
    reader.feed(page)
    return reader.forms


def encoded(pairs: Iterable[tuple[str, str | bytes]]) -> bytes:
    """As a browser sends it, raw bytes included."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()


def _quoted(value: str | bytes) -> str:
    return quote_from_bytes(value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass"), safe="")


def odd_sendings(form: Form, names: Iterable[str]) -> Iterator[tuple[str, Pairs]]:
    """Each field in turn with every odd value, twice, and not at all; the others as they were."""
    for name in names:
        kept = form.sent(without=name)
        yield f"{name} missing", kept
        yield f"{name} twice", [*kept, (name, "1"), (name, "2")]
        for kind, value in ODD.items():
            yield f"{name}: {kind}", [*kept, (name, value)]
