"""The site file as text."""

from dataclasses import replace
from pathlib import Path

import pytest

from codeb.adapters.caddy.site_file import SiteRenderer
from codeb.domain.names import Environment
from codeb.services.protocols import Site
from codeb.settings import Secret, TlsMode

SITE = Site(
    environment=Environment.of("blog"),
    hosts=("blog.codeb.kr", "www.blog.example"),
    blue_host="blog-blue.preview.codeb.kr",
    green_host="blog-green.preview.codeb.kr",
    blue_port=4100,
    green_port=4101,
    health_path="/health?a=1&b={x}",
    health_status=204,
)


def render(tls: TlsMode, *, redirect: bool) -> str:
    return SiteRenderer(Path("/opt/codeb/routes"), tls, redirect, Secret("probe")).render(SITE).text


@pytest.mark.parametrize(
    ("tls", "redirect", "addresses"),
    [
        ("acme", True, "blog.codeb.kr, www.blog.example {"),
        ("acme", False, "http://blog.codeb.kr, https://blog.codeb.kr, http://www.blog.example"),
        ("off", True, "http://blog.codeb.kr, http://www.blog.example {"),
    ],
)
def test_a_site_answers_where_the_settings_say(tls: TlsMode, redirect: bool, addresses: str) -> None:
    assert addresses in render(tls, redirect=redirect)


def test_the_hash_changes_with_the_site_and_stands_in_it() -> None:
    renderer = SiteRenderer(Path("/r"), "off", http_redirect=False, probe_secret=Secret("probe"))
    one, two = renderer.render(SITE), renderer.render(replace(SITE, blue_port=4200))
    assert one.hash != two.hash
    assert f'X-CodeB-Site "{one.hash}"' in one.text
    assert renderer.render(SITE) == one


def test_a_block_with_one_upstream_has_no_active_check_and_a_preview_no_passive_one() -> None:
    text = render("off", redirect=False)
    for block in text.split("reverse_proxy ")[1:]:
        two = block.partition("{")[0].count("127.0.0.1") == 2
        assert ("health_uri" in block.partition("flush_interval")[0]) == two
        assert ("fail_duration" in block.partition("flush_interval")[0]) == two
