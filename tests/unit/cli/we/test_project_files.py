"""we init, workflow, scan: a project from nothing, and files that are written with permission only."""

from pathlib import Path

import pytest

from codeb.cli.we.working_tree import DOCKERFILE, WORKFLOW
from tests.unit.cli.we.answering import answered
from tests.unit.cli.we.conftest import Desk


def test_init_makes_a_project_and_writes_nothing_unless_it_is_let(desk: Desk) -> None:
    text = desk.told("init", "shop", "--type", "python", "--set", "memory=1g")
    assert text.startswith("shop is made: https://shop.codeb.test\n")
    assert "DATABASE_URL=********" in text
    assert "`we workflow generate shop` writes the CI workflow" in text
    assert not WORKFLOW.exists()
    shop = ("init", "shop", "--type", "python", "--set", "memory=1g")
    answered(desk, "n", *shop)
    assert not WORKFLOW.exists()
    text = answered(desk, "y", *shop).stdout
    assert "was there already" in text
    assert f"{WORKFLOW}: created" in text
    assert "python" in DOCKERFILE.read_text()
    assert desk.answer("project", "get", "shop")["project"]["settings"]["memory"] == "1g"


def test_init_is_named_after_this_directory_and_a_plan_makes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("my_shop").mkdir()
    monkeypatch.chdir("my_shop")
    assert desk.told("init", "--dry-run") == "would make the project my-shop\n"
    assert desk.answer("projects")["total"] == 1


def test_the_url_of_the_database_is_shown_to_whoever_asks_for_it(desk: Desk) -> None:
    record = desk.answer("init", "shop", "--show-urls")
    assert record["urls"]["DATABASE_URL"].startswith("postgres")
    assert f"DATABASE_URL={record['urls']['DATABASE_URL']}\n" in desk.told("init", "shop", "--show-urls")
    assert record["urls"]["DATABASE_URL"] not in desk.told("init", "shop")


def test_a_workflow_that_says_something_else_is_overwritten_by_force_only(desk: Desk) -> None:
    assert f"{WORKFLOW}: created\nDockerfile: created" in desk.told("workflow", "generate", "blog")
    mine = WORKFLOW.read_text() + "# mine\n"
    WORKFLOW.write_text(mine)
    DOCKERFILE.write_text("FROM scratch\n")
    refused = desk.we("workflow", "generate", "blog")
    assert (refused.exit_code, WORKFLOW.read_text()) == (1, mine)
    assert "-# mine" in refused.stderr
    assert desk.answer("workflow", "generate", "blog", code=1)["files"] == [str(WORKFLOW)]
    assert f"{WORKFLOW}: changed" in desk.told("workflow", "generate", "blog", "--dry-run")
    assert WORKFLOW.read_text() == mine
    assert "Dockerfile: yours, kept as it is" in desk.told("workflow", "generate", "blog", "--force")
    assert WORKFLOW.read_text() == mine.removesuffix("# mine\n")
    assert DOCKERFILE.read_text() == "FROM scratch\n"
    assert desk.told("workflow", "generate", "blog", "--stdout") == WORKFLOW.read_text()


def test_the_secrets_of_ci_are_masked_until_they_are_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.environ["CODEB_API_KEY"] = desk.house.key("admin")
    settings = desk.house.settings
    object.__setattr__(settings, "registry_username", "robot")
    done = desk.we("workflow", "secrets", "blog")
    assert "REGISTRY_USERNAME=********\n" in done.stdout
    assert "robot" not in done.output
    assert "we token create ci-blog --role member --kind ci -p blog" in done.stderr
    assert "REGISTRY_USERNAME=robot\n" in desk.told("workflow", "secrets", "blog", "--show")


def test_scan_looks_at_the_platform_and_at_this_directory(desk: Desk) -> None:
    record = desk.answer("scan", "blog")
    assert (record["ready"], record["hasDockerfile"], record["hasGitHubActions"]) == (True, False, False)
    desk.told("workflow", "generate", "blog")
    record = desk.answer("workflow", "scan", "blog")
    assert (record["hasDockerfile"], record["hasGitHubActions"]) == (True, True)
    assert "blog: ready" in desk.told("scan", "blog")
    text = desk.told("scan", "blogg", code=1)
    assert "blogg: not registered" in text
    assert "your projects: blog" in text


def test_a_project_is_shown_changed_and_deleted_by_its_typed_name(desk: Desk) -> None:
    desk.environ["CODEB_API_KEY"] = desk.house.key("admin")
    assert "https://blog.codeb.test" in desk.told("projects")
    assert desk.told("project", "update", "blog", "--set", "memory=1g").startswith(
        "changed: memory\nNext: deploy blog again"
    )
    assert "memory             1g" in desk.told("project", "get", "blog")
    assert desk.we("project", "update", "blog").exit_code == 2
    assert desk.told("project", "delete", "blog", "--dry-run").startswith("would delete blog, its containers")
    assert "There is no way back" in desk.we("project", "delete", "blog").stderr
    answered(desk, "bolg", "project", "delete", "blog", code=2)
    assert "is gone" in answered(desk, "blog", "project", "delete", "blog").stdout
    assert desk.told("projects") == "no project yet; `we init NAME` makes one\n"
