"""Which copies are the newest, what restores them, and in which order."""

from datetime import UTC, datetime

import pytest

from codeb.domain.backup_copies import Copy, left_out, listed, newest, to_restore
from codeb.domain.infra import Role

LINES = """
storage/redis/20261201T021500Z.age 30
storage/database-blog/20261201T003000Z.age 100
storage/database-blog/20261130T003000Z.age 90
storage/globals/20261201T003000Z.age 10
storage/database-a%20b/20261201T003000Z.age 7
app/state/20261201T021500Z.age 50
storage/database-blog/.part-x 5
storage/database-blog/latest.age 5
nonsense
""".splitlines()


def test_what_is_no_copy_is_passed_over() -> None:
    found = listed(LINES)
    assert len(found) == 6
    assert found[0] == Copy("app", "state", "20261201T021500Z", 50)
    assert found[0].made == datetime(2026, 12, 1, 2, 15, tzinfo=UTC)
    assert found[0].path == "/var/backups/codeb-copies/app/state/20261201T021500Z.age"


@pytest.mark.parametrize(
    ("item", "kind", "label"),
    [
        ("database-a%20b", "database", "a b"),
        ("globals", "globals", "(globals)"),
        ("redis", "redis", "(redis)"),
        ("state", "state", "(state of the app host)"),
    ],
)
def test_a_copy_has_the_name_that_alerts_have(item: str, kind: str, label: str) -> None:
    copy = Copy("storage", item, "20261201T003000Z", 1)
    assert (copy.kind, copy.label) == (kind, label)


def test_the_newest_of_each_counts_whatever_the_order() -> None:
    found = newest(reversed(listed(LINES)))
    assert [(copy.item, copy.version) for copy in found if copy.item == "database-blog"] == [
        ("database-blog", "20261201T003000Z")
    ]
    assert len(found) == 5


def test_roles_come_back_before_the_databases_that_belong_to_them() -> None:
    found = to_restore(listed(LINES), Role.STORAGE, "storage")
    assert [copy.item for copy in found] == ["globals", "database-a%20b", "database-blog", "redis"]


def test_one_database_comes_back_without_the_rest() -> None:
    found = to_restore(listed(LINES), Role.STORAGE, "storage", "blog")
    assert [copy.path for copy in found] == ["/var/backups/codeb-copies/storage/database-blog/20261201T003000Z.age"]
    assert to_restore(listed(LINES), Role.STORAGE, "storage", "redis") == []


def test_a_host_gets_back_what_it_sent_itself() -> None:
    assert [copy.item for copy in to_restore(listed(LINES), Role.APP, "app")] == ["state"]
    assert to_restore(listed(LINES), Role.STORAGE, "other") == []


@pytest.mark.parametrize(
    ("roles", "gone"),
    [
        pytest.param(("20261201T003000Z",), [], id="one backup says nothing of what was dropped"),
        pytest.param(("20261201T003100Z", "20261202T003100Z"), ["blog"], id="dropped before the last"),
        pytest.param(("20261130T003100Z", "20261201T003100Z"), [], id="both are of the last"),
    ],
)
def test_a_database_that_was_dropped_stays_away_unless_it_is_asked_for(roles: tuple[str, ...], gone: list[str]) -> None:
    copies = [
        Copy("storage", "database-blog", "20261201T003000Z", 1),
        Copy("storage", "database-shop", "20261202T003000Z", 1),
        *(Copy("storage", "globals", version, 1) for version in roles),
    ]
    back = [copy.label for copy in to_restore(copies, Role.STORAGE, "storage") if copy.kind == "database"]
    assert back == [label for label in ("blog", "shop") if label not in gone]
    assert [copy.label for copy in left_out(copies, Role.STORAGE, "storage")] == gone
    assert [copy.label for copy in to_restore(copies, Role.STORAGE, "storage", "blog")] == ["blog"]
