"""Personal tokens and the orgs they open, and how soon a credential that is taken away stops (G9)."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from campanile.domain.errors import ForbiddenError, UnauthenticatedError
from campanile.edge import authentication
from campanile.edge.authentication import ANY_CREDENTIAL, CACHE_MS, READ, Authenticator, scopes_within
from campanile.store import credentials, members
from campanile.store.credentials import ALL_SCOPES
from campanile.store.members import Role
from campanile.store.table import Table
from tests.support import front_doors
from tests.support.clock import at
from tests.support.dialer import Dialer
from tests.support.gateway import Client, Response, problem
from tests.support.table import CountingTable

Keys = Callable[..., Client]
SETTINGS = "/campaign/concurrency-settings"
CAMPAIGNS = "/campaign/campaigns"
WITHOUT_ORG = "Token is missing organization claim."
NOW = at("2026-07-01T17:00:00Z")


@pytest.fixture
def ada(edge: Dialer) -> str:
    """A user who is admin of the test's org."""
    user = f"ada-{uuid4()}@example.com"
    members.add(edge.table, edge.org, user, Role.ADMIN, edge.clock.now_ms())
    return user


@pytest.fixture
def pat(edge: Dialer) -> Keys:
    """Makes a client with a personal token: by owner, org in the header, scopes and age."""

    def make(
        user: str,
        org: str | None = None,
        scopes: frozenset[str] = ALL_SCOPES,
        expires_in: int | None = None,
        header: str = "X-Anyreach-Org",
    ) -> Client:
        now = edge.clock.now_ms()
        expires_at = None if expires_in is None else now + 1000 * expires_in
        client = Client(f"Bearer {credentials.create_personal_token(edge.table, user, scopes, now, expires_at)}")
        client.headers |= {} if org is None else {header: org}
        return client

    return make


