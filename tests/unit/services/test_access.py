"""What the registry is spared, and what a key that was revoked meanwhile still gets: nothing."""

from datetime import timedelta

import pytest

from codeb.domain.access import AuthContext, Forbidden, Role
from codeb.domain.grants import Grant
from codeb.domain.keys import KeyRecord, new_key
from codeb.domain.teams import MAX_MEMBERS, Member, Team, TooMany
from codeb.services.tokens import MAX_TOKENS
from tests.world import World

ANN = AuthContext("key_ann", "team-a", Role.ADMIN)


@pytest.fixture
def world() -> World:
    world = World()
    with world.access.changing() as change:
        change.put_team(Team(id="team-a", name="a", slug="team-a"))
        change.put_key(record(world, "key_ann"))
    return world


def record(world: World, key_id: str, *, expired_days: int | None = None) -> KeyRecord:
    made = new_key("team-a", Role.ADMIN, name="x", scopes=frozenset({"*"}), created_at=world.clock.now()).record
    ends = None if expired_days is None else world.clock.now() - timedelta(days=expired_days)
    return made.model_copy(update={"id": key_id, "expires_at": ends})


def fill(world: World, count: int, *, expired_days: int | None = None) -> None:
    with world.access.changing() as change:
        for number in range(count):
            change.put_key(record(world, f"key_{number}", expired_days=expired_days))


def test_a_key_that_was_revoked_meanwhile_makes_no_token_and_no_team(world: World) -> None:
    gone = AuthContext("key_gone", "team-a", Role.OWNER)
    before = world.access.content
    with pytest.raises(Forbidden, match="revoked"):
        world.use.access.tokens.create(gone, None, "x", Grant(Role.VIEWER))
    with pytest.raises(Forbidden, match="revoked"):
        world.use.access.teams.create(gone, "Another", None)
    assert world.access.content == before


def test_a_key_that_was_lowered_meanwhile_hands_out_nothing_of_what_it_was(world: World) -> None:
    with world.access.changing() as change:
        change.put_key(change.keys()["key_ann"].model_copy(update={"role": Role.VIEWER}))
    with pytest.raises(Forbidden, match="lowered"):
        world.use.access.tokens.create(ANN, None, "x", Grant(Role.ADMIN))


def test_a_team_has_so_many_tokens_and_no_more(world: World) -> None:
    fill(world, MAX_TOKENS - 1)
    with pytest.raises(TooMany, match="tokens"):
        world.use.access.tokens.create(ANN, None, "x", Grant(Role.VIEWER))


def test_tokens_that_ended_long_ago_make_room(world: World) -> None:
    fill(world, MAX_TOKENS - 1, expired_days=31)
    world.use.access.tokens.create(ANN, None, "x", Grant(Role.VIEWER))
    assert len(world.access.keys()) == 2
    fill(world, 3, expired_days=1)
    world.use.access.tokens.create(ANN, None, "y", Grant(Role.VIEWER))
    assert len(world.access.keys()) == 6


def test_a_team_has_so_many_members_and_no_more(world: World) -> None:
    crowd = tuple(
        Member(id=f"mem_{each}", email=f"m{each}@codeb.test", role=Role.VIEWER) for each in range(MAX_MEMBERS)
    )
    with world.access.changing() as change:
        change.put_team(Team(id="team-a", name="a", slug="team-a", members=crowd))
    members = world.use.access.members
    with pytest.raises(TooMany, match="members"):
        members.invite(ANN, None, "late@codeb.test", None, Role.VIEWER)
    assert members.invite(ANN, None, "m1@codeb.test", None, Role.MEMBER).changed


def test_what_is_so_already_is_not_written(world: World) -> None:
    members = world.use.access.members
    members.invite(ANN, None, "ann@codeb.test", "Ann", Role.MEMBER)
    written = world.access.written
    assert members.invite(ANN, None, "ann@codeb.test", None, Role.MEMBER).changed is False
    before, after = world.use.access.teams.change(ANN, None, lambda team: team)
    assert before == after
    assert world.access.written == written
