"""What went wrong in the first CodeB, asked of the API: the lessons that no test of one module shows."""

from pathlib import Path

import pytest

from codeb.errors import Unavailable
from tests.doors import House
from tests.unit.api.conftest import Tool

BLOCK = "down\n}\nevil.test {\n\trespond pwned\n}\n"
AWKWARD = {
    "PLAIN": "x",
    "SPACED": " a b ",
    "QUOTED": 'it\'s "so"',
    "HASHED": "a # b",
    "DOLLAR": "$HOME ${X}",
    "PEM": "1\n2",
}


@pytest.fixture
def active(tool: Tool) -> Tool:
    """v1 in grace, v2 with the traffic."""
    for version in ("v1", "v2"):
        assert tool("deploy", projectName="blog", version=version)["success"]
        assert tool("promote", projectName="blog")["success"]
    return tool


@pytest.mark.parametrize("call", ["rollback", "maintenance"])
def test_a_reason_of_several_lines_reaches_no_site(active: Tool, house: House, call: str) -> None:
    """Lesson 13. A site has no place for it; where it is kept, it is one value of one record."""
    active(call, projectName="blog", reason=BLOCK)
    assert "evil" not in repr(house.world.proxy.sites)
    assert "evil" not in repr(house.world.proxy.words)


def test_what_env_sync_wrote_is_what_containers_get_also_the_second_time(tool: Tool, house: House) -> None:
    """Lesson 29: deploys read what was written, and quoting does not differ from one to the next."""
    tool("env_sync", projectName="blog", variables=AWKWARD)
    seen = []
    for version in ("v1", "v2", "v3"):
        slot = tool("deploy", projectName="blog", version=version)["slot"]
        tool("promote", projectName="blog")
        given = house.world.runtime.specs[f"blog-production-{slot}"].env
        seen.append({name: given[name] for name in AWKWARD})
    assert seen == [AWKWARD] * 3


def test_slots_that_cannot_be_read_are_no_empty_list(tool: Tool, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lesson 32."""

    def away() -> None:
        raise Unavailable("the journal", "input/output error")

    monkeypatch.setattr(house.world.slots, "all", away)
    answer = tool("slot_list", status=503)
    assert (answer["success"], answer["code"]) == (False, "unavailable")
    assert "data" not in answer


def test_a_request_writes_no_key_file(tool: Tool, house: House) -> None:
    """Lesson 30: not even when the server says when keys were last used."""
    before = _state(house.keys.path)
    for _ in range(20):
        tool("slot_list")
    house.keys.flush(at_once=True)
    assert _state(house.keys.path) == before


def _state(path: Path) -> tuple[int, int, bytes]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, path.read_bytes()


@pytest.mark.parametrize("value", ["abcdefgh", "hunter22", "x" * 8])
def test_of_a_short_value_nothing_is_shown(tool: Tool, house: House, value: str) -> None:
    """Lesson 3: the first four characters and the last four are all eight."""
    tool("env_sync", projectName="blog", variables={"GREETING": value, "DATABASE_URL": f"postgres://u:{value}@db/x"})
    viewer = house.key("viewer")
    for name in ("env_get", "env_history", "env_diff"):
        text = repr(tool(name, key=viewer, projectName="blog"))
        assert value[:4] not in text
        assert value[-4:] not in text
