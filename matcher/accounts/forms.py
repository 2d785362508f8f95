"""What people fill in about themselves: registering, signing in, passwords, profile."""

from typing import Any

from wtforms import EmailField, HiddenField, PasswordField, RadioField, StringField, TelField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from matcher.accounts.addresses import checked_address
from matcher.accounts.passwords import LONGEST, check_strength
from matcher.errors import InvalidInput
from matcher.i18n import _l
from matcher.web.forms import MatcherForm, choices

LONGEST_ADDRESS = 254
LANGUAGES = [("nl", "Nederlands"), ("en", "English")]
STARTS = [
    ("teacher", _l("I teach at a school")),
    ("lead", _l("I lead a school or a team")),
    ("company", _l("I work at a company or organisation")),
    ("self_employed", _l("I work for myself, or have no employer")),
]


class RealAddress:
    """A mail address that can exist; written to the field in its plain form."""

    def __call__(self, form: Any, field: Any) -> None:
        try:
            field.data = checked_address(field.data or "")
        except InvalidInput as wrong:
            raise ValidationError(str(wrong)) from wrong


class GoodPassword:
    """Long enough, not common, not the person's own name or address."""

    def __call__(self, form: Any, field: Any) -> None:
        known = [form[name].data or "" for name in ("name", "email") if name in form]
        try:
            check_strength(field.data or "", context=known)
        except InvalidInput as wrong:
            raise ValidationError(str(wrong)) from wrong


def _address(label: Any) -> EmailField:
    required = InputRequired(_l("Fill in your mail address."))
    return EmailField(label, validators=[required, Length(max=LONGEST_ADDRESS), RealAddress()])


def _new_password(label: Any) -> PasswordField:
    return PasswordField(
        label,
        description=_l("At least 10 characters. A few words in a row are easy to remember and hard to guess."),
        validators=[InputRequired(_l("Choose a password.")), Length(max=LONGEST), GoodPassword()],
    )


class RegisterForm(MatcherForm):
    start = RadioField(
        _l("What fits you best?"), choices=choices(STARTS), validators=[InputRequired(_l("Choose what fits you best."))]
    )
    name = StringField(_l("Your name"), validators=[InputRequired(_l("Fill in your name.")), Length(min=2, max=100)])
    email = _address(_l("Mail address at work"))
    password = _new_password(_l("Choose a password"))


class SignInForm(MatcherForm):
    email = _address(_l("Mail address"))
    password = PasswordField(
        _l("Password"), validators=[InputRequired(_l("Fill in your password.")), Length(max=LONGEST)]
    )
    next = HiddenField()


class AddressForm(MatcherForm):
    """Where to mail a link to."""

    email = _address(_l("Mail address"))


class NewPasswordForm(MatcherForm):
    password = _new_password(_l("New password"))


class ChangePasswordForm(MatcherForm):
    current = PasswordField(_l("Your password now"), validators=[Optional(), Length(max=LONGEST)])
    password = _new_password(_l("New password"))


class ProfileForm(MatcherForm):
    name = StringField(_l("Your name"), validators=[InputRequired(_l("Fill in your name.")), Length(min=2, max=100)])
    function = StringField(_l("What you do"), description=_l("For example: physics teacher, wind engineer."))
    phone = TelField(
        _l("Phone number"),
        description=_l("Only those you have an appointment with see it."),
        validators=[Optional(), Length(max=40)],
    )
    locale = RadioField(_l("Language"), choices=choices(LANGUAGES), validators=[InputRequired()])
