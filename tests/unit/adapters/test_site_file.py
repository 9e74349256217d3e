"""The site file as text."""

from dataclasses import replace
from pathlib import Path

import pytest

from codeb.adapters.caddy.site_file import SiteRenderer, hash_in
from codeb.domain.names import Environment
from codeb.errors import InvalidInput
from codeb.services.protocols import Site, SlotSite
from codeb.settings import Secret, TlsMode

SITE = Site(
    environment=Environment.of("blog"),
    hosts=("blog.codeb.kr", "www.blog.example"),
    blue=SlotSite("blog-blue.preview.codeb.kr", 4100, "/health?a=1&b={x}", 204),
    green=SlotSite("blog-green.preview.codeb.kr", 4101, "/ready", 200),
)
TOKEN = "0123456789abcdef-_"
PROTECTED = replace(SITE, preview_token=Secret(TOKEN))


def render(tls: TlsMode, *, redirect: bool, site: Site = SITE) -> str:
    return SiteRenderer(Path("/opt/codeb/routes"), tls, redirect, Secret("probe")).render(site).text


def production(text: str) -> str:
    return text.partition("preview.codeb.kr")[0]


def previews(text: str) -> str:
    return text[len(production(text)) :]


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


@pytest.mark.parametrize(
    ("tls", "directive"),
    [("acme", "\ttls {\n\t\ton_demand\n\t}\n"), ("internal", "\ttls internal {\n\t\ton_demand\n\t}\n")],
)
def test_previews_have_their_certificates_on_demand_and_production_has_not(tls: TlsMode, directive: str) -> None:
    text = render(tls, redirect=True)
    assert previews(text).count(directive) == 2
    assert "on_demand" not in production(text)
    assert ("\ttls internal\n" in production(text)) == (tls == "internal")


def test_without_tls_nothing_speaks_of_it() -> None:
    assert "tls" not in render("off", redirect=False)


def test_the_hash_changes_with_the_site_and_can_be_read_out_of_it() -> None:
    renderer = SiteRenderer(Path("/r"), "off", http_redirect=False, probe_secret=Secret("probe"))
    one, two = renderer.render(SITE), renderer.render(replace(SITE, blue=replace(SITE.blue, port=4200)))
    assert one.hash != two.hash
    assert f'X-CodeB-Site "{one.hash}"' in one.text
    assert (hash_in(one.text), hash_in(two.text)) == (one.hash, two.hash)
    assert renderer.render(SITE) == one
    assert renderer.render(PROTECTED).hash != one.hash


@pytest.mark.parametrize("text", ["", "garbage", 'header @probe X-CodeB-Site ""', 'header @probe X-CodeB-Site "{x}"'])
def test_what_names_no_hash_has_none(text: str) -> None:
    assert hash_in(text) == ""


def test_a_block_with_one_upstream_has_no_active_check_and_a_preview_no_passive_one() -> None:
    text = render("off", redirect=False)
    for block in text.split("reverse_proxy ")[1:]:
        two = block.partition("{")[0].count("127.0.0.1") == 2
        assert ("health_uri" in block.partition("flush_interval")[0]) == two
        assert ("fail_duration" in block.partition("flush_interval")[0]) == two


def test_two_upstreams_are_checked_as_the_first_of_them_wants() -> None:
    text = render("off", redirect=False)
    blue, green = (
        text.partition(f"handle @{word} ")[2].partition("handle @")[0] for word in ("blue_green", "green_blue")
    )
    assert 'health_uri "/health?a=1&b={x}"\n\t\t\thealth_status 204\n' in blue
    assert 'health_uri "/ready"\n\t\t\thealth_status 200\n' in green


@pytest.mark.parametrize(
    ("tls", "redirect", "names"),
    [
        ("off", False, {"codeb_preview"}),
        ("acme", True, {"__Host-codeb_preview"}),
        ("internal", False, {"codeb_preview", "__Host-codeb_preview"}),
    ],
)
def test_a_protected_preview_has_a_cookie_for_each_scheme_it_answers_to(
    tls: TlsMode, redirect: bool, names: set[str]
) -> None:
    text = render(tls, redirect=redirect, site=PROTECTED)
    cookies = {line.split('"')[1].partition("=")[0] for line in text.splitlines() if " Set-Cookie " in line}
    assert cookies == names
    for line in text.splitlines():
        assert ("Secure" in line) == ("__Host-codeb_preview=" in line and "Set-Cookie" in line)


def test_the_token_stands_in_previews_only() -> None:
    text = render("internal", redirect=False, site=PROTECTED)
    assert TOKEN in previews(text)
    assert TOKEN not in production(text)
    assert "Set-Cookie" not in render("internal", redirect=False)


@pytest.mark.parametrize("token", ["", "short", "*" * 20, "a" * 16 + "\n", "a" * 129])
def test_a_token_is_letters_digits_hyphens_and_underscores(token: str) -> None:
    with pytest.raises(InvalidInput, match="previewToken"):
        render("off", redirect=False, site=replace(SITE, preview_token=Secret(token)))


def test_nothing_writes_an_access_log_that_could_hold_a_token() -> None:
    text = render("acme", redirect=False, site=PROTECTED)
    assert not any(line.split()[:1] == ["log"] for line in text.splitlines())
