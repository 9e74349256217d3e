"""we pr, we git: the bound repository as people read it. Lesson 7."""

from dataclasses import replace

import pytest

from codeb.domain.git import Branch, Commit, Overview
from tests.fakes.git import FakeHosting
from tests.unit.cli.we.answering import answered
from tests.unit.cli.we.conftest import Desk


@pytest.fixture
def bound(desk: Desk) -> Desk:
    """blog with its repository, in which pull request 1 is open."""
    desk.house.world.repositories.bind("blog", "acme/blog", "me")
    pull = desk.house.world.hosting.open("topic", title="Fix \x1b]0;it\x07")
    desk.house.world.hosting.there[1] = replace(pull, updated_at="2026-11-24T12:00:00Z")
    return desk


def test_pull_requests_are_listed_and_their_text_acts_on_no_terminal(bound: Desk) -> None:
    text = bound.told("pr", "list", "blog")
    assert "Fix ?]0;it?" in text
    assert "ann  topic -> main  open   2026-11-24 12:00" in text
    assert bound.told("pr", "list", "blog", "--state", "closed") == "no pull request (closed)\n"


def test_one_is_opened_reviewed_and_merged_with_a_yes(bound: Desk) -> None:
    made = bound.told("pr", "create", "Other", "-p", "blog", "--head", "other", "--body", "text")
    assert made == "pull request 2 from other to main is opened\nhttps://git.test/2\n"
    assert bound.we("pr", "review", "2", "-p", "blog").exit_code == 2
    refused = bound.we("pr", "review", "2", "-p", "blog", "--comment")
    assert (refused.exit_code, "needs a text" in refused.stderr) == (2, True)
    said = bound.told("pr", "review", "2", "-p", "blog", "--request-changes", "--body", "why?")
    assert said == "pull request 2 is reviewed: request_changes\n"
    assert bound.we("pr", "merge", "2", "-p", "blog").exit_code == 2
    assert bound.told("pr", "merge", "2", "-p", "blog", "--dry-run") == "would merge pull request 2\n"
    assert "pull request 2 is merged" in answered(bound, "y", "pr", "merge", "2", "-p", "blog").stdout
    assert bound.told("pr", "merge", "2", "-p", "blog", "--yes") == "pull request 2 was merged already\n"
    assert (
        "say --body or --body-file"
        in bound.we(*("pr", "create", "T", "-p", "blog", "--head", "x", "--body", "a", "--body-file", "-")).stderr
    )


def test_the_repository_is_shown_at_a_glance(bound: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bound.told("git", "sync", "blog") == "acme/blog: 0 branches, 1 open pull requests\n"
    branches = [Branch("main", "a" * 40, True), Branch("topic", "b" * 40, False)]
    commits = [Commit("c" * 40, "Fix it\n\nat length", "ann", "2026-11-24T12:00:00Z")]
    seen = Overview("main", branches, commits, 1)
    monkeypatch.setattr(FakeHosting, "overview", lambda self, repository: seen)
    lines = [line.split() for line in bound.told("git", "sync", "blog").splitlines()]
    assert ["main", "aaaaaaa", "yes", "yes"] in lines
    assert ["topic", "bbbbbbb", "-", "-"] in lines
    assert ["ccccccc", "Fix", "it", "ann", "2026-11-24", "12:00"] in lines


def test_only_a_platform_key_binds(bound: Desk) -> None:
    assert bound.answer("project", "bind", "blog", "acme/other", code=1)["code"] == "forbidden"
    bound.environ["CODEB_API_KEY"] = bound.house.key(platform=True)
    assert bound.told("project", "bind", "blog", "acme/other") == "bind blog to acme/other\n"
    assert bound.told("project", "bind", "blog") == "end the binding of blog to acme/other\n"
