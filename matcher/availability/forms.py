"""What people type about their time: the painted week, and a dated exception."""

import re
from typing import Any

from wtforms import DateField, HiddenField, RadioField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length, Optional

from matcher.availability.paint import Cell
from matcher.availability.patterns import PRESETS
from matcher.availability.states import ExceptionKind
from matcher.i18n import _l
from matcher.web.forms import MatcherForm, choices

PRESET_LABELS = {
    "office": _l("Working days 9 to 16"),
    "mornings": _l("Mornings"),
    "afternoons": _l("Afternoons"),
    "evenings": _l("Daytime and evenings"),
}
_CELL = re.compile(r"c-([0-6])-([0-9]{1,2})\Z", re.ASCII)


class WeekForm(MatcherForm):
    """Cells are called c-<weekday>-<row>; `preset` and `copy` are buttons of the same form."""

    preset = StringField(validators=[Optional(), Length(max=20)])
    copy = StringField(validators=[Optional(), Length(max=1)])

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        formdata = self.meta.wrap_formdata(self, formdata)
        self.sent = dict(formdata.items()) if formdata else {}
        super().process(formdata, *args, **kwargs)

    @property
    def cells(self) -> dict[Cell, str]:
        """What was painted, by (weekday, row)."""
        found = ((_CELL.match(name), value) for name, value in self.sent.items())
        return {(int(match[1]), int(match[2])): value for match, value in found if match}

    @property
    def wanted_preset(self) -> str | None:
        return self.preset.data if self.preset.data in PRESETS else None

    @property
    def copy_from(self) -> int | None:
        """The weekday whose hours go to all working days."""
        return int(self.copy.data) if self.copy.data in {"0", "1", "2", "3", "4", "5", "6"} else None


class ExceptionForm(MatcherForm):
    """Away or available on some days, or part of one day."""

    kind = RadioField(
        _l("What is it?"),
        validators=[InputRequired(_l("Choose one."))],
        choices=choices(
            [(ExceptionKind.BUSY.value, _l("I am away")), (ExceptionKind.FREE.value, _l("I am available"))]
        ),
        default=ExceptionKind.BUSY.value,
    )
    first = DateField(_l("From"), validators=[InputRequired(_l("Choose a date."))])
    last = DateField(_l("Until"), validators=[Optional()], description=_l("Empty means one day."))
    start = TimeField(_l("From what time"), validators=[Optional()], description=_l("Empty means the whole day."))
    end = TimeField(_l("Until what time"), validators=[Optional()])
    note = StringField(_l("Why"), validators=[Length(max=100)], description=_l("Only you see this."))

    @property
    def values(self) -> dict[str, Any]:
        return {
            "kind": ExceptionKind(self.kind.data),
            "first": self.first.data,
            "last": self.last.data,
            "start": self.start.data,
            "end": self.end.data,
            "note": self.note.data or "",
        }


class AwayForm(MatcherForm):
    """Whole days on which somebody else answers, or nobody."""

    first = DateField(_l("From"), validators=[InputRequired(_l("Choose a date."))])
    last = DateField(_l("Until and including"), validators=[InputRequired(_l("Choose a date."))])


class SecondContactForm(MatcherForm):
    """Who answers for me at one organisation; the choices are its confirmed people."""

    organisation = HiddenField(validators=[Optional()])
    colleague = SelectField(_l("Who answers for you?"), validators=[Optional()], validate_choice=False)
