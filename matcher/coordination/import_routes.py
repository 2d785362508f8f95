"""Bringing a coordinator's own spreadsheet in: the file, its columns, what every row would do, and doing it."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matcher.accounts.policy import Actor
from matcher.clock import utcnow
from matcher.coordination import import_services as imports
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.import_forms import EVERYTHING, KINDS, ApplyForm, UploadForm
from matcher.coordination.uploads import Uploads
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _, ngettext
from matcher.organisations.columns import FIELDS, ImportKind, check_mapping
from matcher.organisations.outcomes import ImportReport, Status
from matcher.organisations.spreadsheets import MOST_SHEETS, Sheet, read_sheets
from matcher.web.forms import invalid
from matcher.web.guards import actor, roles
from matcher.web.toasts import toast
from matcher.web.transaction import reading, writing

SAMPLES = 3
MOST_SHOWN = 500


@dataclass(frozen=True)
class Upload:
    """The file of an address, read again at every step: nothing of it is kept in the session."""

    kind: ImportKind
    token: str
    sheets: list[Sheet]
    chosen: list[int]

    @property
    def taken(self) -> list[Sheet]:
        return [self.sheets[at] for at in self.chosen]

    def url(self, step: str, **more: Any) -> str:
        return url_for(f".{step}", kind=self.kind.value, token=self.token, sheet=self.chosen, **more)

    def url_with(self, at: int) -> str:
        """The columns with this sheet as well, or without it."""
        chosen = [one for one in self.chosen if one != at] if at in self.chosen else sorted([*self.chosen, at])
        return url_for(".import_columns", kind=self.kind.value, token=self.token, sheet=chosen, columns=1)


@blueprint.get("/import")
@roles("coordinator", "administrator")
def import_start() -> str:
    return render_template("coordination/import.html", form=UploadForm(formdata=None))


@blueprint.post("/import")
@roles("coordinator", "administrator")
def import_upload() -> Response | tuple[str, int]:
    form = UploadForm()
    if not form.validate_on_submit():
        return invalid("coordination/import.html", form)
    content = form.file.data.read()
    try:
        sheets = read_sheets(content, form.file.data.filename or "")
    except InvalidInput as error:
        form.refuse(InvalidInput(str(error), field="file"))
        return invalid("coordination/import.html", form)
    said = form.kind.data
    token = _uploads().keep(content, user_id=_id(actor()))
    first = imports.next_kind(sheets) if said == EVERYTHING else ImportKind(said)
    return redirect(_begin(first or ImportKind.PEOPLE, token, sheets))


def _begin(kind: ImportKind, token: str, sheets: list[Sheet]) -> str:
    chosen = [sheets.index(sheet) for sheet in imports.chosen_sheets(kind, sheets)]
    return url_for(".import_columns", kind=kind.value, token=token, sheet=chosen)


@blueprint.get("/import/<kind>/<token>")
@roles("coordinator", "administrator")
def import_columns(kind: str, token: str) -> str | Response:
    """Only asked when there is something to ask, or when she wants to look."""
    upload = _upload(kind, token)
    mappings = _mappings(reading(), upload, actor())
    if "columns" not in request.args and _is_clear(upload, mappings):
        return redirect(upload.url("import_report"))
    return _columns_page(upload, mappings)


def _is_clear(upload: Upload, mappings: list[dict[str, str]]) -> bool:
    session, person = reading(), actor()
    try:
        for sheet, mapping in zip(upload.taken, mappings, strict=True):
            check_mapping(upload.kind, mapping)
            remembered = imports.is_remembered(session, actor=person, kind=upload.kind, sheet=sheet)
            if not remembered and not imports.all_known(mapping, sheet):
                return False
    except InvalidInput:
        return False
    return True


@blueprint.post("/import/<kind>/<token>")
@roles("coordinator", "administrator")
def import_choose(kind: str, token: str) -> Response | tuple[str, int]:
    """Her word on the columns is kept for the next file with these headers."""
    upload, person = _upload(kind, token), actor()
    codes = {field.code for field in FIELDS[upload.kind]}
    numbers, mappings = iter(range(10_000)), []
    for sheet in upload.taken:
        said = {header: request.form.get(f"column-{next(numbers)}", "") for header in sheet.columns}
        mappings.append({header: code if code in codes else "" for header, code in said.items()})
    try:
        for mapping in mappings:
            check_mapping(upload.kind, mapping)
    except InvalidInput as error:
        return _columns_page(upload, mappings, problem=str(error)), 422
    with writing() as session:
        for sheet, mapping in zip(upload.taken, mappings, strict=True):
            imports.remember_mapping(
                session, actor=person, kind=upload.kind, sheet=sheet, mapping=mapping, now=utcnow()
            )
    return redirect(upload.url("import_report"))


@blueprint.get("/import/<kind>/<token>/report")
@roles("coordinator", "administrator")
def import_report(kind: str, token: str) -> str:
    """The dry run: reads, decides, writes nothing."""
    upload = _upload(kind, token)
    return _report_page(upload, _run(reading(), upload, actor()))


@blueprint.post("/import/<kind>/<token>/apply")
@roles("coordinator", "administrator")
def import_apply(kind: str, token: str) -> Response | tuple[str, int]:
    """All rows, or none; a file that holds more goes on with what is next in it."""
    upload, person, form = _upload(kind, token), actor(), ApplyForm()
    if not form.validate_on_submit():
        return _report_page(upload, ImportReport([]), form), 422
    with writing() as session:
        report = _run(session, upload, person, write=True, notice=bool(form.notice.data))
    if not report.written:
        return _report_page(upload, report, form), 422
    toast(_done(report, upload))
    later = imports.next_kind(upload.sheets, upload.kind)
    if later is not None:
        return redirect(_begin(later, token, upload.sheets))
    _uploads().forget(token, user_id=_id(person))
    return redirect(url_for(".import_start"))


def _done(report: ImportReport, upload: Upload) -> str:
    counts = report.counts()
    text = _(
        "Done: %(new)s rows new, %(changed)s changed, %(unchanged)s were here already.",
        new=counts["new"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
    )
    if upload.kind is not ImportKind.PEOPLE:
        return text
    if report.notices:
        mailed = ngettext(
            "%(num)s person gets the privacy notice.", "%(num)s people get the privacy notice.", report.notices
        )
    else:
        mailed = _("Nobody gets a mail.")
    return f"{text} {mailed}"


def _run(session: Session, upload: Upload, person: Actor, *, write: bool = False, notice: bool = False) -> ImportReport:
    first, *more = zip(upload.taken, _mappings(session, upload, person), strict=True)
    return imports.run_import(
        session,
        actor=person,
        kind=upload.kind,
        sheet=first[0],
        mapping=first[1],
        more=more,
        now=utcnow(),
        write=write,
        notice=notice,
    )


def _mappings(session: Session, upload: Upload, person: Actor) -> list[dict[str, str]]:
    return [imports.mapping_for(session, actor=person, kind=upload.kind, sheet=sheet) for sheet in upload.taken]


def _columns_page(upload: Upload, mappings: list[dict[str, str]], problem: str | None = None) -> str:
    session, person, numbers = reading(), actor(), iter(range(10_000))
    tables = []
    for sheet, mapping in zip(upload.taken, mappings, strict=True):
        columns = [
            (next(numbers), header, mapping.get(header, ""), [row[1][at] for row in sheet.rows if row[1][at]][:SAMPLES])
            for at, header in enumerate(sheet.columns)
        ]
        remembered = imports.is_remembered(session, actor=person, kind=upload.kind, sheet=sheet)
        tables.append((sheet, columns, remembered))
    return render_template(
        "coordination/import_columns.html",
        upload=upload,
        kind=KINDS[upload.kind],
        tables=tables,
        rows=sum(len(sheet.rows) for sheet in upload.taken),
        fields=FIELDS[upload.kind],
        problem=problem,
    )


def _report_page(upload: Upload, report: ImportReport, form: Any = None) -> str:
    """Rows come in the order of the sheets, so each is named with its own."""
    names = chain.from_iterable([sheet.name] * len(sheet.rows) for sheet in upload.taken)
    lines = sorted(zip(names, report.outcomes, strict=False), key=lambda line: line[1].status is not Status.REFUSED)
    return render_template(
        "coordination/import_report.html",
        upload=upload,
        kind=KINDS[upload.kind],
        report=report,
        counts=report.counts(),
        shown=lines[:MOST_SHOWN],
        form=form or ApplyForm(formdata=None),
        asks_notice=upload.kind is ImportKind.PEOPLE,
        later=imports.next_kind(upload.sheets, upload.kind),
        kinds=KINDS,
    )


def _upload(kind: str, token: str) -> Upload:
    """Raises NotFound for an unknown kind or sheet, and for a file that is gone or another's."""
    if kind not in set(ImportKind):
        raise NotFound()
    sheets = read_sheets(_uploads().find(token, user_id=_id(actor())))
    chosen = sorted(set(request.args.getlist("sheet", type=int)[:MOST_SHEETS])) or [0]
    if not all(0 <= at < len(sheets) for at in chosen):
        raise NotFound()
    return Upload(ImportKind(kind), token, sheets, chosen)


def _uploads() -> Uploads:
    return Uploads(current_app.extensions["matcher_settings"].var / "imports")


def _id(person: Actor) -> int:
    if person.user_id is None:
        raise NotFound()
    return person.user_id
