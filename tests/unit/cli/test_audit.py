"""codeb audit list, export, prune. Spec section 6; lesson 34."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codeb.cli.host import session
from codeb.cli.host.main import main
from tests.doors import House
from tests.fakes.audit import BEGIN, entry


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path)
    house.world.audit_log.entries = [
        entry(1, project="blog", tool="deploy", success=False, error="no room", code="no_room"),
        entry(2, team_id="team-b"),
        entry(3, at=BEGIN - timedelta(days=401)),
    ]

    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        yield house.services, "kim"

    @contextmanager
    def opened_as_owner() -> Iterator[Any]:
        yield house.services

    monkeypatch.setattr(session, "opened", opened)
    monkeypatch.setattr(session, "opened_as_owner", opened_as_owner)
    return house


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", *arguments], catch_exceptions=False)


def test_calls_are_listed_for_people_and_for_programs(house: House) -> None:
    text = run("list", "--limit", "2").stdout
    assert "2026-11-24T12:00:01.000Z  key_1  deploy  blog  no_room\n    no room" in text
    assert json.loads(run("list", "--failed", "--json").stdout)["entries"][0]["id"] == "aud_00000001"
    assert "more: --after" in run("list", "--limit", "1").stderr


def test_an_export_is_a_line_each_and_filtered(house: House) -> None:
    assert [json.loads(line)["id"][-1] for line in run("export").stdout.splitlines()] == ["2", "1", "3"]
    assert [json.loads(line)["id"][-1] for line in run("export", "--team", "team-b").stdout.splitlines()] == ["2"]
    assert run("export", "--since", "yesterday").exit_code == 2


def test_it_says_so_while_the_database_is_away(house: House) -> None:
    house.world.audit_log.away = True
    for name in ("list", "export"):
        assert run(name).exit_code == 4


def test_old_rows_are_pruned_once_and_a_dry_run_prunes_none(house: House) -> None:
    assert "would delete 1 rows" in run("prune", "--dry-run").stdout
    assert json.loads(run("prune", "--json").stdout) == {
        "success": True,
        "rows": 1,
        "olderThanDays": 400,
        "changed": True,
    }
    assert json.loads(run("prune", "--json").stdout)["changed"] is False
    assert run("prune", "--older-than", "5").exit_code == 2
