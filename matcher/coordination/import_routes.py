"""Bringing a coordinator's own spreadsheet in: the file, its columns, what every row would do, and doing it."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from matcher.accounts.policy import Actor
from matcher.clock import utcnow
from matcher.coordination import import_services as imports
from matcher.coordination.approve_routes import blueprint
from matcher.coordination.import_forms import KINDS, ApplyForm, UploadForm
from matcher.coordination.uploads import Uploads
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import _
from matcher.organisations.columns import FIELDS, ImportKind, check_mapping
from matcher.organisations.outcomes import ImportReport, Status
from matcher.organisations.spreadsheets import Sheet, read_sheets
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
    sheet: Sheet

    def url(self, step: str) -> str:
        return url_for(f".{step}", kind=self.kind.value, token=self.token, sheet=self.sheets.index(self.sheet))


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
    content, kind = form.file.data.read(), ImportKind(form.kind.data)
    try:
        sheets = read_sheets(content, form.file.data.filename or "")
    except InvalidInput as error:
        form.refuse(InvalidInput(str(error), field="file"))
        return invalid("coordination/import.html", form)
    token = _uploads().keep(content, user_id=_id(actor()))
    chosen = imports.chosen_sheet(kind, sheets)
    return redirect(url_for(".import_columns", kind=kind.value, token=token, sheet=sheets.index(chosen)))


@blueprint.get("/import/<kind>/<token>")
@roles("coordinator", "administrator")
def import_columns(kind: str, token: str) -> str:
    upload = _upload(kind, token)
    mapping = imports.mapping_for(reading(), actor=actor(), kind=upload.kind, sheet=upload.sheet)
    return _columns_page(upload, mapping)


@blueprint.post("/import/<kind>/<token>")
@roles("coordinator", "administrator")
def import_choose(kind: str, token: str) -> Response | tuple[str, int]:
    """Her word on the columns is kept for the next file with these headers."""
    upload, person = _upload(kind, token), actor()
    columns = upload.sheet.columns
    codes = {field.code for field in FIELDS[upload.kind]}
    chosen = {header: request.form.get(f"column-{at}", "") for at, header in enumerate(columns)}
    mapping = {header: code if code in codes else "" for header, code in chosen.items()}
    try:
        check_mapping(upload.kind, mapping)
    except InvalidInput as error:
        return _columns_page(upload, mapping, problem=str(error)), 422
    with writing() as session:
        imports.remember_mapping(
            session, actor=person, kind=upload.kind, sheet=upload.sheet, mapping=mapping, now=utcnow()
        )
    return redirect(upload.url("import_report"))


@blueprint.get("/import/<kind>/<token>/report")
@roles("coordinator", "administrator")
def import_report(kind: str, token: str) -> str:
    """The dry run: reads, decides, writes nothing."""
    upload, person = _upload(kind, token), actor()
    mapping = imports.mapping_for(reading(), actor=person, kind=upload.kind, sheet=upload.sheet)
    report = imports.run_import(
        reading(), actor=person, kind=upload.kind, sheet=upload.sheet, mapping=mapping, now=utcnow()
    )
    return _report_page(upload, report)


@blueprint.post("/import/<kind>/<token>/apply")
@roles("coordinator", "administrator")
def import_apply(kind: str, token: str) -> Response | tuple[str, int]:
    upload, person, form, now = _upload(kind, token), actor(), ApplyForm(), utcnow()
    if not form.validate_on_submit():
        return _report_page(upload, ImportReport([]), form), 422
    with writing() as session:
        mapping = imports.mapping_for(session, actor=person, kind=upload.kind, sheet=upload.sheet)
        report = imports.run_import(
            session,
            actor=person,
            kind=upload.kind,
            sheet=upload.sheet,
            mapping=mapping,
            now=now,
            write=True,
            notice=bool(form.notice.data),
        )
    if not report.written:
        return _report_page(upload, report, form), 422
    _uploads().forget(token, user_id=_id(person))
    counts = report.counts()
    toast(
        _(
            "Done: %(new)s rows new, %(changed)s changed, %(unchanged)s were here already.",
            new=counts["new"],
            changed=counts["changed"],
            unchanged=counts["unchanged"],
        )
    )
    return redirect(url_for(".import_start"))


def _columns_page(upload: Upload, mapping: dict[str, str], problem: str | None = None) -> str:
    sheet = upload.sheet
    columns = [
        (header, mapping.get(header, ""), [row[1][at] for row in sheet.rows if row[1][at]][:SAMPLES])
        for at, header in enumerate(sheet.columns)
    ]
    return render_template(
        "coordination/import_columns.html",
        upload=upload,
        kind=KINDS[upload.kind],
        columns=columns,
        fields=FIELDS[upload.kind],
        remembered=imports.is_remembered(reading(), actor=actor(), kind=upload.kind, sheet=sheet),
        problem=problem,
    )


def _report_page(upload: Upload, report: ImportReport, form: Any = None) -> str:
    shown = [*report.refused, *(one for one in report.outcomes if one.status is not Status.REFUSED)]
    return render_template(
        "coordination/import_report.html",
        upload=upload,
        kind=KINDS[upload.kind],
        report=report,
        counts=report.counts(),
        shown=shown[:MOST_SHOWN],
        form=form or ApplyForm(formdata=None),
        asks_notice=upload.kind is ImportKind.PEOPLE,
    )


def _upload(kind: str, token: str) -> Upload:
    """Raises NotFound for an unknown kind or sheet, and for a file that is gone or another's."""
    if kind not in set(ImportKind):
        raise NotFound()
    sheets = read_sheets(_uploads().find(token, user_id=_id(actor())))
    at = request.args.get("sheet", 0, type=int)
    if not 0 <= at < len(sheets):
        raise NotFound()
    return Upload(ImportKind(kind), token, sheets, sheets[at])


def _uploads() -> Uploads:
    return Uploads(current_app.extensions["matcher_settings"].var / "imports")


def _id(person: Actor) -> int:
    if person.user_id is None:
        raise NotFound()
    return person.user_id
