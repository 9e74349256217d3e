"""we confirm, and what upkeep of an environment says. Security 4."""

import pytest

from tests.unit.cli.we.answering import answered
from tests.unit.cli.we.conftest import Desk


def test_an_assistant_goes_on_with_a_persons_code_and_not_without(desk: Desk) -> None:
    mine = desk.environ["CODEB_API_KEY"]
    theirs = desk.house.key("member", kind="assistant")
    desk.environ["CODEB_API_KEY"] = theirs
    refused = desk.we("maintenance", "blog", "on")
    assert refused.exit_code == 1
    assert "`we confirm cfm_" in refused.stderr
    desk.environ["CODEB_API_KEY"] = mine
    assert desk.we("confirm", refused.stderr).exit_code == 2, "nobody is asked"
    answered(desk, "n", "confirm", refused.stderr, code=1)
    done = answered(desk, "y", "confirm", refused.stderr)
    assert "an assistant asks for maintenance" in done.stderr
    assert "blog" in done.stderr
    code = done.stdout.splitlines()[-1]
    desk.environ["CODEB_API_KEY"] = theirs
    text = desk.told("maintenance", "blog", "on", "--confirmation", code)
    assert text == "blog (production) is in maintenance: https://blog.codeb.test\n"
    assert desk.answer("maintenance", "blog", "off", "--confirmation", code, code=1)["code"] == "not_confirmed"


@pytest.mark.parametrize("text", ["no request", "cfm_000000000000 or cfm_111111111111", "cfm_12"])
def test_a_text_with_no_request_or_several_confirms_nothing(desk: Desk, text: str) -> None:
    done = desk.we("confirm", text, "--yes")
    assert (done.exit_code, "begins with cfm_" in done.stderr) == (2, True)


def test_upkeep_says_what_is_so(desk: Desk) -> None:
    for version in ("v1", "v2"):
        desk.answer("deploy", "blog", "-v", version)
        desk.answer("promote", "blog", "--yes")
    assert "blue (v1) can take the traffic back until " in desk.told("pin", "blog", "--hours", "240")
    desk.environ["CODEB_API_KEY"] = desk.house.key("admin")
    asked = desk.we("cleanup", "blog", "--force")
    assert (asked.exit_code, "This would remove the container in blue" in asked.stderr) == (2, True)
    assert desk.told("cleanup", "blog", "--force", "--dry-run").startswith("would remove the container in blue")
    assert desk.told("cleanup", "blog", "--force", "--yes") == "blue is empty; it held v1\n"
    assert desk.told("cleanup", "blog") == "there is nothing to clean up\n"
    assert desk.told("maintenance", "blog", "off").startswith("blog (production) is not in maintenance already")
    text = desk.told("deployments", "blog")
    assert [line.split()[3:5] for line in text.splitlines()[1:]] == [["v2", "promoted"], ["v1", "promoted"]]
    latest = desk.answer("deployments", "blog")["deployments"][0]["id"]
    text = desk.told("deployment", "get", latest, "-p", "blog")
    assert text.startswith(f"{latest}: promoted")
    assert "health" in text
    assert "has ended as" in desk.told("deployment", "cancel", latest, "-p", "blog")
