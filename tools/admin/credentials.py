"""`key` and `token`: create, list, revoke the API keys of an org and the personal access tokens of a user."""

from typing import Annotated, NamedTuple

import typer

from campanile.store import credentials, orgs
from campanile.store.credentials import ALL_SCOPES, MAX_NAME_CHARACTERS, OSVI_SCOPES, Credential
from campanile.store.table import Table
from tools.admin.answers import AsJson, Fields, moment, say, say_all
from tools.admin.members import User, check_user
from tools.admin.target import RefusedError, StackFile, StackName, deployed, now_ms

MS_PER_DAY = 24 * 60 * 60 * 1000

Scopes = Annotated[list[str] | None, typer.Option("--scope", help="May be repeated; all scopes when left out.")]
Days = Annotated[int | None, typer.Option(min=1, max=36_500, help="Days until it expires; never when left out.")]
Name = Annotated[str | None, typer.Option(help=f"What it is for, at most {MAX_NAME_CHARACTERS} characters.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="What stands before the dot; the list shows it.")]

keys = typer.Typer(help="API keys of an organization.", no_args_is_help=True)
tokens = typer.Typer(help="Personal access tokens: a user's, for each org it is a member of.", no_args_is_help=True)


class Terms(NamedTuple):
    """What a new credential allows, and until when; times in UTC ms."""

    scopes: frozenset[str]
    created_at: int
    expires_at: int | None
    name: str | None


@keys.command("create")
def create_key(
    org: str,
    scope: Scopes = None,
    days: Days = None,
    name: Name = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it, this once: only a hash of it is stored."""
    with deployed(stack_name, stack_file) as target:
        terms = _terms(scope, days, name)
        orgs.settings(target.table, org)
        key = credentials.create_api_key(target.table, org, *terms)
        say({"org": org, "api_key": key, **_told(terms)}, key, as_json)


@keys.command("create-osvi")
def create_osvi_token(
    org: str,
    days: Days = None,
    name: Name = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Create an API token of 16 characters for OSVI's routes (header API-Token) and print it, this once."""
    with deployed(stack_name, stack_file) as target:
        terms = _terms(sorted(OSVI_SCOPES), days, name)
        orgs.settings(target.table, org)
        token = credentials.create_osvi_token(target.table, org, terms.created_at, terms.expires_at, terms.name)
        say({"org": org, "api_token": token, **_told(terms)}, token, as_json)


@keys.command("list")
def list_keys(
    org: str, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """List the API keys of an organization, oldest first and expired ones too; never their secrets."""
    with deployed(stack_name, stack_file) as target:
        orgs.settings(target.table, org)
        say_all([_shown(key) for key in credentials.of_org(target.table, org)], f"{org} has no API keys.", as_json)


@keys.command("revoke")
def revoke_key(
    key_id: Id, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """Revoke an API key for good: it stops working within a minute."""
    with deployed(stack_name, stack_file) as target:
        _revoke(target.table, key_id, "API key", ("ak_", "osvi_"), as_json)


@tokens.command("create")
def create_token(
    user: User,
    scope: Scopes = None,
    days: Days = None,
    name: Name = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Create a personal access token and print it, this once: only a hash of it is stored."""
    with deployed(stack_name, stack_file) as target:
        terms = _terms(scope, days, name)
        check_user(user)
        token = credentials.create_personal_token(target.table, user, *terms)
        say({"user": user, "token": token, **_told(terms)}, token, as_json)


@tokens.command("list")
def list_tokens(
    user: User, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """List the personal access tokens of a user, oldest first and expired ones too; never their secrets."""
    with deployed(stack_name, stack_file) as target:
        check_user(user)
        found = credentials.of_user(target.table, user)
        say_all([_shown(token) for token in found], f"{user} has no personal tokens.", as_json)


@tokens.command("revoke")
def revoke_token(
    token_id: Id, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """Revoke a personal access token for good: it stops working within a minute."""
    with deployed(stack_name, stack_file) as target:
        _revoke(target.table, token_id, "personal token", ("pat_",), as_json)


def _terms(scope: list[str] | None, days: int | None, name: str | None) -> Terms:
    scopes = frozenset(scope or ALL_SCOPES)
    if unknown := sorted(scopes - ALL_SCOPES):
        known = ", ".join(sorted(ALL_SCOPES))
        raise RefusedError(f"There is no scope {', '.join(unknown)}. The scopes are {known}.")
    if name is not None and not (name.isprintable() and 1 <= len(name) <= MAX_NAME_CHARACTERS):
        raise RefusedError(f"The name needs 1 to {MAX_NAME_CHARACTERS} characters, without line breaks.")
    now = now_ms()
    return Terms(scopes, now, None if days is None else now + days * MS_PER_DAY, name)


def _told(terms: Terms) -> Fields:
    return {"scopes": sorted(terms.scopes), "expires_at": moment(terms.expires_at), "name": terms.name}


def _shown(credential: Credential) -> Fields:
    return {
        "id": credential.key_id,
        "name": credential.name,
        "scopes": sorted(credential.scopes),
        "created_at": moment(credential.created_at),
        "expires_at": moment(credential.expires_at),
    }


def _revoke(table: Table, given: str, kind: str, prefixes: tuple[str, ...], as_json: bool) -> None:
    key_id = given.partition(".")[0]  # the whole credential is understood too
    if not key_id.startswith(prefixes) or not credentials.revoke(table, key_id):
        raise RefusedError(f"There is no {kind} {key_id}: it is already revoked, or never was.")
    say({"revoked": key_id}, f"{key_id} is revoked; it stops working within a minute.", as_json)
