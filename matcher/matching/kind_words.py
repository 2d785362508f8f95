"""What the pages call things for each kind: a lesson somebody gives, days a teacher spends at a company. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matcher.availability.states import Kind
from matcher.i18n import _, _l, ngettext


@dataclass(frozen=True)
class KindWords:
    """Sentences are lazy; those with a number or a name in them are functions."""

    # Beside the form: what the list is of, and what is needed before somebody can look.
    beside: Any
    needed: Any
    nobody: Any
    # The page of a request.
    fits: Callable[[int], str]
    offer: Callable[[str], str]
    look: Any
    look_at: Callable[[str], str]
    ask: Any
    ticked_one: Any
    ticked_many: Any
    asked: Callable[[int], str]
    asked_now: Callable[[int], str]
    company_turn: Any
    settled: Any
    # The page of a match.
    question: Callable[[str], str]
    team_question: Callable[[str], str]  # to who answers for others: nobody is named yet
    school_question: Any
    company: Any
    side: Any
    company_pick: Any
    school_pick: Any
    company_yes: Any
    team_yes: Any
    school_yes: Any
    cannot: Any
    no_hint: Any
    other: Any
    other_title: Any
    other_text: Any
    other_submit: Any
    other_noted: Any
    which: Any
    yes_noted: Any
    other_by_company: Any
    after_yes: Any
    asked_for: Any
    move: Any
    move_title: Any
    move_text: Any
    move_submit: Any
    cancel: Any
    cancelled_noted: Any
    message_hint: Any
    # Who comes forward by themselves.
    forward: Any
    forward_text: Any
    forward_with: Callable[[str], str]


def _may_come(title: str) -> str:
    return _("May a teacher come and learn about “%(title)s”?", title=title)


LESSON = KindWords(
    beside=_l("Who fits"),
    needed=_l("Choose a class, say what it is about and tick weeks: you see here who can come."),
    nobody=_l("Nobody fits exactly. You can change one thing, or ask the coordinator of your region to look along."),
    fits=lambda num: ngettext("%(num)s person fits this lesson", "%(num)s people fit this lesson", num),
    offer=lambda title: _("Lesson: %(title)s", title=title),
    look=_l("Look at the lesson"),
    look_at=lambda name: _("Look at the lesson of %(name)s", name=name),
    ask=_l("Ask the people I ticked"),
    ticked_one=_l("1 person ticked:"),
    ticked_many=_l("{n} people ticked:"),
    asked=lambda num: ngettext(
        "%(num)s person was asked and may answer.", "%(num)s people were asked and may answer.", num
    ),
    asked_now=lambda num: ngettext("%(num)s person is asked now.", "%(num)s people are asked now.", num),
    company_turn=_l("It is the guest's turn."),
    settled=_l("All arranged. Nobody has to do anything now."),
    question=lambda title: _("Will you give a guest lecture about “%(title)s”?", title=title),
    team_question=lambda title: _("Will one of you give a guest lecture about “%(title)s”?", title=title),
    school_question=_l("Does this moment suit you?"),
    company=_l("Guest"),
    side=_l("The guest"),
    company_pick=_l("When can you come?"),
    school_pick=_l("Which moment suits you?"),
    company_yes=_l("Yes, I will come"),
    team_yes=_l("Yes, one of us will come"),
    school_yes=_l("Yes, that suits us"),
    cannot=_l("I cannot"),
    no_hint=_l("The guest hears of it. You can ask somebody else."),
    other=_l("Another moment"),
    other_title=_l("Suggest another moment"),
    other_text=_l("You say yes to this moment; the other side answers."),
    other_submit=_l("Suggest this moment"),
    other_noted=_l("Suggested another moment"),
    which=_l("Which moment?"),
    yes_noted=_l("Choose the moment that was agreed."),
    other_by_company=_l("The other side asks for another moment:"),
    after_yes=_l(
        "After your yes the lesson stands in your calendar for the time being; it is definite once the coordinator of "
        "the region gave approval."
    ),
    asked_for=_l("Asked for one of these moments"),
    move=_l("Move"),
    move_title=_l("Ask for another moment"),
    move_text=_l("The agreed moment stands until the other side says yes."),
    move_submit=_l("Ask for this moment"),
    cancel=_l("Cancel the visit"),
    cancelled_noted=_l("Cancelled the visit"),
    message_hint=_l("For example: where do I park, what is in the room?"),
    forward=_l("I want to give this lesson"),
    forward_text=_l(
        "The school hears of it and chooses one of its moments, or says no. Nothing is definite before the coordinator "
        "gave approval."
    ),
    forward_with=lambda title: _("With your lesson: %(title)s", title=title),
)
STAY = KindWords(
    beside=_l("Which places fit"),
    needed=_l("Say what you want to learn about, and from when until when: you see here which places fit."),
    nobody=_l("No place fits exactly. You can change one thing, or ask the coordinator of your region to look along."),
    fits=lambda num: ngettext("%(num)s place fits your internship", "%(num)s places fit your internship", num),
    offer=lambda title: _("Place: %(title)s", title=title),
    look=_l("Look at the place"),
    look_at=lambda name: _("Look at the place of %(name)s", name=name),
    ask=_l("Ask the companies I ticked"),
    ticked_one=_l("1 company ticked:"),
    ticked_many=_l("{n} companies ticked:"),
    asked=lambda num: ngettext(
        "%(num)s company was asked and may answer.", "%(num)s companies were asked and may answer.", num
    ),
    asked_now=lambda num: ngettext("%(num)s company is asked now.", "%(num)s companies are asked now.", num),
    company_turn=_l("It is the company's turn."),
    settled=_l("All arranged. Nobody has to do anything now."),
    question=_may_come,
    team_question=_may_come,
    school_question=_l("Do these days suit you?"),
    company=_l("Company"),
    side=_l("The company"),
    company_pick=_l("Which days suit you?"),
    school_pick=_l("Which days suit you?"),
    company_yes=_l("Yes, the teacher is welcome"),
    team_yes=_l("Yes, the teacher is welcome"),
    school_yes=_l("Yes, these days suit me"),
    cannot=_l("We cannot"),
    no_hint=_l("The company hears of it. You can ask another one."),
    other=_l("Other days"),
    other_title=_l("Suggest other days"),
    other_text=_l("You say yes to these days; the other side answers."),
    other_submit=_l("Suggest these days"),
    other_noted=_l("Suggested other days"),
    which=_l("Which days?"),
    yes_noted=_l("Choose the days that were agreed."),
    other_by_company=_l("The other side asks for other days:"),
    after_yes=_l(
        "After your yes the days stand in your calendar for the time being; they are definite once the coordinator of "
        "the region gave approval."
    ),
    asked_for=_l("Asked for one of these plans"),
    move=_l("Other days"),
    move_title=_l("Ask for other days"),
    move_text=_l("The agreed days stand until the other side says yes."),
    move_submit=_l("Ask for these days"),
    cancel=_l("Cancel the internship"),
    cancelled_noted=_l("Cancelled the internship"),
    message_hint=_l("For example: where do I report, what do I bring?"),
    forward=_l("I want to offer this place"),
    forward_text=_l(
        "The teacher hears of it and chooses the days, or says no. Nothing is definite before the coordinator gave "
        "approval."
    ),
    forward_with=lambda title: _("With your place: %(title)s", title=title),
)
PLACEMENT = KindWords(
    beside=_l("Who fits"),
    needed=_l("Say for which subject and level, and tick the half-days: you see here who can do it."),
    nobody=_l("You can change one thing. Once you send it you also see who could do it together."),
    fits=lambda num: (
        ngettext("%(num)s person can do it alone", "%(num)s people can do it alone", num)
        if num
        else _("Nobody can do it alone")
    ),
    offer=lambda title: _("Could teach: %(title)s", title=title),
    look=_l("Look at the person"),
    look_at=lambda name: _("Look at what %(name)s offers", name=name),
    ask=_l("Ask the people I ticked"),
    ticked_one=_l("1 person ticked:"),
    ticked_many=_l("{n} people ticked:"),
    asked=lambda num: ngettext(
        "%(num)s person was asked and may answer.", "%(num)s people were asked and may answer.", num
    ),
    asked_now=lambda num: ngettext("%(num)s person is asked now.", "%(num)s people are asked now.", num),
    company_turn=_l("It is the turn of the person who was asked."),
    settled=_l("You are introduced to each other. On the page of the match you note how it goes."),
    question=lambda title: _("Do you want to teach part of the week: “%(title)s”?", title=title),
    team_question=lambda title: _("Does one of you want to teach part of the week: “%(title)s”?", title=title),
    school_question=_l("Do these half-days suit you?"),
    company=_l("Who teaches"),
    side=_l("The person who was asked"),
    company_pick=_l("Do these half-days suit you?"),
    school_pick=_l("Do these half-days suit you?"),
    company_yes=_l("Yes, I want to get to know you"),
    team_yes=_l("Yes, we want to get to know you"),
    school_yes=_l("Yes, we want to get to know this person"),
    cannot=_l("I do not want this"),
    no_hint=_l("The other side hears of it. You can ask somebody else."),
    other=_l("Other half-days"),
    other_title=_l("Suggest other half-days"),
    other_text=_l("You say yes to these half-days; the other side answers."),
    other_submit=_l("Suggest these half-days"),
    other_noted=_l("Suggested other half-days"),
    which=_l("Which half-days?"),
    yes_noted=_l("Choose the half-days that were agreed."),
    other_by_company=_l("The other side asks for other half-days:"),
    after_yes=_l(
        "Your yes fixes nothing yet. The half-days are kept free for the time being, and the coordinator of the region "
        "introduces you to each other."
    ),
    asked_for=_l("Asked for these half-days"),
    move=_l("Other half-days"),
    move_title=_l("Ask for other half-days"),
    move_text=_l("The agreed half-days stand until the other side says yes."),
    move_submit=_l("Ask for these half-days"),
    cancel=_l("It comes to nothing"),
    message_hint=_l("For example: when can we meet, which books do you use?"),
    cancelled_noted=_l("It came to nothing"),
    forward=_l("I am interested"),
    forward_text=_l(
        "The school hears of it and answers, or says no. You get to know each other before anything is fixed."
    ),
    forward_with=lambda title: _("As you described it: %(title)s", title=title),
)
KIND_WORDS = {
    Kind.GUEST_LECTURE: LESSON,
    Kind.TEACHER_INTERNSHIP: STAY,
    Kind.HYBRID_PLACEMENT: PLACEMENT,
}


def words_of(kind: Kind) -> KindWords:
    return KIND_WORDS.get(kind, LESSON)
