"""The Caddy adapter against a real Caddy. Spec section 4."""

import http.client
from collections.abc import Iterator
from dataclasses import replace

import pytest

from codeb.domain.names import Environment, SlotName
from codeb.domain.routing import Word
from codeb.services.errors import SiteRefused, SwitchFailed
from codeb.services.protocols import Site, SlotSite
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

BLOG = Environment.of("blog")


def site(blue: int, green: int, environment: Environment = BLOG) -> Site:
    return Site(
        environment=environment,
        hosts=(environment.host("test"),),
        blue=SlotSite(environment.preview_host(SlotName.BLUE, "test"), blue, "/health", 200),
        green=SlotSite(environment.preview_host(SlotName.GREEN, "test"), green, "/health", 200),
    )


def ask(caddy: CaddyProcess, host: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", caddy.port, timeout=5)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", "/", headers={"Host": host, **named})
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


@pytest.fixture
def blog(caddy: CaddyProcess) -> Iterator[Site]:
    """Two slots that answer, and a site that knows them."""
    blue, green = free_port(), free_port()
    with backend("blue", blue), backend("green", green):
        served = site(blue, green)
        assert caddy.proxy.install(served)
        yield served


def test_a_new_site_says_that_nothing_is_deployed(caddy: CaddyProcess, blog: Site) -> None:
    answer = ask(caddy, "blog.test")
    assert (answer.status, answer.headers["X-CodeB-Word"]) == (503, "empty")
    assert caddy.proxy.word(BLOG) is Word.EMPTY


def test_traffic_follows_the_word(caddy: CaddyProcess, blog: Site) -> None:
    for word in (Word.BLUE, Word.GREEN, Word.BLUE_GREEN, Word.GREEN_BLUE):
        verified = caddy.proxy.route(blog, word)
        answer = ask(caddy, "blog.test")
        assert answer.headers.get_all("X-CodeB-Slot") == [word.serving]
        assert answer.body == str(word.serving).encode()  # type: ignore[attr-defined]
        assert (verified.probe_slot, verified.answered_slot) == (word.serving, word.serving)


def test_an_application_cannot_pass_for_another_slot(caddy: CaddyProcess, blog: Site) -> None:
    caddy.proxy.route(blog, Word.GREEN)
    assert ask(caddy, "blog.test").headers.get_all("X-CodeB-Slot") == ["green"]
    assert ask(caddy, blog.blue.preview_host).headers.get_all("X-CodeB-Slot") == ["blue"]


def test_a_preview_answers_beside_production_and_is_not_indexed(caddy: CaddyProcess, blog: Site) -> None:
    caddy.proxy.route(blog, Word.BLUE)
    preview = ask(caddy, blog.green.preview_host)
    assert (preview.status, preview.headers["X-Robots-Tag"]) == (200, "noindex")
    assert preview.body == b"green"  # type: ignore[attr-defined]
    assert ask(caddy, "blog.test").body == b"blue"  # type: ignore[attr-defined]


def test_the_preview_of_an_empty_slot_says_so(caddy: CaddyProcess) -> None:
    empty = site(free_port(), free_port())
    caddy.proxy.install(empty)
    answer = ask(caddy, empty.green.preview_host)
    assert (answer.status, answer.body) == (503, b"Nothing is running in this slot.")  # type: ignore[attr-defined]


def test_a_visitor_cannot_choose_the_word(caddy: CaddyProcess, blog: Site) -> None:
    caddy.proxy.route(blog, Word.BLUE)
    for secret in ("", "guess"):
        answer = ask(caddy, "blog.test", X_CodeB_Probe=secret, X_CodeB_Word="green")
        assert answer.headers["X-CodeB-Slot"] == "blue"
        assert "X-CodeB-Site" not in answer.headers


