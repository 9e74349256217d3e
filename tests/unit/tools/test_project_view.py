"""project_list, project_get, and a second workflow_init. Spec section 6."""

import pytest

from codeb.domain.access import Role
from codeb.domain.project import ProjectExists, UnknownProject
from codeb.services.actor import Actor
from tests.doors import House
from tests.unit.tools.conftest import Tool


def test_projects_are_listed_with_address_and_running_version(tool: Tool) -> None:
    tool("deploy", projectName="blog", version="v1")
    assert tool("project_list")["projects"][0]["activeVersion"] is None
    tool("promote", projectName="blog")
    record = tool("list_projects", role=Role.VIEWER)
    line = record["projects"][0]
    assert (record["total"], line["name"], line["activeVersion"]) == (1, "blog", "v1")
    assert line["url"] == "https://blog.codeb.test"
    assert line["environments"] == ["production", "staging", "preview"]


def test_a_project_is_shown_with_settings_ports_previews_and_slots(tool: Tool) -> None:
    tool("project_update", projectName="blog", settings={"port": 8080, "webhook": "https://hooks.test/T0/secret"})
    project = tool("get_project", projectName="blog", role=Role.VIEWER)["project"]
    assert project["settings"]["port"] == 8080
    assert project["settings"]["webhook"] == "https://hooks.test/..."
    staging = project["environments"]["staging"]
    assert staging["ports"] == {"blue": 4500, "green": 4501}
    assert staging["previews"]["green"] == "https://blog-staging-green.preview.codeb.test"
    assert staging["slots"]["blueState"] == "empty"


def test_another_teams_projects_do_not_exist(tool: Tool, house: House) -> None:
    house.world.init_project("theirs", Actor("key_9", "api", "team-b"))
    assert [each["name"] for each in tool("project_list")["projects"]] == ["blog"]
    with pytest.raises(UnknownProject):
        tool("project_get", projectName="theirs")


def test_a_project_that_is_made_twice_is_made_once(tool: Tool) -> None:
    first = tool("workflow_init", projectName="shop", type="go")
    again = tool("workflow_init", projectName="shop", type="go")
    assert (first["changed"], again["changed"]) == (True, False)
    assert {**first, "changed": False} == again
    with pytest.raises(ProjectExists):
        tool("workflow_init", projectName="shop", type="python")


def test_another_teams_project_is_nobody_elses_to_make_again(tool: Tool, house: House) -> None:
    house.world.init_project("theirs", Actor("key_9", "api", "team-b"))
    with pytest.raises(ProjectExists):
        tool("workflow_init", projectName="theirs")
