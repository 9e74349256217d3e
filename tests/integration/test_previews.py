"""Protected previews through a real Caddy: who gets in, what the container sees, where a link leads. Security 14."""

import asyncio
import http.client
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from codeb.domain.names import Environment
from codeb.errors import InvalidInput
from codeb.services.protocols import Site
from codeb.settings import Secret
from tests.integration.backends import backend
from tests.integration.caddy_process import CaddyProcess
from tests.integration.test_proxy import site
from tests.integration.waiting import free_port

pytestmark = pytest.mark.integration

TOKEN = "0123456789abcdef-_token"
OTHER = "fedcba9876543210-_other"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    def header(self, name: str) -> list[str]:
        return self.headers.get_all(name) or []


def ask(caddy: CaddyProcess, host: str, path: str = "/headers", *cookies: str, method: str = "GET") -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", caddy.port, timeout=5)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host)
        for cookie in cookies:
            connection.putheader("Cookie", cookie)
        connection.endheaders()
        with connection.getresponse() as response:
            return Answer(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


def seen_cookies(answer: Answer) -> list[str]:
    return [line.partition(": ")[2] for line in answer.body.splitlines() if line.lower().startswith("cookie:")]


@pytest.fixture
def blog(caddy: CaddyProcess) -> Iterator[Site]:
    """A site with a token, whose slots answer with the request that reached them."""
    blue, green = free_port(), free_port()
    with backend("blue", blue), backend("green", green):
        served = replace(site(blue, green), preview_token=Secret(TOKEN))
        caddy.proxy.install(served)
        yield served


@pytest.fixture
def preview(blog: Site) -> str:
    return blog.green.preview_host


def test_a_stranger_is_told_that_the_preview_is_not_public(caddy: CaddyProcess, preview: str) -> None:
    answer = ask(caddy, preview)
    assert answer.status == 401
    assert "This preview is not public" in answer.body
    assert answer.header("X-Robots-Tag") == ["noindex"]
    assert answer.header("X-CodeB-Slot") == []


def test_the_link_gives_a_cookie_and_leads_to_the_same_page_without_the_query(
    caddy: CaddyProcess, preview: str
) -> None:
    link = ask(caddy, preview, f"/a%20b/c%3Fd?x=1&codeb_preview={TOKEN}&y=2")
    assert (link.status, link.header("Location")) == (302, ["/a%20b/c%3Fd"])
    assert link.header("Set-Cookie") == [f"codeb_preview={TOKEN}; Path=/; HttpOnly; SameSite=Lax"]
    assert link.header("X-Robots-Tag") == ["noindex"]
    assert TOKEN not in link.body
    cookie = link.header("Set-Cookie")[0].partition(";")[0]
    inside = ask(caddy, preview, "/", cookie)
    assert (inside.status, inside.body, inside.header("X-CodeB-Slot")) == (200, "green", ["green"])


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example/x", "//evil.example/%2e%2e", "/\\evil.example"])
def test_the_link_never_leads_to_another_host(caddy: CaddyProcess, preview: str, path: str) -> None:
    link = ask(caddy, preview, f"{path}?codeb_preview={TOKEN}")
    (location,) = link.header("Location")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_the_link_followed_again_with_its_cookie_leads_to_the_page_once_more(caddy: CaddyProcess, preview: str) -> None:
    again = ask(caddy, preview, f"/?codeb_preview={TOKEN}", f"codeb_preview={TOKEN}")
    assert (again.status, again.header("Location")) == (302, ["/"])


@pytest.mark.parametrize(
    "cookie", [f"codeb_preview={OTHER}", "codeb_preview=", f"xcodeb_preview={TOKEN}", f"codeb_preview={TOKEN}x", TOKEN]
)
def test_another_token_does_not_open_it(caddy: CaddyProcess, preview: str, cookie: str) -> None:
    assert ask(caddy, preview, "/", cookie).status == 401
    assert ask(caddy, preview, f"/?codeb_preview={OTHER}").status == 401
    assert ask(caddy, preview, "/?codeb_preview=*").status == 401


def test_the_cookie_of_tls_does_not_open_it_in_the_clear(caddy: CaddyProcess, preview: str) -> None:
    assert ask(caddy, preview, "/", f"__Host-codeb_preview={TOKEN}").status == 401


def test_the_token_of_one_environment_does_not_open_another(caddy: CaddyProcess, blog: Site) -> None:
    staging = replace(site(1, blog.green.port, Environment.of("blog", "staging")), preview_token=Secret(OTHER))
    caddy.proxy.install(staging)
    host = staging.green.preview_host
    assert ask(caddy, host, "/", f"codeb_preview={TOKEN}").status == 401
    assert ask(caddy, host, f"/?codeb_preview={TOKEN}").status == 401
    assert ask(caddy, host, "/", f"codeb_preview={OTHER}").status == 200


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (f"codeb_preview={TOKEN}", []),
        (f"codeb_preview={TOKEN}; a=1; b=2", ["a=1; b=2"]),
        (f"a=1; codeb_preview={TOKEN}; b=2", ["a=1; b=2"]),
        (f"a=1; b=2; codeb_preview={TOKEN}", ["a=1; b=2"]),
        (f"a=1;codeb_preview={TOKEN};b=2", ["a=1;b=2"]),
        (f"codeb_preview={TOKEN}; codeb_preview={OTHER}; a=1", ["a=1"]),
        (f"__Host-codeb_preview={OTHER}; a=1; codeb_preview={TOKEN}", ["a=1"]),
        (f'codeb_preview = "{OTHER}"; codeb_preview={TOKEN}; my_codeb_preview=x; b', ["my_codeb_preview=x; b"]),
    ],
)
def test_the_container_sees_every_cookie_but_ours(
    caddy: CaddyProcess, preview: str, sent: str, seen: list[str]
) -> None:
    answer = ask(caddy, preview, "/headers", sent)
    assert answer.status == 200
    assert seen_cookies(answer) == seen