def key_id(client: Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ").partition(".")[0]


def refused_for_want_of_membership(answer: Response) -> str:
    detail: str = problem(answer, 403)["detail"]
    assert "not a member" in detail
    return detail


# ---------------------------------------------------------------- which org


def test_a_personal_token_opens_the_org_in_the_header_when_its_owner_is_a_member(
    edge: Dialer, pat: Keys, api: Client, ada: str
) -> None:
    campaign = pat(ada, edge.org).campaign()
    assert api.get(f"{CAMPAIGNS}/{campaign}")["status"] == "active"


@pytest.mark.parametrize("header", ["X-Anyreach-Org", "x-anyreach-org", "X-ANYREACH-ORG"])
def test_the_headers_name_is_matched_whatever_its_case(edge: Dialer, pat: Keys, ada: str, header: str) -> None:
    pat(ada, edge.org, header=header).get(SETTINGS)


@pytest.mark.parametrize("org", [None, "", "  "])
@pytest.mark.parametrize("path", [SETTINGS, CAMPAIGNS, "/campaign/timezones"])
def test_a_personal_token_without_an_org_is_refused_in_anyreachs_words(
    edge: Dialer, pat: Keys, ada: str, org: str | None, path: str
) -> None:
    answer = pat(ada, org)("GET", path)
    assert problem(answer, 401)["detail"] == WITHOUT_ORG
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_stranger_cannot_tell_an_org_that_exists_from_one_that_does_not(edge: Dialer, pat: Keys, ada: str) -> None:
    token = pat(ada)
    theirs = Dialer(edge.table).org
    details = {
        refused_for_want_of_membership(token("GET", path, **{"X-Anyreach-Org": org}))
        for path in (SETTINGS, CAMPAIGNS, "/campaign/timezones")
        for org in (theirs, f"org-{uuid4()}", edge.org.upper(), f"{edge.org}#x", "S", "名", "x" * 5_000)
    }
    assert len(details) == 1


def test_one_personal_token_opens_each_org_of_its_owner_and_keeps_them_apart(edge: Dialer, pat: Keys, ada: str) -> None:
    second = Dialer(edge.table).org
    members.add(edge.table, second, ada, Role.VIEWER, edge.clock.now_ms())
    token = pat(ada)
    in_first, in_second = ({"X-Anyreach-Org": org} for org in (edge.org, second))
    created = token("POST", "/campaign/configurations", {"name": "c"}, **in_first)
    configuration = f"/campaign/configurations/{created.body['id']}"
    assert token("GET", configuration, **in_first).status == 200
    problem(token("GET", configuration, **in_second), 404)
    problem(token("POST", "/campaign/configurations", {"name": "c"}, **in_second), 403)


def test_membership_is_of_the_owner_and_not_of_somebody_of_a_similar_name(edge: Dialer, pat: Keys, ada: str) -> None:
    for other in (f"{ada}.evil", ada[:-1], ada.upper(), f"M#{ada}"):
        refused_for_want_of_membership(pat(other, edge.org)("GET", SETTINGS))


def test_an_api_key_ignores_the_header_also_where_any_credential_suffices(edge: Dialer, api: Client) -> None:
    for org in (Dialer(edge.table).org, "no such org", ""):
        for path in (SETTINGS, "/campaign/timezones"):
            assert api("GET", path, **{"X-Anyreach-Org": org}).status == 200


# ---------------------------------------------------------------- roles and scopes


def test_a_viewer_reads_everything_and_changes_nothing(edge: Dialer, pat: Keys, api: Client, ada: str) -> None:
    campaign = api.campaign()
    members.add(edge.table, edge.org, ada, Role.VIEWER, edge.clock.now_ms())
    viewer = pat(ada, edge.org)
    for path in (CAMPAIGNS, f"{CAMPAIGNS}/{campaign}", f"{CAMPAIGNS}/{campaign}/contacts", SETTINGS):
        viewer.get(path)
    for method, path, body in (
        ("POST", f"{CAMPAIGNS}/{campaign}/pause", None),
        ("POST", "/campaign/configurations", {"name": "c"}),
        ("PUT", SETTINGS, {"concurrency_limit": 1}),
    ):
        detail = problem(viewer(method, path, body), 403)["detail"]
        assert "campaigns:manage" in detail
        assert "role" in detail
    assert api.get(f"{CAMPAIGNS}/{campaign}")["status"] == "active"


@pytest.mark.parametrize("role", Role)
def test_a_role_adds_no_scope_that_the_token_lacks(edge: Dialer, pat: Keys, ada: str, role: Role) -> None:
    members.add(edge.table, edge.org, ada, role, edge.clock.now_ms())
    narrow = pat(ada, edge.org, frozenset({"concurrency:read"}))
    narrow.get(SETTINGS)
    narrow.get("/campaign/timezones")
    assert "campaigns:read" in problem(narrow("GET", CAMPAIGNS), 403)["detail"]
    assert "concurrency:manage" in problem(narrow("PUT", SETTINGS, {"concurrency_limit": 1}), 403)["detail"]


@pytest.mark.parametrize(
    ("role", "granted"),
    [(Role.ADMIN, ALL_SCOPES), (Role.VIEWER, frozenset({"campaigns:read", "concurrency:read"}))],
)
def test_a_role_grants_of_a_tokens_scopes_all_or_reading_what_they_are_about(
    role: Role, granted: frozenset[str]
) -> None:
    assert scopes_within(ALL_SCOPES, role) == granted
    narrow = scopes_within(frozenset({"campaigns:manage"}), role)
    assert narrow == {"campaigns:manage" if role is Role.ADMIN else "campaigns:read"}


def test_a_key_of_no_scope_at_all_suffices_where_any_credential_does(key: Keys) -> None:
    key(frozenset()).get("/campaign/timezones")


# ---------------------------------------------------------------- what is taken away stops


def test_a_removed_members_token_stops_within_a_minute(edge: Dialer, pat: Keys, ada: str) -> None:
    token = pat(ada, edge.org)
    token.get(SETTINGS)
    edge.clock.advance(30)
    assert members.remove(edge.table, edge.org, ada)
    edge.clock.advance(30)
    refused_for_want_of_membership(token("GET", SETTINGS))


def test_a_member_made_a_viewer_stops_changing_things_within_a_minute(edge: Dialer, pat: Keys, ada: str) -> None:
    token = pat(ada, edge.org)
    token.campaign()
    members.add(edge.table, edge.org, ada, Role.VIEWER, edge.clock.now_ms())
    edge.clock.advance(CACHE_MS / 1000)
    problem(token("POST", "/campaign/configurations", {"name": "c"}), 403)
    token.get(SETTINGS)


def test_a_new_member_is_let_in_at_once_although_it_was_just_refused(edge: Dialer, pat: Keys) -> None:
    user = f"grace-{uuid4()}"
    token = pat(user, edge.org)
    refused_for_want_of_membership(token("GET", SETTINGS))
    members.add(edge.table, edge.org, user, Role.VIEWER, edge.clock.now_ms())
    token.get(SETTINGS)


def test_a_revoked_key_or_token_stops_within_a_minute_and_is_revoked_only_once(
    edge: Dialer, key: Keys, pat: Keys, ada: str
) -> None:
    clients = key(), pat(ada, edge.org)
    for client in clients:
        client.get(SETTINGS)
    edge.clock.advance(1)
    assert [credentials.revoke(edge.table, key_id(client)) for client in clients] == [True, True]
    assert [credentials.revoke(edge.table, key_id(client)) for client in clients] == [False, False]
    edge.clock.advance(59)
    for client in clients:
        assert "revoked" in problem(client("GET", SETTINGS), 401)["detail"]


def test_a_credential_in_steady_use_is_read_again_every_minute(edge: Dialer, pat: Keys, ada: str) -> None:
    token = pat(ada, edge.org)
    revoked = False
    for _ in range(13):
        answer = token("GET", SETTINGS)
        revoked = revoked or credentials.revoke(edge.table, key_id(token))
        edge.clock.advance(5)
    problem(answer, 401)


def test_an_expired_token_is_refused_at_its_very_moment(edge: Dialer, pat: Keys, ada: str) -> None:
    token = pat(ada, edge.org, expires_in=30)
    edge.clock.advance(29)
    token.get(SETTINGS)
    edge.clock.advance(1)
    assert "expired" in problem(token("GET", SETTINGS), 401)["detail"]


# ---------------------------------------------------------------- what is no token


def test_a_wrong_secret_is_refused_whether_or_not_the_right_one_was_just_used(
    edge: Dialer, pat: Keys, ada: str
) -> None:
    right = pat(ada, edge.org)
    wrong = Client(f"Bearer {key_id(right)}.{'x' * 43}")
    for org in ({}, {"X-Anyreach-Org": edge.org}):
        assert "unknown" in problem(wrong("GET", SETTINGS, **org), 401)["detail"]
    right.get(SETTINGS)
    problem(wrong("GET", SETTINGS, **{"X-Anyreach-Org": edge.org}), 401)
    right.get(SETTINGS)


def test_a_personal_tokens_secret_opens_no_api_key_and_the_other_way_round(
    edge: Dialer, api: Client, pat: Keys, ada: str
) -> None:
    token = pat(ada, edge.org)
    for client, prefix in ((api, "pat_"), (token, "ak_")):
        renamed = client.headers["Authorization"].replace(key_id(client), prefix + key_id(client).rpartition("_")[2])
        problem(Client(renamed)("GET", SETTINGS, **{"X-Anyreach-Org": edge.org}), 401)


@pytest.mark.parametrize(
    "token",
    [
        "pat_0123456789abcdef",
        "pat_0123456789abcdef.",
        "pat_0123456789ABCDEF.secret",
        "pat_0123456789abcde.secret",
        "pat_0123456789abcdef0.secret",
        "PAT_0123456789abcdef.secret",
        "pat_0123456789abcdef.se cret",
        "pat_0123456789abcdef.sécret",
        "pat_0123456789abcdef.\ud800",
        "pat_\u0660\u0661\u0662\u0663456789abcdef.secret",
        "pat_0123456789abcdef.a.b",
        "pat_0123456789abcdef." + "x" * 100_000,
        "osvi_abcdef.0123456789",
        "0123456789abcdef",
        "pat_.secret",
        "\npat_0123456789abcdef.secret",
    ],
)
def test_a_malformed_token_is_refused_and_nothing_breaks(edge: Dialer, token: str) -> None:
    client = Client(f"Bearer {token}", front_doors.ministack)  # AWS passes neither 100,000 characters nor surrogates on
    for headers in ({}, {"X-Anyreach-Org": edge.org}):
        detail = problem(client("GET", SETTINGS, **headers), 401)["detail"]
        assert detail != WITHOUT_ORG


def test_neither_who_calls_nor_with_what_is_logged(
    edge: Dialer, pat: Keys, ada: str, caplog: pytest.LogCaptureFixture
) -> None:
    member, stranger = pat(ada, edge.org), pat(f"eve-{uuid4()}", edge.org)
    member.get(SETTINGS)
    problem(member("GET", SETTINGS, **{"X-Anyreach-Org": "elsewhere"}), 403)
    problem(stranger("GET", SETTINGS), 403)
    told = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert edge.org in told
    for private in (
        "ada-",
        "eve-",
        *(client.headers["Authorization"].rpartition(".")[2] for client in (member, stranger)),
    ):
        assert private not in told


# ---------------------------------------------------------------- what a process remembers


@pytest.fixture
def counted(dynamodb: Any, shared_table: str) -> CountingTable:
    return CountingTable(dynamodb, shared_table)


def reads(counted: CountingTable, act: Callable[[], object]) -> int:
    """How many reads `act` takes, whether it is refused or not."""
    before = counted.requests["get_item"]
    with suppress(UnauthenticatedError, ForbiddenError):
        act()
    return counted.requests["get_item"] - before


def test_a_credential_in_use_costs_one_read_a_minute_and_a_personal_token_two(
    dialer: Dialer, counted: CountingTable
) -> None:
    authenticator, user = Authenticator(counted), f"ada-{uuid4()}"
    members.add(dialer.table, dialer.org, user, Role.VIEWER, NOW)
    api_key = credentials.create_api_key(dialer.table, dialer.org, ALL_SCOPES, NOW)
    token = credentials.create_personal_token(dialer.table, user, ALL_SCOPES, NOW)
    for credential, expected in ((api_key, 1), (token, 2)):
        comes = partial(authenticator.authenticate, f"Bearer {credential}", dialer.org, READ)
        taken = [reads(counted, partial(comes, now)) for now in range(NOW, NOW + CACHE_MS, 10_000)]
        assert taken == [expected, 0, 0, 0, 0, 0]


def test_invented_ids_and_orgs_are_not_remembered_and_drive_out_nothing(
    dialer: Dialer, counted: CountingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "CACHE_SIZE", 3)
    authenticator, user = Authenticator(counted), f"ada-{uuid4()}"
    members.add(dialer.table, dialer.org, user, Role.ADMIN, NOW)
    token = f"Bearer {credentials.create_personal_token(dialer.table, user, ALL_SCOPES, NOW)}"

    def use(authorization: str, org: str) -> int:
        return reads(counted, lambda: authenticator.authenticate(authorization, org, ANY_CREDENTIAL, NOW))

    assert use(token, dialer.org) == 2
    for n in range(10):
        assert use(f"Bearer pat_{n:016x}.secret", dialer.org) == 1
        assert use(token, f"invented-{n}") == 1
        assert use(token, f"Not an org #{n}") == 0
    assert use(token, dialer.org) == 0


def test_what_a_process_remembers_is_bounded_and_the_credential_unused_longest_goes_first(
    dialer: Dialer, counted: CountingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "CACHE_SIZE", 3)
    authenticator = Authenticator(counted)
    first, second, third, fourth = (
        f"Bearer {credentials.create_api_key(dialer.table, dialer.org, ALL_SCOPES, NOW)}" for _ in range(4)
    )

    def use(authorization: str) -> int:
        return reads(counted, lambda: authenticator.authenticate(authorization, None, READ, NOW))

    assert [use(one) for one in (first, second, third, first, fourth)] == [1, 1, 1, 0, 1]
    assert [use(one) for one in (first, third, fourth)] == [0, 0, 0]
    assert use(second) == 1


# ---------------------------------------------------------------- listing


def test_the_credentials_of_an_org_and_of_a_user_are_listed_oldest_first_and_revoked_ones_are_gone(
    table: Table, dialer: Dialer
) -> None:
    user = f"ada-{uuid4()}"
    created = [
        credentials.create_api_key(table, dialer.org, READ, NOW + 2, NOW + 9, "nightly import"),
        credentials.create_api_key(table, dialer.org, ALL_SCOPES, NOW + 1),
        credentials.create_personal_token(table, user, READ, NOW + 1),
    ]
    osvi = credentials.create_osvi_token(table, dialer.org, NOW + 3)
    named, plain, token = (one.partition(".")[0] for one in created)
    keys_listed = credentials.of_org(table, dialer.org)
    assert [one.key_id for one in keys_listed] == [plain, named, credentials.osvi_parts(osvi)[0]]
    assert (keys_listed[1].name, keys_listed[1].created_at, keys_listed[1].expires_at) == (
        "nightly import",
        NOW + 2,
        NOW + 9,
    )
    assert [(one.key_id, one.owner) for one in credentials.of_user(table, user)] == [(token, user)]
    credentials.revoke(table, plain)
    assert credentials.of_org(table, dialer.org)[0].key_id == named


def test_a_member_is_listed_once_with_its_latest_role_until_it_is_removed(table: Table, dialer: Dialer) -> None:
    members.add(table, dialer.org, "zoe", Role.VIEWER, NOW)
    members.add(table, dialer.org, "ada", Role.VIEWER, NOW + 1)
    members.add(table, dialer.org, "zoe", Role.ADMIN, NOW + 2)
    listed = [(one.user, one.role, one.added_at) for one in members.of_org(table, dialer.org)]
    assert listed == [("ada", Role.VIEWER, NOW + 1), ("zoe", Role.ADMIN, NOW)]
    assert [members.remove(table, dialer.org, "zoe") for _ in range(2)] == [True, False]
    assert [one.user for one in members.of_org(table, dialer.org)] == ["ada"]
