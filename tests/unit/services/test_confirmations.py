"""A person's yes to an assistant's wish. Security 4."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeb.domain.access import AuthContext, KeyKind, Role
from codeb.services.confirmations import Confirmations, NotConfirmed, TooMuchToConfirm, UnknownRequest
from tests.fakes.records import FakeClock

PARAMS = {"projectName": "blog"}


def asked(confirmations: Confirmations, key: str = "key_a", tool: str = "promote", **params: object) -> str:
    wish = {**PARAMS, **params}
    auth = AuthContext(key, "team-a", Role.MEMBER, kind=KeyKind.ASSISTANT)
    return confirmations.ask(tool, "deploy.promote", Role.MEMBER, wish, auth).request_id


def code(confirmations: Confirmations, request_id: str) -> str:
    return confirmations.confirm(confirmations.request(request_id))[0]


def test_a_code_is_good_for_that_very_call_once() -> None:
    confirmations = Confirmations(FakeClock())
    given_code = code(confirmations, asked(confirmations))
    confirmations.use(given_code, "promote", PARAMS, "key_a")
    with pytest.raises(NotConfirmed):
        confirmations.use(given_code, "promote", PARAMS, "key_a")


@pytest.mark.parametrize(
    ("tool", "params", "key"),
    [
        ("rollback", PARAMS, "key_a"),
        ("promote", {"projectName": "shop"}, "key_a"),
        ("promote", {**PARAMS, "force": True}, "key_a"),
        ("promote", PARAMS, "key_b"),
    ],
)
def test_a_code_is_good_for_nothing_else_and_gone_when_it_is_tried(
    tool: str, params: dict[str, object], key: str
) -> None:
    confirmations = Confirmations(FakeClock())
    given_code = code(confirmations, asked(confirmations))
    with pytest.raises(NotConfirmed):
        confirmations.use(given_code, tool, params, key)
    with pytest.raises(NotConfirmed):
        confirmations.use(given_code, "promote", PARAMS, "key_a")


def test_request_and_code_each_live_five_minutes() -> None:
    clock = FakeClock()
    confirmations = Confirmations(clock)
    request_id = asked(confirmations)
    clock.pass_by(timedelta(minutes=4))
    given_code = code(confirmations, request_id)
    clock.pass_by(timedelta(minutes=4))
    late = asked(confirmations, tool="rollback")
    clock.pass_by(timedelta(minutes=1))
    with pytest.raises(NotConfirmed):
        confirmations.use(given_code, "promote", PARAMS, "key_a")
    assert confirmations.request(late).tool == "rollback"
    clock.pass_by(timedelta(minutes=4))
    with pytest.raises(UnknownRequest):
        confirmations.request(late)


def test_the_same_wish_is_the_same_request() -> None:
    confirmations = Confirmations(FakeClock())
    assert asked(confirmations) == asked(confirmations)
    assert asked(confirmations) != asked(confirmations, key="key_b")


@given(wishes=st.lists(st.tuples(st.sampled_from(["key_a", "key_b"]), st.integers()), max_size=80))
def test_wishes_of_one_key_push_out_nobody_elses(wishes: list[tuple[str, int]]) -> None:
    confirmations = Confirmations(FakeClock())
    others = asked(confirmations, key="key_quiet")
    for key, number in wishes:
        asked(confirmations, key=key, number=number)
    assert confirmations.request(others).auth.key_id == "key_quiet"
    assert len(confirmations.waiting) <= 41


def test_the_code_is_kept_as_a_hash_only() -> None:
    confirmations = Confirmations(FakeClock())
    given_code = code(confirmations, asked(confirmations))
    assert given_code not in repr(confirmations)


def test_a_request_is_confirmed_once() -> None:
    confirmations = Confirmations(FakeClock())
    request = confirmations.request(asked(confirmations))
    confirmations.confirm(request)
    with pytest.raises(UnknownRequest):
        confirmations.confirm(request)


def test_more_than_a_person_can_look_over_is_not_kept() -> None:
    confirmations = Confirmations(FakeClock())
    with pytest.raises(TooMuchToConfirm):
        asked(confirmations, content="x" * 2_000_000)
    assert confirmations.waiting == {}
