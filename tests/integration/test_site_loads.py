"""When Caddy is given a configuration, what one load carries, and whom a bad site file harms. Spec section 4."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from codeb.adapters.caddy.gathering import Gathering
from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.errors import CodebError
from codeb.services.errors import SiteRefused, SwitchFailed
from codeb.services.protocols import Site
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.test_proxy import ask, site
from tests.integration.waiting import free_port, until

pytestmark = pytest.mark.integration

GARBAGE = {
    "no Caddyfile at all": "\x00\x01 what is this }{",
    "a directive that does not exist": "http://b.test {\n\tno_such_directive\n}\n",
    "a brace that is never closed": "http://b.test {\n\trespond hello\n",
    "a brace too many": "http://b.test {\n\trespond hello\n}\n}\n",
    "an open quote": 'http://b.test {\n\trespond "hello\n}\n',
    "bytes that are no text": "http://b.test {\n\t\udcff\udcfe\n}\n",
    "the address of another site": "http://a.test {\n\trespond mine\n}\n",
    "a value that only the running Caddy refuses": "b.test {\n\ttls /no.pem /no.key\n}\n",
}


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    blue, green = free_port(), free_port()
    with backend("blue", blue), backend("green", green):
        yield blue, green


@pytest.fixture
def sites(caddy: CaddyProcess, ports: tuple[int, int]) -> dict[str, Site]:
    """Sites a, b and c, all served from the same two slots."""
    made = {name: site(*ports, Environment.of(name)) for name in "abc"}
    caddy.proxy.install(*made.values())
    for each in made.values():
        caddy.proxy.route(each, Word.BLUE)
    return made


def slot(caddy: CaddyProcess, name: str) -> str | None:
    return ask(caddy, f"{name}.test").headers["X-CodeB-Slot"]


def damage(caddy: CaddyProcess, name: str, text: str) -> None:
    path = caddy.tree.sites / f"{name}-production.caddy"
    path.write_bytes(text.encode(errors="surrogateescape"))


def at_once(caddy: CaddyProcess, changes: list[Site]) -> list[bool | CodebError]:
    """Each site installed by a thread of its own, all at the same time."""
    barrier = Barrier(len(changes))

    def install(changed: Site) -> bool | CodebError:
        barrier.wait(10)
        try:
            return caddy.proxy.install(changed)
        except CodebError as error:
            return error

    with ThreadPoolExecutor(len(changes)) as threads:
        return list(threads.map(install, changes))


def test_changes_that_come_together_share_one_load(caddy: CaddyProcess) -> None:
    before = caddy.loads()
    told = at_once(caddy, [site(1, 2, Environment.of(f"site-{number}")) for number in range(12)])
    assert told == [True] * 12
    assert caddy.loads() == before + 1
    assert {ask(caddy, f"site-{number}.test").status for number in range(12)} == {503}


def test_one_bad_site_fails_alone(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    changes = [site(1, 2, Environment.of(name)) for name in ("good", "bad", "well")]
    changes[1] = replace(changes[1], hosts=("a.test",))
    good, bad, well = at_once(caddy, changes)
    assert (good, well) == (True, True)
    assert isinstance(bad, SiteRefused)
    assert "a.test" in str(bad)
    names = {path.name.partition("-")[0] for path in caddy.tree.sites.glob("*.caddy")}
    assert names == {"a", "b", "c", "good", "well"}
    assert caddy.proxy.word(Environment.of("bad")) is None
    assert slot(caddy, "a") == "blue"


def test_a_site_that_is_there_already_is_told_so_among_others(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    assert at_once(caddy, [sites["a"], site(1, 2, Environment.of("d"))]) == [False, True]


def test_two_processes_change_sites_one_after_the_other(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    other = replace(caddy.proxy, tree=replace(caddy.tree, gathering=Gathering()))
    before = caddy.loads()
    with ThreadPoolExecutor(2) as threads:
        mine = threads.submit(caddy.proxy.install, site(1, 2, Environment.of("mine")))
        theirs = threads.submit(other.install, site(1, 2, Environment.of("theirs")))
        assert (mine.result(), theirs.result()) == (True, True)
    assert caddy.loads() == before + 2
    assert {ask(caddy, f"{name}.test").headers["X-CodeB-Word"] for name in ("mine", "theirs")} == {"empty"}


def test_installed_and_removed_at_once_both_happen(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    before = caddy.loads()
    with ThreadPoolExecutor(2) as threads:
        gone = threads.submit(caddy.proxy.remove, Environment.of("a"))
        come = threads.submit(caddy.proxy.install, site(1, 2, Environment.of("d")))
        gone.result()
        assert come.result()
    assert caddy.loads() - before in (1, 2)
    assert ask(caddy, "a.test").status == 200, "Caddy's own empty answer"
    assert ask(caddy, "d.test").headers["X-CodeB-Word"] == "empty"


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_broken_file_of_another_project_does_not_stand_in_the_way(
    caddy: CaddyProcess, sites: dict[str, Site], ports: tuple[int, int], garbage: str
) -> None:
    damage(caddy, "b", garbage)
    assert caddy.proxy.route(sites["a"], Word.GREEN).answered_slot is SlotName.GREEN
    changed = replace(sites["a"], hosts=("a.test", "www.a.test"))
    with capture_logs() as logs:
        assert caddy.proxy.install(changed)
    assert [(log["event"], log["log_level"]) for log in logs] == [("site_file_broken", "error")]
    kept = Path(logs[0]["kept"])
    assert kept == caddy.tree.sites / "b-production.caddy.broken"
    assert kept.read_bytes() == garbage.encode(errors="surrogateescape"), "what a person wrote is kept for them"
    assert [slot(caddy, name) for name in ("a", "www.a", "b", "c")] == ["green", "green", "blue", "blue"]
    assert caddy.proxy.route(sites["c"], Word.GREEN).answered_slot is SlotName.GREEN
    caddy.stop()
    caddy.start()
    until(caddy.ready, "Caddy starts with what is on disk")
    assert [slot(caddy, name) for name in ("a", "b", "c")] == ["green", "blue", "green"]


def test_a_broken_file_that_was_never_accepted_is_left_out(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    damage(caddy, "by-hand", GARBAGE["a directive that does not exist"])
    with capture_logs() as logs:
        assert caddy.proxy.install(replace(sites["a"], hosts=("a.test", "www.a.test")))
    assert [log["served"] for log in logs] == ["nothing"]
    assert [slot(caddy, name) for name in ("www.a", "b", "c")] == ["blue", "blue", "blue"]


def test_several_broken_files_do_not_stand_in_the_way_either(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    damage(caddy, "b", GARBAGE["a directive that does not exist"])
    damage(caddy, "c", GARBAGE["a brace that is never closed"])
    assert caddy.proxy.install(replace(sites["a"], hosts=("a.test", "www.a.test")))
    assert [slot(caddy, name) for name in ("www.a", "b", "c")] == ["blue", "blue", "blue"]


def test_a_bad_change_is_refused_whatever_else_is_broken(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    damage(caddy, "b", GARBAGE["a brace that is never closed"])
    with pytest.raises(SiteRefused, match=r"a\.test"):
        caddy.proxy.install(replace(site(1, 2, Environment.of("d")), hosts=("a.test",)))
    assert [slot(caddy, name) for name in "abc"] == ["blue", "blue", "blue"]


def test_a_file_that_was_removed_by_hand_stays_removed(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    (caddy.tree.sites / "b-production.caddy").unlink()
    caddy.proxy.install(replace(sites["a"], hosts=("a.test", "www.a.test")))
    assert slot(caddy, "b") is None
    assert sorted(path.name for path in caddy.tree.accepted.iterdir()) == ["a-production.caddy", "c-production.caddy"]


def test_accepted_copies_are_their_owners_alone(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    assert caddy.tree.accepted.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in caddy.tree.accepted.iterdir()} == {0o600}


def test_the_next_install_mends_a_projects_own_broken_file(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    damage(caddy, "b", GARBAGE["a brace that is never closed"])
    with pytest.raises(SwitchFailed, match="was damaged; `codeb doctor` mends it"):
        caddy.proxy.route(sites["b"], Word.GREEN)
    assert caddy.proxy.install(sites["b"])
    assert caddy.proxy.route(sites["b"], Word.GREEN).answered_slot is SlotName.GREEN


def test_switches_maintenance_and_fallbacks_load_nothing(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    before = caddy.loads()
    for _ in range(50):
        for word in (Word.GREEN, Word.GREEN_BLUE, Word.GREEN, Word.MAINTENANCE, Word.BLUE):
            caddy.proxy.route(sites["a"], word)
    assert caddy.loads() == before


def test_the_streams_of_others_outlive_every_load(caddy: CaddyProcess, sites: dict[str, Site]) -> None:
    async def watch() -> None:
        async with connect("ws://b.test/ws", host="127.0.0.1", port=caddy.port) as socket:
            reader, writer = await asyncio.open_connection("127.0.0.1", caddy.port)
            writer.write(b"GET /events HTTP/1.1\r\nHost: c.test\r\n\r\n")
            for number in range(6):
                changed = replace(sites["a"], hosts=("a.test", f"a{number}.test"))
                assert await asyncio.to_thread(caddy.proxy.install, changed)
                await socket.send(f"load {number}")
                assert await asyncio.wait_for(socket.recv(), 10) == f"blue: load {number}"
                while await asyncio.wait_for(reader.readline(), 10) != b"data: blue\n":
                    pass
            writer.close()
            await writer.wait_closed()

    before = caddy.loads()
    asyncio.run(watch())
    assert caddy.loads() == before + 6