def test_a_slot_that_does_not_answer_gets_no_traffic(caddy: CaddyProcess) -> None:
    blue = free_port()
    with backend("blue", blue):
        half = site(blue, free_port())
        caddy.proxy.install(half)
        caddy.proxy.route(half, Word.BLUE)
        with pytest.raises(SwitchFailed, match="probe was answered by no slot"):
            caddy.proxy.route(half, Word.GREEN)
        assert caddy.proxy.word(BLOG) is Word.BLUE


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (Word.MAINTENANCE, "This site is being maintained and will be back soon."),
        (Word.EMPTY, "This site is not deployed yet."),
    ],
)
def test_a_page_says_what_is_and_is_kept_by_nobody(caddy: CaddyProcess, blog: Site, word: Word, text: str) -> None:
    caddy.proxy.route(blog, word)
    answer = ask(caddy, "blog.test")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "120")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    body = answer.body.decode()  # type: ignore[attr-defined]
    assert body.startswith("<!doctype html>")
    assert f"<p>{text}</p>" in body
    assert "http" not in body, "nothing comes from elsewhere"


def test_a_promote_during_maintenance_is_decided_by_the_probe(caddy: CaddyProcess, blog: Site) -> None:
    caddy.proxy.route(blog, Word.MAINTENANCE)
    verified = caddy.proxy.route(blog, Word.MAINTENANCE, probe=Word.GREEN)
    assert (verified.word, verified.probe_slot, verified.answered_slot) == (Word.MAINTENANCE, SlotName.GREEN, None)
    assert caddy.proxy.word(BLOG) is Word.MAINTENANCE
    assert ask(caddy, "blog.test").headers["X-CodeB-Word"] == "maintenance"


def test_a_slot_that_is_gone_is_noticed_during_maintenance_too(caddy: CaddyProcess) -> None:
    half = site(free_port(), free_port())
    caddy.proxy.install(half)
    with pytest.raises(SwitchFailed, match="probe was answered by no slot"):
        caddy.proxy.route(half, Word.MAINTENANCE, probe=Word.GREEN)
    assert caddy.proxy.word(BLOG) is Word.EMPTY


def test_without_its_site_file_nothing_is_switched_and_the_sentence_says_what_mends_it(
    caddy: CaddyProcess, blog: Site
) -> None:
    caddy.proxy.route(blog, Word.BLUE)
    (caddy.tree.sites / "blog-production.caddy").unlink()
    with pytest.raises(SwitchFailed, match=r"blog-production\.caddy is missing; `codeb doctor` mends it"):
        caddy.proxy.route(blog, Word.GREEN)
    assert caddy.proxy.word(BLOG) is Word.BLUE


def test_a_caddy_that_cannot_read_the_pointer_is_told_from_a_failed_switch(caddy: CaddyProcess, blog: Site) -> None:
    elsewhere = replace(caddy.proxy.renderer, routes=caddy.directory / "unreadable")
    caddy.tree.put([elsewhere.render(blog)])
    with pytest.raises(SwitchFailed, match=r"cannot read the pointer file.*older than 2\.8.*routes directory"):
        caddy.proxy.route(blog, Word.BLUE)
    assert caddy.proxy.word(BLOG) is Word.EMPTY


def test_a_pointer_that_was_not_there_is_gone_again_after_a_failed_switch(caddy: CaddyProcess, blog: Site) -> None:
    elsewhere = replace(caddy.proxy.renderer, routes=caddy.directory / "unreadable")
    caddy.tree.put([elsewhere.render(blog)])
    for text in (None, "purple"):
        pointer = caddy.proxy.routes / BLOG.key
        pointer.unlink(missing_ok=True)
        if text:
            pointer.write_text(text)
        with pytest.raises(SwitchFailed):
            caddy.proxy.route(blog, Word.BLUE)
        assert (pointer.read_text() if pointer.exists() else None) == text


