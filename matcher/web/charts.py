"""Charts drawn by the server: SVG without script or style, the same numbers in a table in or behind it.

`{{ bars(caption, [(label, value), …]) }}` for amounts beside each other, `{{ line(…) }}` for a course in time,
`{{ curve(caption, [(x, share), …]) }}` for a share that runs with a number, `{{ diagonal(…) }}` for what was said
beside what came true. Colours come from the stylesheet (classes `chart`, `chart-bar`, `chart-line`, `chart-dot`,
`chart-axis`, `chart-text`).
"""

from collections.abc import Sequence
from itertools import pairwise

from flask import Flask
from markupsafe import Markup

from matcher.i18n import _, format_number

Rows = Sequence[tuple[str, float]]
Points = Sequence[Sequence[float]]

# Room for the labels as large as a phone shows them (overlays.css).
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 240, 80, 32, 16
HIGH = HEIGHT - TOP - BOTTOM
MOST_LABELS = 8


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(bars=bars, line=line, curve=curve, diagonal=diagonal)


def bars(caption: str, rows: Rows, unit: str = "") -> Markup:
    """Horizontal bars in the given order; values are zero or more. The table is the chart: label, bar, number, so that
    a label is read whole at every width."""
    most = max((value for _label, value in rows), default=0) or 1
    row = Markup(
        '<tr><th scope="row">{}</th><td class="chart-room"><svg height="14" aria-hidden="true" focusable="false">'
        '<rect class="chart-bar" width="{}%" height="14" rx="3"/></svg></td><td>{}</td></tr>'
    )
    drawn = Markup("").join(
        row.format(label, f"{max(0.0, value) / most * 100:.1f}", _amount(value, unit)) for label, value in rows
    )
    return Markup(
        '<figure class="chart"><figcaption>{}</figcaption><table class="chart-bars"><tbody>{}</tbody></table></figure>'
    ).format(caption, drawn)


def line(caption: str, rows: Rows, unit: str = "") -> Markup:
    """A course in time: one point per row, evenly spaced, the axis begins at zero."""
    most = max((value for _label, value in rows), default=0) or 1
    step = (WIDTH - LEFT - 16) / max(1, len(rows) - 1)
    points = [(LEFT + step * at, TOP + HIGH - max(0.0, value) / most * HIGH) for at, (_label, value) in enumerate(rows)]
    parts = [_axis(most, HIGH, unit), *_course(points), *_time_labels(rows, points)]
    return _figure(caption, rows, unit, Markup("").join(parts), height=HEIGHT)


def curve(caption: str, points: Points, unit: str = "") -> Markup:
    """Shares between 0 and 1 over a number, in order of the number; the shares from 0, the number between its ends."""
    xs = [point[0] for point in points]
    low, high = (min(xs), max(xs)) if xs else (0.0, 1.0)
    most = max((point[1] for point in points), default=0) or 1
    placed = [_placed((x - low) / ((high - low) or 1), y / most) for x, y, *_rest in points]
    parts = [_axis(round(100 * most), HIGH, "%"), *_ends(_amount(low, unit), _amount(high, unit)), *_course(placed)]
    rows = [(_amount(x, unit), round(100 * y, 1)) for x, y, *_rest in points]
    return _figure(caption, rows, "%", Markup("").join(parts), height=HEIGHT)


def diagonal(caption: str, points: Sequence[tuple[float, float, int]], counted: str) -> Markup:
    """What was said (across) beside what came true (up), both between 0 and 1; true on the whole lies on the diagonal.
    `counted` names what the last number of a point counts."""
    start, end = _placed(0, 0), _placed(1, 1)
    rule = Markup('<line class="chart-axis" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(*start, *end)
    placed = [_placed(said, true) for said, true, _count in points]
    parts = [_axis(100, HIGH, "%"), *_ends("0%", "100%"), rule, *_course(placed)]
    rows = [
        (
            _("said %(said)s", said=_amount(round(100 * said), "%")),
            f"{_amount(round(100 * true), '%')} · {count} {counted}",
        )
        for said, true, count in points
    ]
    return _figure(caption, rows, "%", Markup("").join(parts), height=HEIGHT)


def _placed(x: float, y: float) -> tuple[float, float]:
    """Shares of the room there is, from the lower left corner."""
    return LEFT + x * (WIDTH - LEFT - 16), TOP + HIGH - max(0.0, min(1.0, y)) * HIGH


def _course(points: list[tuple[float, float]]) -> list[Markup]:
    lines = [
        Markup('<line class="chart-line" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(*start, *end)
        for start, end in pairwise(points)
    ]
    return lines + [
        Markup('<circle class="chart-dot" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(*each) for each in points
    ]


def _ends(first: str, last: str) -> list[Markup]:
    text = Markup('<text class="chart-text" x="{}" y="{}" text-anchor="{}">{}</text>')
    return [text.format(LEFT, HEIGHT - 8, "start", first), text.format(WIDTH - 16, HEIGHT - 8, "end", last)]


def _axis(most: float, high: int, unit: str) -> Markup:
    return Markup(
        '<line class="chart-axis" x1="{left}" y1="{base}" x2="{right}" y2="{base}"/>'
        '<text class="chart-text" x="{at}" y="{top}" text-anchor="end">{most}</text>'
        '<text class="chart-text" x="{at}" y="{base}" text-anchor="end">0</text>'
    ).format(left=LEFT, right=WIDTH - 16, base=TOP + high, at=LEFT - 8, top=TOP + 8, most=_amount(most, unit))


def _time_labels(rows: Rows, points: list[tuple[float, float]]) -> list[Markup]:
    every = max(1, -(-len(rows) // MOST_LABELS))
    return [
        # Half of the last label would stand outside the drawing.
        Markup('<text class="chart-text" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{label}</text>').format(
            x=WIDTH if at == len(rows) - 1 else points[at][0],
            y=HEIGHT - 8,
            anchor="end" if at == len(rows) - 1 else "middle",
            label=label,
        )
        for at, (label, _value) in enumerate(rows)
        if at % every == 0
    ]


def _figure(caption: str, rows: Sequence[tuple[str, float | str]], unit: str, drawn: Markup, height: int) -> Markup:
    """The drawing is hidden from screen readers: the table says the same in order."""
    cells = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(
            label, value if isinstance(value, str) else _amount(value, unit)
        )
        for label, value in rows
    )
    return Markup(
        '<figure class="chart"><figcaption>{caption}</figcaption>'
        '<svg viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">{drawn}</svg>'
        '<details class="more"><summary>{shown}</summary><table><tbody>{cells}</tbody></table></details></figure>'
    ).format(caption=caption, width=WIDTH, height=height, drawn=drawn, shown=_("Show the numbers"), cells=cells)


def _amount(value: float, unit: str) -> str:
    number = format_number(round(value, 1) if value % 1 else int(value))
    return f"{number} {unit}".strip() if unit != "%" else f"{number}%"
