"""codeb registry prune."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codeb.cli.host import registry
from codeb.cli.host.main import main
from tests.doors import House


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """With an old image that nobody needs."""
    house = House(tmp_path)

    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        yield house.services, "kim"

    monkeypatch.setattr(registry, "opened", opened)
    house.world.registry_images.push("blog", "sha256:old", "v0")
    run()
    house.world.clock.pass_by(timedelta(days=40))
    return house


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["registry", "prune", *arguments], catch_exceptions=False)


def test_it_says_what_it_removed_and_then_that_there_is_nothing(house: House) -> None:
    done = run()
    assert (done.exit_code, done.stdout) == (0, "removed blog@sha256:old\n")
    assert run().stdout == "every image is needed, or young\n"


def test_a_plan_changes_nothing(house: House) -> None:
    assert run("--dry-run").stdout == "would remove blog@sha256:old\n"
    record = json.loads(run("--dry-run", "--json").stdout)
    assert record == {"success": True, "changed": False, "dryRun": True, "removed": ["blog@sha256:old"], "stayed": 0}
    assert json.loads(run("--json").stdout)["changed"]


def test_how_old_is_for_whoever_runs_it(house: House) -> None:
    assert run("--older-than", "41").stdout == "every image is needed, or young\n"
    assert run("--older-than", "0").exit_code == 2


def test_a_registry_that_is_away_is_exit_4(house: House) -> None:
    house.world.registry_images.away = True
    done = run()
    assert (done.exit_code, "the registry is not available" in done.stderr) == (4, True)


def test_a_registry_that_is_not_ours_is_left_alone(house: House) -> None:
    house.services = replace(house.services, prune_registry=None)
    assert run().exit_code == 4
