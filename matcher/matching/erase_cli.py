"""`matcher erase`: deletes the account of somebody who asked for it and cannot do it on the site."""

import click

from matcher.accounts.queries import user_by_email
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import Database
from matcher.errors import NotFound
from matcher.i18n import in_locale
from matcher.ledger import note_erased
from matcher.matching.erasing_queries import erased_people, hanging_on, obstacles
from matcher.matching.erasing_services import erase_account
from matcher.migrate import upgrade


@click.command(name="erase")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Really do it. Without this only what would happen is shown.")
def erase_command(address: str, yes: bool) -> None:
    """Delete the account with the mail ADDRESS for good: visits end or go to a colleague, counts stay, no people."""
    settings, now = Settings.from_env(), utcnow()
    upgrade(settings.database_url)
    database = Database(settings.database_url, host=settings.host)
    try:
        with database.read() as session, in_locale("en"):
            user = user_by_email(session, address)
            if user is None:
                raise NotFound()
            user_id, hanging, first = (
                user.id,
                hanging_on(session, user.id, now=now),
                obstacles(session, user.id, now=now),
            )
        for sentence in first:
            click.echo(f"first: {sentence}")
        click.echo(f"handed over: {len(hanging.handed)} requests; ended: {len(hanging.requests)} requests,")
        click.echo(f"  {hanging.drafts} drafts, {len(hanging.visits)} visits,")
        click.echo(f"  {hanging.invitations} invitations, {hanging.offers} offers")
        if not yes:
            click.echo("nothing was done: say --yes to erase this account")
            return
        with in_locale("en"):
            erase_account(user_id, look=database.read, opened=database.write, now=now)
        with database.read() as session:
            note_erased(settings.var, erased_people(session))
        click.echo("erased")
    finally:
        database.dispose()
