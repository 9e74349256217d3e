"""Names of spec section 2."""

import pytest

from codeb.domain.names import Environment, EnvironmentName, SlotName, project_name
from codeb.errors import InvalidInput


@pytest.mark.parametrize(("text", "name"), [("My_App", "my-app"), ("  blog ", "blog"), ("a" * 40, "a" * 40)])
def test_a_name_is_folded_to_a_dns_label(text: str, name: str) -> None:
    assert project_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "-a", "a-", "a b", "a.b", "a/b", "../etc", "a" * 41, "ä", "a\nb", "api", "www", "x-staging", "x-blue", "x;id"],
)
def test_what_is_no_name_or_not_a_projects_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        project_name(text)


def test_production_has_the_short_name_and_the_others_say_which_they_are() -> None:
    production, staging = Environment.of("blog"), Environment.of("blog", "staging")
    assert production.host("codeb.kr") == "blog.codeb.kr"
    assert production.preview_host(SlotName.GREEN, "codeb.kr") == "blog-green.preview.codeb.kr"
    assert staging.host("codeb.kr") == "blog-staging.codeb.kr"
    assert staging.preview_host(SlotName.BLUE, "codeb.kr") == "blog-staging-blue.preview.codeb.kr"
    assert staging.container(SlotName.BLUE) == "blog-staging-blue"


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="production, staging, preview"):
        Environment.of("blog", "banana")


def test_no_two_projects_share_a_host() -> None:
    names = ["a", "b", "a-b"]
    hosts = [Environment(name, env).host("t") for name in names for env in EnvironmentName]
    assert len(hosts) == len(set(hosts))
