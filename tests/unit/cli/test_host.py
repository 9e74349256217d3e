"""The codeb command on a host: answers, exit codes, settings. Spec section 10."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import codeb
from codeb.cli.exits import exit_code
from codeb.cli.host import keys as keys_command
from codeb.cli.host import session
from codeb.cli.host.main import COMMANDS, main
from codeb.errors import CodebError, ConfigError, InvalidInput, Unavailable
from codeb.services.actor import Actor
from codeb.services.errors import JournalUnwritable, Unhealthy
from tests.doors import House
from tests.unit.services.conftest import BLOG


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path)
    house.world.init_project("blog", Actor("key_0", "api", "team-a"))

    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        yield house.services, "kim"

    monkeypatch.setattr(session, "opened", opened)
    monkeypatch.setattr(session, "opened_as_owner", lambda: nullcontext(house.services))
    monkeypatch.setattr(keys_command, "become_codeb", lambda: None)
    monkeypatch.setenv("CODEB_ROOT", str(tmp_path))
    monkeypatch.setenv("CODEB_ENV_FILE", str(tmp_path / "absent.env"))
    return house


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


def answer(*arguments: str) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def test_the_version_is_the_packages() -> None:
    assert run("--version").output == f"codeb {codeb.__version__}\n"


def test_help_documents_the_exit_codes() -> None:
    for arguments in ([], ["deploy"], ["promote"], ["rollback"], ["status"], ["slots", "cleanup"], ["keys", "create"]):
        text = " ".join(run(*arguments, "--help").output.split())
        assert "Exit codes: 0 done" in text
        assert "3 somebody else holds the environment" in text


def test_a_release_from_the_command_line(house: House) -> None:
    deployed = answer("deploy", "blog", "--version", "v1")
    assert (deployed["success"], deployed["slot"], deployed["changed"]) == (True, "blue", True)
    assert answer("promote", "blog")["activeSlot"] == "blue"
    answer("deploy", "blog", "--version", "v2")
    answer("promote", "blog")
    assert answer("rollback", "blog", "--reason", "slow")["restoredVersion"] == "v1"
    assert answer("status", "blog")["slots"]["green"]["status"] == "deployed"
    assert answer("status")["total"] == 3
    assert answer("slots", "cleanup", "blog", "--force")["cleanedSlot"] == "green"
    (deployment, *_) = house.world.history.deployments("blog", None, 1)
    assert (deployment.deployed_by, deployment.source) == ("kim", "host")


def test_people_see_steps_as_they_happen_and_sentences(house: House) -> None:
    done = run("deploy", "blog", "--version", "v1")
    assert "ok health check" in done.stderr
    assert done.stdout == "blog v1 is deployed in blue (port 4100)\npreview: https://blog-blue.preview.codeb.test\n"
    assert "blog v1 answers at https://blog.codeb.test from blue" in run("promote", "blog").stdout
    assert "has the traffic already" in run("promote", "blog").stdout
    assert "is there already, in blue" in run("deploy", "blog", "--version", "v1").stdout
    assert "* blue" in run("status", "blog").stdout
    assert "blue v1" in run("status").stdout
    assert "nothing to clean up" in run("slots", "cleanup", "blog").stdout


def test_a_dry_run_tells_and_changes_nothing(house: House) -> None:
    done = run("deploy", "blog", "--version", "v1", "--dry-run")
    assert done.stdout.startswith("would put registry.test:5000/blog:v1 into blue")
    assert house.world.runtime.running == {}
    assert answer("deploy", "blog", "--dry-run")["dryRun"] is True


def test_a_refusal_is_exit_1_with_a_sentence_and_a_record(house: House) -> None:
    done = run("promote", "blog", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["code"] == "nothing_to_promote"
    assert done.stderr == "Error: blog (production): no deployed slot to promote; deploy first\n"
    assert run("rollback", "blog").stdout == ""


def test_a_failed_deploy_is_exit_1_and_shows_the_failed_step(house: House) -> None:
    logs = "starting\nno database at db.internal"
    house.world.runtime.fails = Unhealthy("blog-production-blue", "it ended with exit code 1", logs=logs)
    done = run("deploy", "blog")
    assert done.exit_code == 1
    assert done.stderr.endswith("  | starting\n  | no database at db.internal\n")
    assert "!! health check" in done.stderr
    assert "it ended with exit code 1" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("deploy",),
        ("deploy", "blog", "--timeout", "1"),
        ("deploy", "blog", "--version", "a b"),
        ("deploy", "../etc"),
        ("promote", "blog", "-e", "banana"),
        ("frobnicate",),
        ("keys", "create", "--team", "t", "--role", "king"),
        ("keys", "create", "--team", "a_b", "--role", "viewer"),
        ("keys", "create", "--team", "t", "--role", "viewer", "--rate", "0/60"),
        ("keys", "create", "--team", "t", "--role", "viewer", "--rate", "many"),
    ],
)
def test_wrong_usage_is_exit_2(house: House, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_held_environment_is_exit_3_and_names_the_holder(house: House) -> None:
    with house.world.locks.held(BLOG, "deploy", "key_2"):
        done = run("promote", "blog")
    assert done.exit_code == 3
    assert "key_2 holds it for a deploy" in done.stderr


def test_a_database_that_is_away_is_exit_4(house: House) -> None:
    house.database.away = True
    done = run("migrate")
    assert (done.exit_code, done.stderr) == (4, "Error: the database is not available: connection refused\n")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JournalUnwritable("disk full"), 4),
        (Unavailable("the database", "away"), 4),
        (ConfigError("CODEB_DOMAIN is not set"), 2),
        (InvalidInput("projectName", "no"), 2),
        (CodebError("what"), 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: CodebError, code: int) -> None:
    assert exit_code(error) == code


def test_migrations_are_told_and_a_second_run_has_nothing(house: House) -> None:
    house.database.migrations = ["0001_the_spine.sql"]
    assert answer("migrate") == {"success": True, "changed": True, "applied": ["0001_the_spine.sql"]}
    house.database.migrations = []
    assert run("migrate").stdout == "nothing to apply\n"


def test_missing_settings_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "become_codeb", lambda: None)
    monkeypatch.setenv("CODEB_ENV_FILE", str(tmp_path / "absent.env"))
    monkeypatch.delenv("CODEB_DOMAIN", raising=False)
    done = run("status")
    assert (done.exit_code, done.stderr) == (2, "Error: CODEB_DOMAIN is not set\n")


def test_files_of_somebody_else_are_a_sentence(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> None:
        raise PermissionError(13, "Permission denied", "/opt/codeb/journal")

    monkeypatch.setattr(house.world.slots, "all", denied)
    done = run("status")
    assert (done.exit_code, done.stderr) == (
        2,
        "Error: /opt/codeb/journal is not yours: run this as root or as user codeb\n",
    )


def test_a_command_whose_libraries_are_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMMANDS, "serve", "codeb.no_such_library:serve")
    done = run("serve", "--whatever")
    assert done.exit_code == 2
    assert "install codeb[server]" in done.stderr