def test_cookies_may_come_in_several_lines(caddy: CaddyProcess, preview: str) -> None:
    answer = ask(caddy, preview, "/headers", "a=1", f"codeb_preview={TOKEN}", "b=2")
    assert answer.status == 200
    assert "codeb_preview" not in answer.body
    assert [cookie for cookie in seen_cookies(answer) if cookie] == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (f"/headers?codeb_preview={OTHER}", "/headers"),
        (f"/headers?b=2&codeb_preview={OTHER}&a=1", "/headers?a=1&b=2"),
        (f"/headers?%63odeb_preview={OTHER}&a=1", "/headers?a=1"),
        (f"/headers?a=1;codeb_preview={OTHER}", "/headers"),
        ("/headers?b=%2f&a=x+y&c", "/headers?b=%2f&a=x+y&c"),
        ("/headers?", "/headers?"),
    ],
)
def test_the_container_sees_no_token_in_the_query_and_every_other_query_as_it_was(
    caddy: CaddyProcess, preview: str, sent: str, seen: str
) -> None:
    answer = ask(caddy, preview, sent, f"codeb_preview={TOKEN}")
    assert answer.body.splitlines()[0] == f"GET {seen} HTTP/1.1"


def test_what_the_container_says_of_robots_is_not_passed_on(caddy: CaddyProcess, preview: str) -> None:
    answer = ask(caddy, preview, "/headers", f"codeb_preview={TOKEN}")
    assert answer.header("X-Robots-Tag") == ["noindex"]


def test_a_protected_preview_without_a_container_is_not_indexed_either(caddy: CaddyProcess) -> None:
    empty = replace(site(free_port(), free_port()), preview_token=Secret(TOKEN))
    caddy.proxy.install(empty)
    answer = ask(caddy, empty.green.preview_host, "/", f"codeb_preview={TOKEN}")
    assert (answer.status, answer.body) == (503, "Nothing is running in this slot.")
    assert answer.header("X-Robots-Tag") == ["noindex"]


def test_streams_of_a_protected_preview_flow(caddy: CaddyProcess, preview: str) -> None:
    cookie = {"Cookie": f"codeb_preview={TOKEN}"}

    async def watch() -> None:
        url, local = f"ws://{preview}/ws", "127.0.0.1"
        async with connect(url, additional_headers=cookie, host=local, port=caddy.port) as socket:
            await socket.send("hello")
            assert await asyncio.wait_for(socket.recv(), 10) == "green: hello"
        with pytest.raises(InvalidStatus, match="401"):
            await connect(url, host=local, port=caddy.port)

    asyncio.run(watch())
    connection = http.client.HTTPConnection("127.0.0.1", caddy.port, timeout=5)
    connection.request("GET", "/events", headers={"Host": preview, **cookie})
    with connection.getresponse() as response:
        assert response.readline() == b"data: green\n"
        assert response.headers.get_all("X-Robots-Tag") == ["noindex"]
    connection.close()


def test_an_open_preview_asks_for_nothing(caddy: CaddyProcess, blog: Site) -> None:
    assert caddy.proxy.install(replace(blog, preview_token=None))
    assert ask(caddy, blog.green.preview_host, "/").body == "green"


def test_production_asks_for_nothing(caddy: CaddyProcess, blog: Site) -> None:
    assert ask(caddy, "blog.test", "/").status == 503


def test_caddys_log_never_holds_the_token(caddy: CaddyProcess, preview: str) -> None:
    for path, cookie in ((f"/?codeb_preview={TOKEN}", ""), ("/", f"codeb_preview={TOKEN}")):
        ask(caddy, preview, path, cookie)
    assert TOKEN not in caddy.log
    for file in (caddy.caddyfile, *Path(caddy.tree.sites).glob("*.caddy")):
        assert not any(line.split()[:1] == ["log"] for line in file.read_text().splitlines())


@pytest.mark.parametrize("token", ["", "*", "short", "a" * 20 + "{file./etc/passwd}", "a" * 20 + "`", "a" * 20 + ".*"])
def test_a_token_that_would_mean_more_than_itself_is_refused(caddy: CaddyProcess, blog: Site, token: str) -> None:
    with pytest.raises(InvalidInput, match="previewToken"):
        caddy.proxy.install(replace(blog, preview_token=Secret(token)))