def test_a_caddy_that_refuses_what_is_on_disk_refuses_the_switch(caddy: CaddyProcess, blog: Site) -> None:
    changed = replace(blog, blue=replace(blog.blue, health_path="/ready"))
    (caddy.tree.sites / "blog-production.caddy").write_text(caddy.proxy.renderer.render(changed).text)
    (caddy.directory / "platform" / "api.caddy").write_text("no_such_directive {")
    with pytest.raises(SwitchFailed, match=r"older site file than the one on disk; Caddy did not accept"):
        caddy.proxy.route(changed, Word.BLUE)
    assert caddy.proxy.word(BLOG) is Word.EMPTY


def test_a_site_file_of_older_settings_serves_a_switch_as_it_is(caddy: CaddyProcess, blog: Site) -> None:
    changed = replace(blog, hosts=("blog.test", "www.blog.test"))
    before = caddy.loads()
    assert caddy.proxy.route(changed, Word.BLUE).answered_slot is SlotName.BLUE
    assert caddy.loads() == before, "what counts is the file on disk, not what would be written today"


def test_a_grace_slot_takes_over_when_the_active_one_is_gone(caddy: CaddyProcess) -> None:
    blue, green = free_port(), free_port()
    pair = site(blue, green)
    caddy.proxy.install(pair)
    with backend("blue", blue):
        with backend("green", green):
            caddy.proxy.route(pair, Word.GREEN_BLUE)
        answers = [ask(caddy, "blog.test") for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    assert {answer.headers["X-CodeB-Slot"] for answer in answers} == {"blue"}, "the slot that really answered is named"


def test_the_same_site_again_loads_nothing(caddy: CaddyProcess, blog: Site) -> None:
    before = caddy.loads()
    assert not caddy.proxy.install(blog)
    assert caddy.loads() == before


def test_a_switch_loads_nothing(caddy: CaddyProcess, blog: Site) -> None:
    before = caddy.log.count('"POST"')
    for _ in range(5):
        caddy.proxy.route(blog, Word.GREEN)
        caddy.proxy.route(blog, Word.BLUE)
    assert caddy.log.count('"POST"') == before


def test_a_site_that_caddy_refuses_changes_nothing(caddy: CaddyProcess, blog: Site) -> None:
    caddy.proxy.route(blog, Word.BLUE)
    clash = replace(site(1, 2, Environment.of("other")), hosts=("blog.test",))
    with pytest.raises(SiteRefused, match="ambiguous site"):
        caddy.proxy.install(clash)
    assert sorted(path.name for path in caddy.tree.sites.iterdir()) == ["blog-production.caddy"]
    assert ask(caddy, "blog.test").headers["X-CodeB-Slot"] == "blue"


def test_a_caddy_that_serves_another_file_than_the_one_on_disk_is_told_first(caddy: CaddyProcess, blog: Site) -> None:
    name = "blog-production.caddy"
    changed = replace(blog, blue=replace(blog.blue, health_path="/ready"))
    (caddy.tree.sites / name).write_text(caddy.proxy.renderer.render(changed).text)
    verified = caddy.proxy.route(changed, Word.BLUE)
    assert verified.probe_slot is SlotName.BLUE
    assert caddy.loads() == 2


def test_the_platforms_own_sites_outlive_every_load(caddy: CaddyProcess, blog: Site) -> None:
    caddy.tree.reload()
    assert ask(caddy, "api.test").body == b"the platform"  # type: ignore[attr-defined]
    assert ask(caddy, "blog.test").headers["X-CodeB-Word"] == "empty"


def test_a_removed_site_is_gone(caddy: CaddyProcess, blog: Site) -> None:
    caddy.proxy.remove(BLOG)
    assert ask(caddy, "blog.test").status == 200, "Caddy's own empty answer"
    assert ask(caddy, "blog.test").body == b""  # type: ignore[attr-defined]
    assert caddy.proxy.word(BLOG) is None
    assert not list(caddy.tree.sites.iterdir())
