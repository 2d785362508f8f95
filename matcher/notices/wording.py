"""What pages say of rhythms and of mails that could not be delivered. Pure."""

from datetime import datetime, timedelta
from typing import Any

from matcher.i18n import _, _l, ngettext
from matcher.notices.states import DeadReason, Rhythm, Stop

RHYTHMS: dict[Rhythm, Any] = {
    Rhythm.AT_ONCE: _l("At once"),
    Rhythm.DAILY: _l("One mail a day"),
    Rhythm.WEEKLY: _l("One mail a week"),
    Rhythm.NEVER: _l("No mail, I read it in Matcher"),
}
RHYTHM_TEXTS: dict[str, Any] = {
    Rhythm.AT_ONCE: _l("As soon as there is something."),
    Rhythm.DAILY: _l("From Monday to Friday at 16:00, and only when there is something."),
    Rhythm.WEEKLY: _l("On Monday at 16:00, and only when there is something."),
    Rhythm.NEVER: _l("Everything stands under Messages."),
}
REASONS: dict[DeadReason, Any] = {
    DeadReason.ADDRESS_REFUSED: _l("Address does not exist"),
    DeadReason.REFUSED_BEFORE: _l("Address refused before"),
    DeadReason.NO_ADDRESS: _l("Not a mail address"),
    DeadReason.MAIL_REFUSED: _l("Mail refused"),
    DeadReason.GAVE_UP: _l("Tried for three days"),
    DeadReason.UNREADABLE: _l("Could not be made"),
}
WHAT_TO_DO: dict[DeadReason, Any] = {
    DeadReason.ADDRESS_REFUSED: _l(
        "The mail server of the receiver does not know this address. Ask the person for the right one."
    ),
    DeadReason.REFUSED_BEFORE: _l(
        "The address was refused less than a week ago, so it was not tried. Sending again tries it."
    ),
    DeadReason.NO_ADDRESS: _l("This cannot be a mail address. Sending again does not help until it is changed."),
    DeadReason.MAIL_REFUSED: _l(
        "The server took the address and refused the mail: too large, or taken for unwanted. Its answer is beside it."
    ),
    DeadReason.GAVE_UP: _l(
        "The server was away, or kept saying: later. Once it works, send everything of this kind again."
    ),
    DeadReason.UNREADABLE: _l("A fault of ours in the text. Report it; after the repair it can be sent again."),
}
STOPPED: dict[Stop, Any] = {
    Stop.TOGETHER: _l("The mail with everything together"),
    Stop.OPTIONAL: _l("Tips and reminders by mail"),
}


def age(since: datetime, now: datetime) -> str:
    """How long ago, roughly."""
    gone = max(now - since, timedelta())
    if gone < timedelta(hours=1):
        minutes = int(gone.total_seconds() // 60)
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    if gone < timedelta(days=2):
        return ngettext("%(num)s hour", "%(num)s hours", int(gone.total_seconds() // 3600))
    return _("%(days)s days", days=gone.days)
