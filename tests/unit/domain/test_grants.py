"""No token is wider than the key that makes it, whatever is asked for. Security 4."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.domain.access import EVERY_SCOPE, AuthContext, Forbidden, KeyKind, Role
from codeb.domain.grants import Grant, granted
from codeb.domain.keys import RateLimit, new_key

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCOPES = st.frozensets(st.sampled_from([EVERY_SCOPE, "deploy.create", "env.write", "token.create"]))
PROJECTS = st.none() | st.frozensets(st.sampled_from(["blog", "shop", "owl"]))
ENDS = st.none() | st.integers(1, 100).map(lambda days: NOW + timedelta(days=days))
KEYS = st.builds(AuthContext, st.just("key_1"), st.just("t"), st.sampled_from(Role), SCOPES, PROJECTS)
GRANTS = st.builds(
    Grant, st.sampled_from(Role), st.none() | SCOPES, PROJECTS, st.none() | st.sampled_from(KeyKind), ENDS
)
MAKES = {
    KeyKind.PERSON: {KeyKind.PERSON, KeyKind.CI, KeyKind.ASSISTANT},
    KeyKind.CI: {KeyKind.CI, KeyKind.ASSISTANT},
    KeyKind.ASSISTANT: {KeyKind.ASSISTANT},
}


@given(KEYS, st.sampled_from(KeyKind), ENDS, GRANTS)
def test_what_is_granted_is_never_more_than_the_key_has(
    auth: AuthContext, kind: KeyKind, ends: datetime | None, wanted: Grant
) -> None:
    auth = AuthContext(auth.key_id, auth.team_id, auth.role, auth.scopes, auth.projects, kind=kind)
    own = new_key("t", auth.role, name="", scopes=auth.scopes, expires_at=ends).record
    try:
        grant = granted(auth, own, wanted)
    except Forbidden:
        return
    assert auth.role.covers(grant.role)
    assert grant.scopes is not None
    assert EVERY_SCOPE in auth.scopes or grant.scopes <= auth.scopes
    assert auth.projects is None or (grant.projects is not None and grant.projects <= auth.projects)
    assert ends is None or (grant.expires_at is not None and grant.expires_at <= ends)
    assert grant.kind in MAKES[kind]


def test_what_is_not_asked_for_is_as_the_key_has_it() -> None:
    auth = AuthContext("key_1", "t", Role.ADMIN, frozenset({"env.write"}), frozenset({"blog"}), kind=KeyKind.CI)
    rate = RateLimit(requests=5, window=60)
    own = new_key("t", Role.ADMIN, name="", scopes=auth.scopes, expires_at=NOW, rate_limit=rate).record
    grant = granted(auth, own, Grant(Role.MEMBER))
    assert grant == Grant(Role.MEMBER, auth.scopes, auth.projects, KeyKind.CI, NOW, rate)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Grant(Role.ADMIN), "above your own role"),
        (Grant(Role.MEMBER, scopes=frozenset({"env.write"})), "env.write"),
        (Grant(Role.MEMBER, projects=frozenset({"shop"})), "limited to blog"),
        (Grant(Role.MEMBER, rate_limit=RateLimit(requests=1, window=1)), "only an admin"),
    ],
)
def test_a_refusal_says_what_was_too_much(wanted: Grant, says: str) -> None:
    auth = AuthContext("key_1", "t", Role.MEMBER, frozenset({"deploy.create"}), frozenset({"blog"}))
    with pytest.raises(Forbidden, match=says):
        granted(auth, None, wanted)


@pytest.mark.parametrize("wanted", KeyKind)
@pytest.mark.parametrize("own", KeyKind)
def test_a_key_makes_no_kind_that_is_stronger_than_its_own(own: KeyKind, wanted: KeyKind) -> None:
    auth = AuthContext("key_1", "t", Role.OWNER, kind=own)
    if wanted in MAKES[own]:
        assert granted(auth, None, Grant(Role.MEMBER, kind=wanted)).kind is wanted
        return
    with pytest.raises(Forbidden, match=f"a key of kind {own} makes .* none of kind {wanted}"):
        granted(auth, None, Grant(Role.MEMBER, kind=wanted))
