"""codeb doctor, maintenance, deployments, projects, and slots on the command line. Spec section 10."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from codeb.cli.host import doctor, session, slots
from codeb.cli.host.main import main
from tests.doors import House
from tests.unit.services.conftest import BLOG, ME, release


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """v1 in grace, v2 with the traffic."""
    house = House(tmp_path)
    house.world.init_project("blog", ME)
    for version in ("v1", "v2"):
        release(house.world, version)
    house.world.upkeep()

    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        yield house.services, "kim"

    for module in (session, doctor, slots):
        monkeypatch.setattr(module, "opened", opened)
    return house


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def test_a_doctor_without_anything_to_do_says_so(house: House) -> None:
    done = run("doctor")
    assert (done.exit_code, done.output) == (0, "everything is as it is recorded\n")


def test_a_dry_run_of_the_doctor_finds_and_the_doctor_mends(house: House) -> None:
    del house.world.runtime.containers[BLOG.container(house.world.slots.get(BLOG).green.name)]
    seen = run("doctor", "--dry-run")
    assert seen.exit_code == 1
    assert seen.output.startswith("found   blog (production): blog-production-green does not run")
    mended = run("doctor", "--json")
    record = json.loads(mended.stdout)
    assert (mended.exit_code, record["success"], record["changed"]) == (0, True, True)
    assert record["findings"][0]["projectName"] == "blog"


def test_what_the_doctor_leaves_is_exit_1(house: House) -> None:
    house.world.check.says = "Caddy is 2.6.2"
    done = run("doctor")
    assert (done.exit_code, done.output) == (1, "LEFT    this host: Caddy is 2.6.2\n")


def test_maintenance_is_said_and_twice_is_once(house: House) -> None:
    assert run("maintenance", "blog", "on", "--reason", "moving").output == "blog (production) is in maintenance\n"
    assert run("maintenance", "blog", "on").output == "blog (production) is in maintenance already\n"
    house.world.env(BLOG, {"A": "1"}, ME)
    run("deploy", "blog", "--version", "v3")
    promoted = run("promote", "blog").output
    assert "variables: version 0 -> 1; added A" in promoted
    assert "the maintenance page is still what visitors see" in promoted
    assert run("maintenance", "blog", "off").output == "blog (production) answers again\n"


def test_a_pin_says_until_when_and_a_discarded_grace_is_named(house: House) -> None:
    assert run("slots", "pin", "blog", "--hours", "100").output == (
        "blue (v1) can take the traffic back until 2026-11-28T16:00:00.000Z\n"
    )
    refused = run("deploy", "blog", "--version", "v3")
    assert refused.exit_code == 1
    assert "is pinned by kim" in refused.stderr
    forced = run("deploy", "blog", "--version", "v3", "--force")
    assert "(v1) ended with this" in forced.stdout


def test_every_grace_that_is_over_ends_without_a_project(house: House) -> None:
    assert run("slots", "cleanup").output == "no grace is over\n"
    house.world.clock.pass_by(timedelta(hours=60))
    assert run("slots", "cleanup").output == "blog (production): the grace of blue has ended\n"
    assert json.loads(run("slots", "cleanup", "--json").output)["changed"] is False
    assert run("slots", "cleanup", "--force").exit_code == 2


def test_deployments_are_listed_shown_and_come_back_by_their_id(house: House) -> None:
    run("deploy", "blog", "--version", "v3")
    run("promote", "blog")
    listed = run("deployments", "list", "blog").output.splitlines()
    assert [line.split()[4] for line in listed] == ["v3", "v2", "v1"]
    first = listed[-1].split()[0]
    shown = run("deployments", "show", "blog", first).output
    assert "v1 in blue, success" in shown
    assert "health_check" in shown
    back = run("rollback", "blog", "--deployment", first)
    assert "ok health check" in back.stderr
    assert "blog v1 answers at" in back.stdout
    assert run("deployments", "cancel", "blog", first).output == "it has ended as success already\n"


def test_settings_are_changed_by_name_and_value(house: House) -> None:
    done = run("projects", "update", "blog", "healthPath=/ready", 'watch={"minutes": 3}', "memory=1g")
    assert done.output == "changed: healthPath, memory, watch\nthe next deploy runs with it\n"
    assert run("projects", "update", "blog", "memory=1g").output == "it is so already\n"
    assert run("projects", "update", "blog", "memory").exit_code == 2
    refused = run("projects", "update", "blog", "memory=lots")
    assert refused.exit_code == 2
    assert "settings.memory" in refused.stderr


def test_whoever_waits_is_told_the_place_and_the_holder(house: House) -> None:
    house.world.locks.queue = 2
    done = run("promote", "blog")
    assert "waiting, place 2: ann holds it" in done.stderr
    assert "waiting, place 1: ann holds it" in done.stderr
