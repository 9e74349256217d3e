"""What the doctor finds between the records and what runs, mends, and leaves. Issue 4, section 5."""

from dataclasses import replace
from datetime import timedelta

from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName
from codeb.domain.routing import Word
from codeb.services.protocols import Conflict
from tests.fakes.containers import Container
from tests.unit.services.conftest import BLOG, ME
from tests.world import World

BLUE, GREEN = "blog-production-blue", "blog-production-green"


def whats(world: World, *, dry_run: bool = False) -> list[str]:
    return [finding.what for finding in world.doctor(dry_run=dry_run)]


def test_a_healthy_host_has_nothing_to_tell(green: World) -> None:
    green.upkeep()
    assert whats(green) == []


def test_a_container_that_is_gone_is_made_again_from_the_record(green: World) -> None:
    spec = green.runtime.specs[GREEN]
    del green.runtime.containers[GREEN]
    assert any("it is started again" in what for what in whats(green))
    assert green.runtime.specs[GREEN] == spec
    assert whats(green) == []


def test_a_container_that_was_stopped_by_hand_runs_again(green: World) -> None:
    green.runtime.containers[BLUE] = replace(green.runtime.containers[BLUE], running=False)
    whats(green)
    assert green.runtime.containers[BLUE].running


def test_a_container_in_an_empty_slot_goes(green: World) -> None:
    orphan = green.runtime.containers[BLUE]
    green.cleanup(BLOG, ME, force=True)
    green.runtime.containers[BLUE] = orphan
    assert whats(green) == [f"{BLUE} runs in an empty slot"]
    assert list(green.runtime.running) == [GREEN]


def test_another_container_under_the_active_slots_name_is_reported_and_never_removed(green: World) -> None:
    green.runtime.containers[GREEN] = Container("dep_by_hand", green.runtime.specs[GREEN])
    (finding,) = green.doctor()
    assert not finding.mended
    assert "is left alone" in finding.what
    assert green.runtime.running[GREEN] == "dep_by_hand"


def test_what_was_set_aside_and_forgotten_comes_back_or_goes(green: World) -> None:
    held = green.runtime.containers.pop(BLUE)
    green.runtime.containers[f"{BLUE}.aside-dep_9"] = replace(held, running=False)
    green.runtime.containers[f"{GREEN}.aside-dep_8"] = Container("dep_old", held.spec, running=False)
    green.doctor()
    assert set(green.runtime.running) == {BLUE, GREEN}
    assert green.runtime.containers[BLUE].running


def test_a_site_or_pointer_that_differs_is_put_right(green: World) -> None:
    green.proxy.sites[BLOG] = replace(green.proxy.sites[BLOG], hosts=("elsewhere",))
    green.proxy.words[BLOG] = Word.BLUE
    assert len(whats(green)) == 2
    assert green.proxy.words[BLOG] is Word.GREEN
    assert green.proxy.sites[BLOG].hosts == ("blog.codeb.test",)


def test_a_dry_run_finds_the_same_and_touches_nothing(green: World) -> None:
    del green.runtime.containers[GREEN]
    green.proxy.words[BLOG] = Word.BLUE
    ticks = green.faults.ticks
    found = green.doctor(dry_run=True)
    assert len(found) == 2
    assert not any(finding.mended for finding in found)
    assert green.faults.ticks == ticks
    assert all(finding.mended for finding in green.doctor())


def test_a_host_whose_journal_is_gone_begins_with_what_the_database_has(green: World) -> None:
    pair = green.slots.get(BLOG)
    green.history.rows[BLOG] = pair
    del green.journal.lines[BLOG]
    assert any("begins with what the database has" in what for what in whats(green))
    assert green.slots.get(BLOG) == pair
    assert green.rollback(BLOG, ME).changed


def test_a_project_that_was_declared_and_never_finished_gets_its_slots(green: World) -> None:
    staging = Environment("blog", EnvironmentName.STAGING)
    del green.journal.lines[staging]
    green.doctor()
    assert green.slots.get(staging).active is None


def test_a_deletion_that_was_cut_short_is_finished(green: World) -> None:
    for name in EnvironmentName:
        environment = Environment("blog", name)
        green.journal.append(environment, EventKind.DELETING, generation=9, by="me", why="deleted", data={})
    green.doctor()
    assert green.runtime.running == {}
    assert green.journal.lines == {}
    assert green.projects.known == {}
    assert whats(green) == []


def test_a_project_that_the_database_does_not_know_is_reported_and_left_alone(green: World) -> None:
    del green.projects.known["blog"]
    running = dict(green.runtime.running)
    findings = green.doctor()
    assert findings
    assert not any(finding.mended for finding in findings)
    assert green.runtime.running == running


def test_conflicts_and_the_hosts_own_troubles_are_told(green: World) -> None:
    green.check.says = "Caddy is 2.6.2: it cannot read the pointer file"
    green.history.conflicting.append(
        Conflict(BLOG, green.clock.now() - timedelta(hours=1), {"generation": 4}, {"generation": 4}, "journal")
    )
    found = whats(green)
    assert found[0].startswith("Caddy is 2.6.2")
    assert "told different stories of generation 4; the journal's stands" in found[-1]


def test_a_server_at_its_start_looks_at_no_container(green: World) -> None:
    del green.runtime.containers[GREEN]
    green.proxy.words[BLOG] = Word.BLUE
    assert [finding.what for finding in green.recover(containers=False)] == [
        "the pointer says blue, the records say green"
    ]
    assert GREEN not in green.runtime.containers
    green.recover()
    assert GREEN in green.runtime.containers
