"""A statement of hours as a PDF of one page or more: the same facts give the same bytes."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matcher.i18n import _, current_locale, format_date
from matcher.matching.statements import HoursStatement, Pairs

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = "vendor/figtree"
GREEN, INK, MUTED, LINE, SOFT = (15, 92, 92), (27, 36, 48), (93, 102, 115), (228, 223, 211), (223, 240, 238)
LEFT, WIDTH, TERM = 22, 166, 52


@dataclass(frozen=True)
class Check:
    """How somebody with the paper asks whether it is real."""

    code: str
    address: str


def statement_pdf(found: HoursStatement, check: Check, static: Path) -> bytes:
    """In the current language. Names in other scripts than the Latin one come out as empty boxes."""
    pdf = _document(found, static)
    pdf.set_text_color(*GREEN)
    _line(pdf, "Matcher", size=12, bold=True, height=8)
    pdf.set_text_color(*INK)
    _line(pdf, _("Statement of hours"), size=26, bold=True, height=13)
    pdf.set_text_color(*MUTED)
    _line(pdf, f"{found.kind} · {found.title}", size=11, height=6)
    pdf.ln(6)
    _table(pdf, found.facts)
    _heading(pdf, _("Days"))
    _table(pdf, found.visits, wide=True)
    _heading(pdf, _("Together"))
    _table(pdf, found.hours, wide=True)
    _signature(pdf, found)
    _checkable(pdf, check)
    return bytes(pdf.output())


def _document(found: HoursStatement, static: Path) -> "FPDF":
    # Half a second of imports that only who asks for a statement needs.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    for name, part in (("Figtree", "latin"), ("FigtreeExt", "latin-ext")):
        for style, weight in (("", 400), ("B", 700)):
            pdf.add_font(name, style, static / FONTS / f"figtree-{part}-{weight}-normal.woff")
    pdf.set_fallback_fonts(["FigtreeExt"], exact_match=True)
    title = _("Statement of hours")
    pdf.set_title(f"{title} – {found.holder}")
    pdf.set_author(found.signed_by)
    pdf.set_creator("Matcher")
    pdf.set_lang({"nl": "nl-NL"}.get(current_locale(), "en-GB"))
    pdf.set_creation_date(_whole(found.settled))
    pdf.set_margins(LEFT, 20, LEFT)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.set_draw_color(*LINE)
    pdf.add_page()
    return pdf


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _line(pdf: "FPDF", text: str, *, size: float, height: float, bold: bool = False) -> None:
    pdf.set_font("Figtree", "B" if bold else "", size)
    pdf.multi_cell(WIDTH, height, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _heading(pdf: "FPDF", text: str) -> None:
    pdf.ln(5)
    pdf.set_text_color(*INK)
    _line(pdf, text, size=13, bold=True, height=8)


def _table(pdf: "FPDF", pairs: Pairs, *, wide: bool = False) -> None:
    """Term and value on a line; `wide`: a long term and a short value at the right."""
    term, value = (WIDTH - TERM, TERM) if wide else (TERM, WIDTH - TERM)
    for what, said in pairs:
        lines = max(_lines(pdf, what, term), _lines(pdf, said, value))
        if pdf.will_page_break(6.5 * lines):
            pdf.add_page()
        top = pdf.get_y()
        _cell(pdf, what, term, LEFT, top, color=INK if wide else MUTED)
        _cell(pdf, said, value, LEFT + term, top, align="R" if wide else "L", color=INK)
        pdf.set_y(top + 6.5 * lines + 1)
        pdf.line(LEFT, pdf.get_y() - 0.5, LEFT + WIDTH, pdf.get_y() - 0.5)


def _lines(pdf: "FPDF", text: str, width: float) -> int:
    pdf.set_font("Figtree", "", 10.5)
    lines: Any = pdf.multi_cell(width, 6.5, text, dry_run=True, output="LINES")
    return len(lines)


def _cell(
    pdf: "FPDF", text: str, width: float, left: float, top: float, *, color: tuple[int, int, int], align: str = "L"
) -> None:
    pdf.set_xy(left, top)
    pdf.set_font("Figtree", "", 10.5)
    pdf.set_text_color(*color)
    pdf.multi_cell(width, 6.5, text, align=align)


def _signature(pdf: "FPDF", found: HoursStatement) -> None:
    if pdf.will_page_break(60):
        pdf.add_page()
    pdf.ln(8)
    pdf.set_text_color(*INK)
    _line(pdf, _("Signed on behalf of"), size=10.5, height=6)
    _line(pdf, found.school, size=13, bold=True, height=7)
    words = _("Region %(region)s · noted on %(day)s", region=found.region, day=format_date(found.settled, "long"))
    _line(pdf, words, size=10.5, height=6)


def _checkable(pdf: "FPDF", check: Check) -> None:
    pdf.ln(6)
    pdf.set_fill_color(*SOFT)
    pdf.set_text_color(*INK)
    pdf.set_font("Figtree", "", 10)
    words = _("Whether this statement is real can be checked at %(address)s with the code %(code)s.",
              address=check.address, code=check.code)  # fmt: skip
    pdf.multi_cell(WIDTH, 6, words, fill=True, padding=4, align="L", new_x="LMARGIN", new_y="NEXT")
