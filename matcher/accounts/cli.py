"""`matcher user add`: people who cannot register themselves, the first administrator among them."""

import click

from matcher.accounts import services
from matcher.accounts.passwords import Passwords, check_strength
from matcher.accounts.states import COMPANY_ROLES, SCHOOL_ROLES, Role
from matcher.accounts.tokens import INVITED
from matcher.clock import utcnow
from matcher.config import Settings
from matcher.db import BIGGEST_ID, Database
from matcher.errors import InvalidInput, NotFound
from matcher.i18n import LOCALES
from matcher.reference import prepare


def register(group: click.Group) -> None:
    group.add_command(user)


@click.group()
def user() -> None:
    """People."""


@user.command()
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--region", help="Code of a region, for a coordinator: nl, zuidwest, utrecht …")
@click.option(
    "--organisation", type=click.IntRange(1, BIGGEST_ID), help="Number of a school or company, for its people."
)
@click.option("--password", help="Left out: a link to sign in with once is printed.")
@click.option("--locale", type=click.Choice(LOCALES), default="nl")
def add(
    email: str, name: str, role: str, region: str | None, organisation: int | None, password: str | None, locale: str
) -> None:
    """Add a person with a confirmed role. A person who exists gets the role as well."""
    settings = Settings.from_env()
    kept = _hash(password, (name, email), settings)
    prepare(settings.database_url)
    _check_scope(Role(role), region, organisation)
    database, now = Database(settings.database_url), utcnow()
    try:
        with database.write() as session:
            person, secret = services.enrol(
                session,
                email=email,
                name=name,
                locale=locale,
                password_hash=kept,
                role=Role(role),
                region_code=region,
                organisation_id=organisation,
                now=now,
            )
    except NotFound as error:
        raise InvalidInput(f"There is no region with code {region}.") from error
    finally:
        database.dispose()
    click.echo(f"{person.name} <{person.email}> is {role}.")
    if secret:
        click.echo(f"Sign in once, within {INVITED.days} days: {settings.base_url}/accounts/link/{secret}")


def _hash(password: str | None, context: tuple[str, ...], settings: Settings) -> str | None:
    if password is None:
        return None
    check_strength(password, context=context)
    return Passwords(cheap=settings.testing).hash(password)


def _check_scope(role: Role, region: str | None, organisation_id: int | None) -> None:
    """Each role belongs somewhere: the database says the same, without a sentence."""
    if role is Role.COORDINATOR and region is None:
        raise InvalidInput("A coordinator needs --region.")
    if role in SCHOOL_ROLES | COMPANY_ROLES and organisation_id is None:
        raise InvalidInput("This role needs --organisation.")
    if (role is not Role.COORDINATOR and region) or (role not in SCHOOL_ROLES | COMPANY_ROLES and organisation_id):
        raise InvalidInput("This role does not go with that place.")
