"""The journal's events in the database: merged, never twice, and two stories never silently one. Spec section 7."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.journal.files import FileJournal
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.history import PostgresHistory
from codeb.domain.deployment import DeploymentStatus
from codeb.domain.events import EventKind
from codeb.domain.names import Environment, EnvironmentName, SlotName
from codeb.domain.project import ProjectSettings
from codeb.domain.records import deployment_record
from codeb.domain.slots import SlotPair
from codeb.errors import Unavailable
from codeb.services.errors import UnknownDeployment
from codeb.services.protocols import Conflict
from tests.samples import (
    BLOG,
    NOW,
    PAIR,
    at_generation,
    dep,
    deployed,
    deployment,
    migrated,
    release,
    released,
    settled,
    switched,
    write,
)

pytestmark = pytest.mark.integration

RUNNING = DeploymentStatus.RUNNING


def row(history: PostgresHistory) -> dict[str, Any]:
    with history.database.transaction() as connection:
        found = connection.execute(
            "SELECT * FROM project_slots WHERE project_name = 'blog' AND environment = 'production'"
        ).fetchone()
    assert found is not None
    return found


def commit(journal: FileJournal, *pairs: SlotPair) -> None:
    for pair in pairs:
        write(journal, EventKind.SLOTS, settled(pair), generation=pair.generation)


def kept(conflicts: Sequence[Conflict]) -> list[tuple[str, object, object]]:
    return [(each.kept, each.journal["generation"], each.database["generation"]) for each in conflicts]


def test_the_journal_is_brought_in_once_and_after_an_outage_whole(
    history: PostgresHistory, away: Database, journal: FileJournal
) -> None:
    pair = released(journal, 1, PAIR)
    assert not PostgresHistory(away, journal).project(BLOG)
    for _ in range(2):
        assert history.project(BLOG)
    (stored,) = history.deployments("blog", EnvironmentName.PRODUCTION, 10)
    assert (stored.status, stored.promoted_by) == (DeploymentStatus.SUCCESS, "me")
    assert stored.receipt == {"word": "blue", "transition": "promote"}
    assert stored.migration == {"dump": "/dumps/1"}
    now = row(history)
    assert (now["active_slot"], now["generation"]) == ("blue", pair.generation)
    assert now["blue"]["deploymentId"] == dep(1)
    assert history.conflicts() == []


def test_the_history_is_the_same_from_the_database_and_from_the_journal(
    history: PostgresHistory, away: Database, journal: FileJournal
) -> None:
    pair = PAIR
    for number in range(4):
        pair = released(journal, number, pair)
    back = pair.rolled_back(NOW, "kim", force=True)
    data = switched(back, "rollback", 2, 3)
    write(journal, EventKind.SWITCHED, data, generation=back.generation, why="it was slow")
    write(journal, EventKind.DEPLOYMENT, deployed(4, RUNNING), environment=Environment.of("shop"))
    degraded = PostgresHistory(away, journal)
    assert history.project(BLOG)
    told = degraded.deployments("blog", None, 10)
    assert history.deployments("blog", None, 10) == told
    assert [each.id for each in told] == [dep(3), dep(2), dep(1), dep(0)]
    assert told[0].rollback_reason == "it was slow"
    assert told[0].rollback_receipt["transition"] == "rollback"
    for each in (history, degraded):
        assert each.deployments("blog", EnvironmentName.PRODUCTION, 1) == told[:1]
        assert each.deployments("blog", EnvironmentName.STAGING, 10) == []
        assert each.deployment("blog", dep(3)) == told[0]
        for project, unknown in (("blog", dep(9)), ("shop", dep(3)), ("blog", "dep_\0"), ("blog", "\ud800")):
            with pytest.raises(UnknownDeployment):
                each.deployment(project, unknown)
    assert degraded.deployment("shop", dep(4)).status is RUNNING


def test_a_deployment_that_the_database_does_not_have_yet_is_found(
    history: PostgresHistory, journal: FileJournal
) -> None:
    write(journal, EventKind.DEPLOYMENT, deployed(1))
    assert history.deployment("blog", dep(1)).id == dep(1)


def test_a_damaged_journal_is_behind_and_hides_only_itself(
    history: PostgresHistory, away: Database, journal: FileJournal, tmp_path: Path
) -> None:
    released(journal, 1, PAIR)
    staging = Environment.of("blog", "staging")
    write(journal, EventKind.DEPLOYMENT, deployed(2), environment=staging)
    (tmp_path / "blog-production.jsonl").write_bytes(b"\0\0\n")
    assert not history.project(BLOG)
    assert [each.id for each in PostgresHistory(away, journal).deployments("blog", None, 10)] == [dep(2)]


def test_an_environment_that_the_database_does_not_know_is_behind(
    history: PostgresHistory, journal: FileJournal
) -> None:
    unknown = Environment.of("gone")
    write(journal, EventKind.DEPLOYMENT, deployed(1), environment=unknown)
    assert not history.project(unknown)
    assert history.restore(unknown) is None


def test_what_is_told_before_its_deployment_is_not_lost(history: PostgresHistory, journal: FileJournal) -> None:
    write(journal, EventKind.SWITCHED, switched(at_generation(2, 1), "promote", 1, None), generation=2)
    write(journal, EventKind.MIGRATED, migrated(1), generation=2)
    assert history.project(BLOG)
    assert history.deployments("blog", None, 10) == []
    write(journal, EventKind.DEPLOYMENT, deployed(1), generation=2)
    assert history.project(BLOG)
    (found,) = history.deployments("blog", None, 10)
    assert (found.promoted_by, found.migration) == ("me", {"dump": "/dumps/1"})


def test_text_that_jsonb_refuses_does_not_stop_the_history(history: PostgresHistory, journal: FileJournal) -> None:
    failed = replace(deployment(1), error="a\0b \ud800 c:\\u0000 \0\0\\\0")
    write(journal, EventKind.DEPLOYMENT, {"deployment": deployment_record(failed)})
    assert history.project(BLOG)
    assert history.deployments("blog", None, 1)[0].error == "ab ? c:\\u0000 \\"


def test_an_older_journal_never_overwrites_a_newer_row(
    history: PostgresHistory, journal: FileJournal, database: Database, tmp_path: Path
) -> None:
    commit(journal, at_generation(5, 1))
    assert history.project(BLOG)
    (tmp_path / "old").mkdir()
    old = FileJournal(tmp_path / "old", SystemClock())
    commit(old, at_generation(3))
    for _ in range(3):
        assert PostgresHistory(database, old).project(BLOG)
    assert row(history)["generation"] == 5
    assert kept(history.conflicts()) == [("database", 3, 5)]
    (conflict,) = history.conflicts()
    assert conflict.environment == BLOG
    assert isinstance(conflict.database["blue"], dict)
    assert conflict.database["blue"]["deploymentId"] == dep(1)


def test_of_the_same_generation_what_the_host_did_stands_and_both_are_recorded(
    history: PostgresHistory, journal: FileJournal, database: Database, tmp_path: Path
) -> None:
    commit(journal, at_generation(5, 1))
    assert history.project(BLOG)
    (tmp_path / "other").mkdir()
    other = FileJournal(tmp_path / "other", SystemClock())
    commit(other, at_generation(5, 2))
    for _ in range(3):
        assert PostgresHistory(database, other).project(BLOG)
    assert row(history)["blue"]["deploymentId"] == dep(2)
    assert kept(history.conflicts()) == [("journal", 5, 5)]


def test_a_row_that_somebody_changed_by_hand_is_a_conflict_without_a_new_event(
    history: PostgresHistory, journal: FileJournal
) -> None:
    commit(journal, at_generation(5, 1))
    assert history.project(BLOG)
    with history.database.transaction() as connection:
        connection.execute("UPDATE project_slots SET maintenance = true WHERE project_name = 'blog'")
    assert history.project(BLOG)
    assert row(history)["maintenance"] is False
    assert kept(history.conflicts()) == [("journal", 5, 5)]


def test_a_fresh_project_is_no_conflict_and_a_newer_generation_neither(
    history: PostgresHistory, journal: FileJournal
) -> None:
    for pair in (PAIR, at_generation(1, 1), at_generation(9, 2)):
        commit(journal, pair)
        assert history.project(BLOG)
    assert history.conflicts() == []
    assert row(history)["generation"] == 9


def test_a_host_without_its_journal_gets_its_slots_back_and_goes_on(
    history: PostgresHistory, journal: FileJournal, database: Database, tmp_path: Path
) -> None:
    assert history.restore(BLOG) is None
    settings = ProjectSettings(port=8080, migrate=("bin/migrate",))
    pair = released(journal, 1, PAIR).deployed(SlotName.GREEN, release(2, settings))
    commit(journal, pair)
    assert history.project(BLOG)
    assert history.restore(BLOG) == pair

    journal.remove(BLOG)
    restored = history.restore(BLOG)
    assert restored == pair
    commit(journal, restored)
    after = restored.promoted(NOW, "me")
    write(journal, EventKind.SWITCHED, switched(after, "promote", 2, 1), generation=after.generation)
    assert PostgresHistory(database, journal).project(BLOG)
    assert row(history)["active_slot"] == "green"
    assert history.conflicts() == []
    assert history.deployment("blog", dep(1)).promoted_by == "me"


def test_only_the_database_can_restore_and_show_conflicts(away: Database, journal: FileJournal) -> None:
    degraded = PostgresHistory(away, journal)
    for method in (lambda: degraded.restore(BLOG), degraded.conflicts):
        with pytest.raises(Unavailable):
            method()


def test_many_who_bring_in_while_others_write_end_with_all_of_it(
    history: PostgresHistory, database: Database, journal: FileJournal, tmp_path: Path
) -> None:
    def work(number: int) -> None:
        own = FileJournal(tmp_path, SystemClock())
        mine = PostgresHistory(database, own)
        for step in range(10):
            of = number * 10 + step
            for status in (DeploymentStatus.PENDING, RUNNING, DeploymentStatus.SUCCESS):
                write(own, EventKind.DEPLOYMENT, deployed(of, status))
                assert mine.project(BLOG)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(work, number) for number in range(6)]:
            done.result()
    found = history.deployments("blog", None, 100)
    assert [each.id for each in found] == [dep(number) for number in reversed(range(60))]
    assert {each.status for each in found} == {DeploymentStatus.SUCCESS}
