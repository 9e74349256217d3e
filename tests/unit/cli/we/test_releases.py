"""we deploy, promote, rollback: what people and programs read, and when they are asked. Spec section 10."""

import pytest

from codeb.client import Client
from codeb.services.errors import Unhealthy
from codeb.services.release_steps import DeployRequest
from tests.unit.cli.we.conftest import Desk
from tests.unit.services.conftest import BLOG, ME


def slots(desk: Desk) -> dict[str, str]:
    record = desk.answer("status", "blog")
    return {name: slot["status"] for name, slot in record["slots"].items()}


def released(desk: Desk, *versions: str) -> None:
    for version in versions:
        desk.answer("deploy", "blog", "-v", version, "--auto-promote")


def test_a_deploy_shows_each_step_once_and_what_comes_next(desk: Desk) -> None:
    done = desk.we("deploy", "blog", "--version", "v1")
    assert done.exit_code == 0
    steps = [line.split()[1] for line in done.stderr.splitlines()]
    assert steps.count("pull") == steps.count("health") == 1
    assert len(steps) == 10
    assert "blog v1 is deployed in blue (production)" in done.stdout
    assert "preview: https://blog-blue.preview.codeb.test" in done.stdout
    assert "`we promote blog` sends the traffic to it" in done.stdout


def test_a_program_gets_one_record_and_nothing_else(desk: Desk) -> None:
    done = desk.we("deploy", "blog", "-v", "v1", "--json")
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    record = desk.answer("deploy", "blog", "-v", "v1")
    assert (record["success"], record["changed"], record["slot"]) == (True, False, "blue")


def test_the_whole_way_forth_and_back(desk: Desk) -> None:
    released(desk, "v1")
    desk.told("deploy", "blog", "-v", "v2")
    text = desk.told("promote", "blog", "--yes")
    assert "blog v2 answers at https://blog.codeb.test from green" in text
    assert "blue (v1) stays warm for" in text
    assert "`we rollback blog` goes back at once" in text
    assert slots(desk) == {"blue": "grace", "green": "active"}
    text = desk.told("rollback", "blog", "--yes", "--reason", "it is slow")
    assert "blog v1 answers at https://blog.codeb.test from blue" in text
    assert slots(desk) == {"blue": "active", "green": "deployed"}


def test_a_rollback_can_go_to_any_recorded_deployment_and_shows_its_steps(desk: Desk) -> None:
    first = desk.answer("deploy", "blog", "-v", "v1", "--auto-promote")["deploymentId"]
    released(desk, "v2", "v3")
    done = desk.we("rollback", "blog", "--to-deployment", first, "--yes")
    assert done.exit_code == 0, done.output
    assert "blog v1 answers" in done.stdout
    assert "pull image" in done.stderr


def test_a_dry_run_tells_what_would_happen(desk: Desk) -> None:
    text = desk.told("deploy", "blog", "-v", "v1", "--dry-run")
    assert text.startswith("would put registry.test:5000/blog:v1 into blue on port 4100")
    assert slots(desk)["blue"] == "empty"
    released(desk, "v1")
    desk.told("deploy", "blog", "-v", "v2")
    assert desk.told("promote", "blog", "--dry-run") == "would send the traffic to green, v2\n"
    assert slots(desk) == {"blue": "active", "green": "deployed"}


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_without_a_person_nothing_is_switched_unless_somebody_said_yes(desk: Desk, command: str) -> None:
    released(desk, "v1")
    desk.told("deploy", "blog", "-v", "v2")
    before = slots(desk)
    done = desk.we(command, "blog", given="y\n")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert slots(desk) == before


@pytest.mark.usefixtures("terminal")
def test_a_person_sees_what_changes_before_saying_yes(desk: Desk) -> None:
    released(desk, "v1")
    sealed = {"projectName": "blog", "envContent": "GREETING=hi there"}
    Client(desk.url, desk.environ["CODEB_API_KEY"]).call("env_sync", sealed)
    desk.told("deploy", "blog", "-v", "v2")
    done = desk.we("promote", "blog", given="y\n")
    assert "from blue (v1) to green (v2)" in done.stderr
    assert "green is running" in done.stderr
    assert "will send the traffic to green, v2" in done.stderr
    assert "added GREETING" in done.stderr
    assert "hi there" not in done.output
    assert done.exit_code == 0
    assert slots(desk)["green"] == "active"


