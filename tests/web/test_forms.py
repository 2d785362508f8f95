"""Typed text is cleaned and capped before anybody reads it."""

import pytest
from flask import Flask
from wtforms import IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from matcher.errors import InvalidInput
from matcher.web.forms import MatcherForm, choices, clean_text


class SampleForm(MatcherForm):
    line = StringField()
    text = TextAreaField()
    short = StringField(validators=[Length(max=5)])
    number = IntegerField()
    ranged = IntegerField(validators=[Optional(), NumberRange(0, 9)])
    password = PasswordField()


def filled(app: Flask, **data: str) -> SampleForm:
    with app.test_request_context("/", method="POST", data={"number": "1", **data}):
        form = SampleForm()
        form.validate()
        return form


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna  ", "Anna"),
        ("a\x00b", "ab"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("abc\u202etxt", "abctxt"),
        ("e\u0301", "é"),
        ("\ufeffx\u2028y", "xy"),
        (None, None),
        (7, 7),
    ],
)
def test_typed_text_is_cleaned(typed: object, kept: object) -> None:
    assert clean_text(typed) == kept


def test_password_is_taken_as_typed(app: Flask) -> None:
    assert filled(app, password=" two  spaces ").password.data == " two  spaces "


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("line", "x" * 201),
        ("text", "x" * 5001),
        ("short", "x" * 6),
        ("number", str(2**63)),
        ("number", "1.5"),
        ("ranged", "9" * 4000),
    ],
)
def test_value_that_does_not_fit_has_a_sentence(app: Flask, field: str, value: str) -> None:
    assert filled(app, **{field: value}).errors[field]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("number", "acht", "Vul een heel getal in."),
        ("ranged", "-5", "Vul een getal in van 0 tot en met 9."),
        ("short", "zeven tekens", "Gebruik hooguit 5 tekens."),
    ],
)
def test_sentences_of_the_library_are_ours(app: Flask, field: str, value: str, sentence: str) -> None:
    assert filled(app, **{field: value})[field].errors[0] == sentence


def test_value_that_fits_has_none(app: Flask) -> None:
    assert not filled(app, line="x" * 200, text="x" * 5000, short="x" * 5).errors


def test_refusal_of_a_service_stands_at_its_field(app: Flask) -> None:
    form = filled(app)
    form.refuse(InvalidInput("too early", field="line"))
    form.refuse(InvalidInput("not today"))
    assert form.line.errors == ["too early"]
    assert "not today" in form.form_errors


def test_choices_are_what_the_library_wants() -> None:
    first = choices([("nl", "Nederlands")])[0]
    assert (first.value, first.label) == ("nl", "Nederlands")
