"""we status, logs, open, health, login, completion, version: what people read. Spec section 10."""

import json
import stat

import pytest
from click.testing import CliRunner

import codeb
from codeb.cli.we.main import COMMANDS, main
from codeb.client import ClientConfig
from codeb.services.release_steps import DeployRequest
from codeb.setting_values import Secret
from tests.unit.cli.we.conftest import Desk
from tests.unit.services.conftest import BLOG, ME


@pytest.fixture
def two(desk: Desk) -> Desk:
    """v2 has the traffic, v1 is warm."""
    for version in ("v1", "v2"):
        desk.answer("deploy", "blog", "-v", version, "--auto-promote")
    return desk


def row(text: str, word: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if word in line)


def test_one_project_shows_both_slots_and_who_has_the_traffic(two: Desk) -> None:
    text = two.told("status", "blog")
    assert text.startswith("blog (production)\n")
    assert row(text, "green")[:4] == ["*", "green", "active", "v2"]
    assert row(text, "blue")[:3] == ["blue", "grace", "v1"]
    assert "can take the traffic back for" in text


def test_every_project_is_a_line_an_environment(two: Desk) -> None:
    text = two.told("status")
    assert text.splitlines()[0].split()[:4] == ["PROJECT", "ENVIRONMENT", "TRAFFIC", "VERSION"]
    assert row(text, "production")[:6] == ["blog", "production", "green", "v2", "grace", "v1"]
    assert row(text, "staging")[:5] == ["blog", "staging", "-", "-", "-"]


def test_a_program_gets_what_the_tool_answers(two: Desk) -> None:
    record = two.answer("status", "blog", "-e", "production")
    assert (record["activeSlot"], record["slots"]["green"]["version"]) == ("green", "v2")
    assert two.answer("status")["total"] == len(two.answer("status")["data"])


def test_a_deploy_under_way_is_told(two: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    runtime = two.house.world.runtime
    monkeypatch.setattr(runtime, "wait_ready", lambda *arguments: seen.append(two.told("status", "blog")))
    two.house.world.deploy(DeployRequest(BLOG, "v3"), ME)
    assert "under way: v3 (dep_" in seen[0]


def test_an_unknown_project_is_a_sentence_a_next_step_and_a_code(desk: Desk) -> None:
    done = desk.we("status", "nope")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: no project 'nope'")
    assert "`we status` lists the projects" in done.stderr
    record = desk.answer("status", "nope", code=1)
    assert (record["success"], record["code"]) == (False, "unknown_project")


@pytest.mark.parametrize(
    ("environ", "code", "words"),
    [
        ({"CODEB_API_URL": ""}, 2, "we login"),
        ({"CODEB_API_KEY": ""}, 2, "we login"),
        ({"CODEB_API_KEY": "codeb_team-a_owner_wrong"}, 2, "we login"),
        ({"CODEB_API_URL": "http://127.0.0.1:1"}, 4, "not available"),
        ({"CODEB_API_URL": "http://api.example.org"}, 2, "https://"),
    ],
)
def test_what_is_wrong_with_the_way_there_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], code: int, words: str
) -> None:
    monkeypatch.setattr("codeb.client.calling._PAUSES", ())
    desk.environ |= environ
    done = desk.we("status")
    assert done.exit_code == code
    assert words in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_open_prints_the_address_and_that_of_a_preview(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert desk.told("open", "blog") == "https://blog.codeb.test\n"
    assert desk.told("open", "blog", "-s", "green") == "https://blog-green.preview.codeb.test\n"
    assert desk.answer("open", "blog", "-e", "staging")["url"] == "https://blog-staging.codeb.test"
    assert opened == []


def test_health_is_green_or_exits_with_4(desk: Desk) -> None:
    assert desk.told("health").startswith("the API is healthy\n")
    desk.house.database.away = True
    assert "away" in desk.told("health", code=4)
    assert desk.answer("health", code=4)["status"] == "degraded"


def test_without_a_key_health_is_what_everybody_may_know(desk: Desk) -> None:
    desk.environ["CODEB_API_KEY"] = ""
    assert desk.answer("health")["status"] == "healthy"


def test_login_keeps_the_key_that_came_on_standard_input_after_trying_it(desk: Desk) -> None:
    key, url = desk.environ.pop("CODEB_API_KEY"), desk.environ.pop("CODEB_API_URL")
    done = desk.we("login", "--url", url, given=f"{key}\n")
    assert done.exit_code == 0, done.output
    assert key not in done.output
    path = desk.home / ".codeb" / "config.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"apiUrl": url, "apiKey": key}
    assert desk.answer("whoami")["team"] == "team-a"


def test_a_key_that_the_api_does_not_know_is_not_kept(desk: Desk) -> None:
    done = desk.we("login", "--url", desk.url, given="codeb_team-a_owner_wrong\n")
    assert done.exit_code == 2
    assert "wrong" not in done.output
    assert not (desk.home / ".codeb").exists()


def test_login_without_a_key_says_how_to_give_one(desk: Desk) -> None:
    done = desk.we("login", "--url", desk.url)
    assert done.exit_code == 2
    assert "standard input" in done.stderr


def test_whoami_shows_where_things_come_from_and_never_the_key(desk: Desk) -> None:
    key = desk.environ["CODEB_API_KEY"]
    text = desk.told("whoami")
    assert "codeb_team-a_member_... (from CODEB_API_KEY)" in text
    assert key not in text
    assert "what a member may, for every project of the team; its kind is person" in text
    record = desk.answer("whoami")
    assert (record["apiUrlFrom"], record["role"], record["keyProjects"]) == ("CODEB_API_URL", "member", None)


def test_logout_forgets_and_a_second_one_changes_nothing(desk: Desk) -> None:
    ClientConfig(desk.url, Secret("k")).save(desk.home)
    assert desk.answer("logout")["changed"]
    assert not desk.answer("logout")["changed"]
    assert not (desk.home / ".codeb" / "config.json").exists()


def test_the_version_is_the_packages_and_the_servers(desk: Desk) -> None:
    assert desk.told("--version") == f"we {codeb.__version__}\n"
    assert desk.answer("version")["server"] == codeb.__version__
    desk.environ |= {"CODEB_API_URL": ""}
    assert desk.answer("version")["server"] is None


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(desk: Desk, shell: str) -> None:
    assert "_WE_COMPLETE" in desk.told("completion", shell)


@pytest.mark.parametrize(("typed", "offered"), [("", ["blog"]), ("b", ["blog"]), ("x", [])])
def test_projects_are_completed_from_the_api(desk: Desk, typed: str, offered: list[str]) -> None:
    desk.environ |= {"_WE_COMPLETE": "fish_complete", "COMP_WORDS": f"we status {typed}", "COMP_CWORD": typed}
    assert [line.removeprefix("plain,").strip() for line in _completed(desk) if line] == offered


def test_a_completion_without_an_api_is_empty_and_quiet(desk: Desk) -> None:
    desk.environ |= {"CODEB_API_URL": "", "_WE_COMPLETE": "fish_complete", "COMP_WORDS": "we status ", "COMP_CWORD": ""}
    assert not "".join(_completed(desk))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_there_and_its_help_documents_the_exit_codes(desk: Desk, name: str) -> None:
    command = main.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    text = " ".join(desk.told(name, "--help").split())
    assert "Usage: " in text
    assert "Exit codes: 0 done" in text or hasattr(command, "commands")
    assert "..." not in command.get_short_help_str(60)


def _completed(desk: Desk) -> list[str]:
    done = CliRunner().invoke(main, [], env=desk.environ, prog_name="we")
    return done.stdout.splitlines()