@pytest.mark.usefixtures("terminal")
def test_a_no_is_a_no(desk: Desk) -> None:
    released(desk, "v1")
    desk.told("deploy", "blog", "-v", "v2")
    assert desk.we("promote", "blog", given="n\n").exit_code == 1
    assert slots(desk)["green"] == "deployed"


@pytest.mark.usefixtures("terminal")
def test_what_is_promoted_is_what_was_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    released(desk, "v1")
    desk.told("deploy", "blog", "-v", "v2")

    def meanwhile(question: str, **options: object) -> None:
        desk.house.world.deploy(DeployRequest(BLOG, "v3"), ME)

    monkeypatch.setattr("click.confirm", meanwhile)
    done = desk.we("promote", "blog")
    assert done.exit_code == 1
    assert "candidate" in done.stderr
    assert slots(desk)["blue"] == "active"


def test_a_failed_deploy_says_what_the_container_said(desk: Desk) -> None:
    desk.house.world.runtime.fails = Unhealthy("blog-production-blue", "it ended", exit_code=1, logs="no \x1b[31mtable")
    done = desk.we("deploy", "blog", "-v", "v1")
    assert done.exit_code == 1
    assert "!! health check" in done.stderr
    assert "  | no ?[31mtable" in done.stderr
    assert "`we logs blog`" in done.stderr
    assert "\x1b" not in done.output
    record = desk.answer("deploy", "blog", "-v", "v1", code=1)
    assert (record["success"], record["code"], record["exitCode"]) == (False, "unhealthy", 1)


@pytest.mark.parametrize("command", ["promote", "rollback", "slot", "status"])
def test_the_originals_names_are_aliases(desk: Desk, command: str) -> None:
    released(desk, "v1", "v2")
    more = ["--yes"] if command in ("promote", "rollback") else []
    done, plain = desk.we("deploy", command, "blog", *more), desk.we("status", "blog")
    assert done.exit_code == 0, done.output
    assert "blog" in done.stdout
    assert plain.exit_code == 0


def test_a_project_of_an_aliass_name_comes_after_two_dashes(desk: Desk) -> None:
    assert "no project 'promote'" in desk.we("deploy", "--", "promote").stderr


@pytest.mark.parametrize("tool", ["promote", "rollback"])
def test_an_assistants_key_needs_a_persons_code(desk: Desk, tool: str) -> None:
    released(desk, "v1", "v2")
    if tool == "promote":
        desk.answer("deploy", "blog", "-v", "v3")
    desk.environ["CODEB_API_KEY"] = desk.house.key("member", kind="assistant")
    refused = desk.answer(tool, "blog", "--yes", code=1)
    assert refused["code"] == "confirmation_required"
    wanted = desk.house.services.confirmations.request(refused["requestId"])
    code, _ = desk.house.services.confirmations.confirm(wanted)
    assert f"we confirm {refused['requestId'][:4]}" in desk.we(tool, "blog", "--yes").stderr
    assert desk.answer(tool, "blog", "--confirmation", code)["changed"]
    assert desk.answer(tool, "blog", "--confirmation", code, code=1)["code"] == "not_confirmed"


def test_a_project_is_taken_from_the_environment_or_a_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.environ["CODEB_PROJECT"] = "blog"
    assert desk.answer("deploy", "-v", "v1")["projectName"] == "blog"
    del desk.environ["CODEB_PROJECT"]
    (desk.home / "codeb.toml").write_text('project = "blog"\n')
    (desk.home / "src").mkdir()
    monkeypatch.chdir(desk.home / "src")
    assert desk.answer("deploy", "-v", "v1")["projectName"] == "blog"


@pytest.mark.parametrize("content", [None, "project = 1", "project =", "name = 'x'"])
def test_a_project_that_nobody_names_is_wrong_usage(desk: Desk, content: str | None) -> None:
    if content is not None:
        (desk.home / "codeb.toml").write_text(content)
    done = desk.we("deploy")
    assert done.exit_code == 2
    assert "project" in done.stderr.lower()


def test_ctrl_c_says_that_the_deploy_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "deploy", interrupted)
    done = desk.we("deploy", "blog")
    assert done.exit_code == 130
    assert "goes on without you" in done.stderr
    assert "`we deployment cancel ID -p blog`" in done.stderr
