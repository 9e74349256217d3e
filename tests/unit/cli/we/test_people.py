"""What people read of domains, tasks, teams and keys, and what they are asked before something is gone."""

import pytest

from tests.unit.cli.we.answering import answered
from tests.unit.cli.we.conftest import Desk


@pytest.fixture
def admin(desk: Desk) -> Desk:
    desk.environ["CODEB_API_KEY"] = desk.house.key("admin")
    return desk


def test_a_domain_is_claimed_with_its_records_checked_and_taken_away(admin: Desk) -> None:
    text = admin.told("domain", "add", "www.example.org", "blog")
    assert "www.example.org is pending, for blog (production)" in text
    assert "TXT   _codeb.www.example.org  codeb=" in text
    assert "Next: set what is missing" in text
    checked = admin.we("domain", "check", "www.example.org")
    assert checked.exit_code == 1
    assert "the TXT record that proves it yours: not seen" in checked.stdout
    record = admin.answer("domain", "check", "www.example.org", code=1)
    assert (record["data"]["status"], "plan" in record) == ("pending", False)
    assert "www.example.org" in admin.told("domain", "list", "-p", "blog")
    assert admin.answer("domain", "check", "other.example.org", code=1)["code"] == "unclaimed_domain"
    assert admin.we("domain", "remove", "www.example.org").exit_code == 2
    removing = ("domain", "remove", "www.example.org")
    assert "nothing was changed" in answered(admin, "www.example.com", *removing, code=2).stderr
    assert answered(admin, "www.example.org", *removing).stdout.endswith("www.example.org: it is gone\n")
    assert admin.answer("domain", "list", "-p", "blog")["domains"][-1]["domain"] != "www.example.org"


def test_a_task_holds_its_files_until_it_is_done(desk: Desk) -> None:
    create = ("task", "create", "-p", "blog", "-f", "src/a.py", "--author")
    assert (
        desk.told(*create, "kim", "-b", "fix", "Fix \x1b[31mlogin") == "task 1 is made: 1 files locked for branch fix\n"
    )
    assert desk.answer(*create, "lee", "-b", "other", "Other", code=1)["code"] == "task_conflict"
    assert "Fix ?[31mlogin" in desk.told("task", "list"), "a title acts on no terminal"
    assert "src/a.py" in desk.told("task", "check", "src/a.py", code=1)
    assert desk.told("task", "check", "src/b.py") == "nobody holds any of them\n"
    desk.told("task", "update", "1", "--note", "half done", "--pr", "3")
    text = desk.told("task", "get", "1")
    for words in ("by kim on branch fix", "pull request 3", "half done", "src/a.py  locked"):
        assert words in text
    assert desk.told("task", "done", "1") == "task 1 is done: 1 files released\n"
    assert desk.told("task", "list") == "no task; `we task create` makes one\n"
    assert "deployed" in desk.told("task", "list", "-a")


def test_the_author_of_a_task_is_whoever_is_logged_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "sam")
    assert desk.answer("task", "create", "Fix", "-p", "blog")["task"]["author"] == "sam"


def test_a_key_is_shown_once_alone_on_stdout_and_opens_nothing_once_it_is_revoked(desk: Desk) -> None:
    made = desk.we("token", "create", "ci", "--role", "viewer", "--kind", "ci", "-p", "blog", "--days", "30")
    key = made.stdout.strip()
    token_id = made.stderr.partition(":")[0]
    assert key.startswith("codeb_team-a_viewer_")
    assert "cannot be shown again" in made.stderr
    line = next(line for line in desk.told("token", "list").splitlines() if token_id in line)
    assert line.split()[1:5] == ["ci", "viewer", "ci", "blog"]
    assert key not in desk.told("token", "list")
    mine, desk.environ["CODEB_API_KEY"] = desk.environ["CODEB_API_KEY"], key
    assert "blog" in desk.told("projects")
    desk.environ["CODEB_API_KEY"] = mine
    asked = desk.we("token", "revoke", token_id)
    assert (asked.exit_code, "This would revoke the token 'ci'" in asked.stderr) == (2, True)
    assert "is revoked" in answered(desk, "y", "token", "revoke", token_id).stdout
    desk.environ["CODEB_API_KEY"] = key
    assert desk.we("projects").exit_code == 2


@pytest.mark.parametrize("rate", ["10", "0/0/0", "ten/60"])
def test_a_rate_is_requests_per_seconds(desk: Desk, rate: str) -> None:
    done = desk.we("token", "create", "ci", "--role", "viewer", "--rate", rate)
    assert (done.exit_code, "is not requests per seconds" in done.stderr) == (2, True)


def test_people_come_and_go(admin: Desk) -> None:
    text = admin.told("member", "invite", "Kim@example.org", "--name", "Kim")
    assert text.startswith("kim@example.org is member of team-a")
    assert "`we token create NAME --role member --member kim@example.org` makes their key" in text
    key = admin.answer("token", "create", "kim", "--role", "member", "--member", "kim@example.org")["tokenId"]
    assert "Kim" in admin.told("member", "list")
    lowered = admin.told("member", "invite", "kim@example.org", "--name", "Kim", "--role", "viewer")
    assert f"their key {key} may no more than that now" in lowered
    assert admin.we("member", "remove", "kim@example.org").exit_code == 2
    assert f"revoked: {key}" in answered(admin, "kim@example.org", "member", "remove", "kim@example.org").stdout
    assert admin.told("member", "list") == "no members yet; `we member invite EMAIL` adds one\n"


def test_a_team_is_shown_changed_and_never_deleted_by_accident(desk: Desk) -> None:
    desk.environ["CODEB_API_KEY"] = desk.house.key(platform=True)
    made = desk.we("team", "create", "Shop people", "--slug", "shop")
    assert made.stdout.startswith("codeb_shop_owner_")
    assert "Shop people" in desk.told("team", "list")
    changed = desk.told("team", "settings", "shop", "--set", "gracePeriodHours=24", "--quota", "previews=3")
    assert changed == "changed: gracePeriodHours, previews\n"
    text = desk.told("team", "get", "shop")
    assert "gracePeriodHours     24" in text
    assert [line.split() for line in text.splitlines() if line.startswith("previews")] == [["previews", "0", "3"]]
    assert desk.told("team", "settings", "shop", "--reset", "gracePeriodHours", "--dry-run").startswith("would change")
    assert desk.we("team", "settings", "shop").exit_code == 2
    assert "There is nobody to ask here" in desk.we("team", "delete", "shop").stderr
    assert "Shop people is gone" in answered(desk, "Shop people", "team", "delete", "shop").stdout


def test_the_address_of_a_webhook_comes_from_a_file(admin: Desk) -> None:
    refused = admin.we("team", "settings", "--set", "notificationWebhook=https://hooks.example.org/hunter22")
    assert (refused.exit_code, "hunter22" in refused.output) == (2, False)
    done = admin.we("team", "settings", "--webhook", "-", given="https://hooks.example.org/hunter22\n")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("changed: notificationWebhook\n")
    assert "checks signatures with this secret" in done.stderr
