"""The base of every form: cleaned text, capped lengths, CSRF, and the answer to a form that does not fit."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from flask import render_template
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations as library
from wtforms import Field, Form, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from matcher.db import BIGGEST_ID
from matcher.errors import InvalidInput
from matcher.i18n import _, _l

LINE_LENGTH = 200
TEXT_LENGTH = 5_000
TOO_BIG = _l("This number is too big.")
IN_OUR_WORDS = {
    "This field is required.": _l("Fill this in."),
    "Number must be between %(min)s and %(max)s.": _l("Fill in a number from %(min)s to %(max)s."),
    "Number must be at least %(min)s.": _l("Fill in %(min)s or more."),
    "Number must be at most %(max)s.": _l("Fill in %(max)s or less."),
    "Not a valid integer value.": _l("Fill in a whole number."),
    "Not a valid decimal value.": _l("Fill in a number."),
    "Not a valid date value.": _l("This day does not exist. Choose another."),
    "Not a valid choice.": _l("Choose one of the list."),
    "Invalid Choice: could not coerce.": _l("Choose one of the list."),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose one of the list."),
    "Field cannot be longer than %(max)d characters.": _l("Use at most %(max)s characters."),
}
"""What the form library says about a field by itself, as this service says it."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def clean_text(value: Any) -> Any:
    """Typed text without control, direction and half characters, in one normal form; other values pass untouched."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text).strip()


class CappedLength:
    """No text is longer than its field allows; a field's own Length validator may be stricter."""

    def __call__(self, form: Form, field: Field) -> None:
        cap = cap_of(field)
        if isinstance(field.data, str) and len(field.data) > cap:
            raise ValidationError(_("Use at most %(max)s characters.", max=cap))


class ComparableNumber:
    """A whole number that a range can be asked about: one of hundreds of digits would fail there."""

    def __call__(self, form: Form, field: Field) -> None:
        if isinstance(field.data, int) and abs(field.data) > 2**63:
            raise StopValidation(TOO_BIG)


class StorableNumber:
    """A whole number that fits a column; a field's own range has spoken before."""

    def __call__(self, form: Form, field: Field) -> None:
        if isinstance(field.data, int) and abs(field.data) > BIGGEST_ID:
            raise ValidationError(TOO_BIG)


class FieldWords:
    """The library's own sentences as we say them; what we have no sentence for, it says itself."""

    def gettext(self, text: str) -> str:
        return str(IN_OUR_WORDS.get(text) or library.gettext(text))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(IN_OUR_WORDS.get(plural) or library.ngettext(singular, plural, n))


def cap_of(field: Field) -> int:
    """The most characters this field takes: its own `max` when it has one, else the default of its kind."""
    own = [validator.max for validator in field.validators if getattr(validator, "max", -1) not in (-1, None)]
    if own and all(isinstance(cap, int) for cap in own):
        return int(min(own))
    return TEXT_LENGTH if isinstance(field, TextAreaField) else LINE_LENGTH


class MatcherForm(FlaskForm):
    """Every form of every room."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Form) -> FieldWords:
            return FieldWords()

        def bind_field(self, form: Form, unbound_field: Any, options: dict[str, Any]) -> Field:
            # On the bound field and not on the class: fields of a class are shared between requests.
            field = unbound_field.bind(form=form, **options)
            if isinstance(field, StringField):
                field.validators = [*field.validators, CappedLength()]
            if isinstance(field, StringField) and not isinstance(field, PasswordField):
                field.filters = [clean_text, *field.filters]
            if isinstance(field, IntegerField):
                field.validators = [ComparableNumber(), *field.validators, StorableNumber()]
            return field

    def named(self, name: str) -> "MatcherForm":
        """The same form where several with these fields stand on one page: labels and errors find their own."""
        for field in self:
            field.id = field.label.field_id = f"{name}-{field.name}"
        return self

    def refuse(self, error: InvalidInput) -> None:
        """Show a refusal of a service at its field, or above the form when the form has no such field."""
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(str(error))
        else:
            field.errors = [*field.errors, str(error)]


def invalid(template: str, form: Any, **context: Any) -> tuple[str, int]:
    """The same page again with its sentences, answered 422."""
    return render_template(template, form=form, **context), 422


def number_in(text: str | None) -> int | None:
    """A typed row number or version; nothing, nonsense and numbers no row can have are None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """(value, label) pairs as the library wants them; labels stay lazy, so that each reader gets their language."""
    return [SelectChoice(value, label) for value, label in pairs]
