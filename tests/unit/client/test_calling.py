"""The client's calls: what it sends, what it raises, and what it asks again. Design section 8."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import codeb
from codeb.client import CallFailed, Client, NotLoggedIn, Unreachable
from codeb.errors import ConfigError
from tests.unit.client.certificates import certificate
from tests.unit.client.scripted import CUT, Said, Scripted, scripted

KEY = "codeb_team-a_member_secret"
REFUSED = {"success": False, "error": "blog: nothing to promote", "code": "nothing_to_promote", "projectName": "blog"}


def client(plot: Scripted, slept: list[float] | None = None, **options: Any) -> Client:
    return Client(plot.url, KEY, sleep=(slept if slept is not None else []).append, **options)


@pytest.mark.parametrize("ending", ["", "/", "/api", "/api/"])
def test_the_address_is_good_with_and_without_api(ending: str) -> None:
    with scripted(Said({"success": True, "total": 3})) as plot:
        answer = Client(plot.url + ending, KEY).call("slot_list", {"projectName": "blog", "environment": None})
    (heard,) = plot.heard
    assert answer == {"total": 3}
    assert (heard.method, heard.path) == ("POST", "/api/tool")
    assert heard.body == {"tool": "slot_list", "params": {"projectName": "blog"}}


@pytest.mark.parametrize(("source", "name"), [("cli", "we-cli"), ("mcp", "codeb-mcp"), ("ci", "codeb-ci"), ("x", "x")])
def test_it_says_who_asks_and_with_which_key(source: str, name: str) -> None:
    with scripted(Said()) as plot:
        client(plot, source=source).call("slot_list")
    sent = plot.heard[0].headers
    assert sent["X-API-Key"] == KEY
    assert sent["X-Client"] == f"{name}/{codeb.__version__}"
    assert sent["X-Client-Version"] == codeb.__version__
    assert "Authorization" not in sent


def test_a_refusal_is_the_servers_own_sentence_code_and_facts() -> None:
    with scripted(Said(REFUSED)) as plot, pytest.raises(CallFailed, match=r"^blog: nothing to promote$") as caught:
        client(plot).call("promote", {"projectName": "blog"})
    error = caught.value
    assert (error.code, error.status, error.answer) == ("nothing_to_promote", 200, REFUSED)
    assert error.facts() == {"projectName": "blog"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 503])
def test_a_status_is_kept_and_asked_once(status: int) -> None:
    with scripted(Said({"success": False, "error": "no", "code": "c"}, status)) as plot:
        with pytest.raises(CallFailed) as caught:
            client(plot).call("slot_list")
        assert (caught.value.status, len(plot.heard)) == (status, 1)


def test_without_a_key_nothing_is_sent() -> None:
    with scripted(Said()) as plot:
        with pytest.raises(NotLoggedIn, match="we login"):
            Client(plot.url, "").call("slot_list")
        assert Client(plot.url, "").get("/health", with_key=False)["success"]
        assert [("X-API-Key" in each.headers) for each in plot.heard] == [False]


def test_a_redirect_is_not_followed_and_the_key_stays_here() -> None:
    with scripted(Said()) as elsewhere, scripted(Said(b"", 307, {"Location": f"{elsewhere.url}/api/tool"})) as plot:
        with pytest.raises(Unreachable, match="a key is not sent on"):
            client(plot).call("slot_list")
        assert (len(plot.heard), elsewhere.heard) == (1, [])


def test_what_only_looks_is_asked_again_when_its_answer_is_lost() -> None:
    slept: list[float] = []
    with scripted(CUT, CUT, Said({"success": True, "total": 1})) as plot:
        assert client(plot, slept).call("slot_list") == {"total": 1}
        assert len(plot.calls("slot_list")) == 3
    assert slept == [0.5, 2.0]


def test_it_gives_up_in_the_end() -> None:
    with scripted(CUT) as plot:
        with pytest.raises(Unreachable):
            client(plot).call("slot_list")
        assert len(plot.calls("slot_list")) == 3


@pytest.mark.parametrize("tool", ["deploy", "deploy_project", "of_another_version"])
def test_what_changes_something_is_never_sent_twice(tool: str) -> None:
    with scripted(CUT, Said()) as plot:
        with pytest.raises(Unreachable) as caught:
            client(plot).call(tool)
        assert caught.value.sent
        assert len(plot.calls(tool)) == 1


def test_what_cannot_have_arrived_is_sent_again() -> None:
    slept: list[float] = []
    with scripted(Said()) as plot:
        pass
    with pytest.raises(Unreachable, match=r"refused") as caught:
        client(plot, slept).call("deploy")
    assert not caught.value.sent
    assert slept == [0.5, 2.0]


def too_many(seconds: object) -> Said:
    return Said({"success": False, "error": "slow down", "code": "rate_limited", "retryAfter": seconds}, 429)


def test_it_waits_as_long_as_it_is_told_to() -> None:
    slept: list[float] = []
    with scripted(too_many(7), too_many(9), Said()) as plot:
        client(plot, slept).call("deploy")
        assert len(plot.calls("deploy")) == 3
    assert slept == [7, 9]


@pytest.mark.parametrize("told", [too_many(3600), too_many(None), too_many("soon")])
def test_it_does_not_wait_for_ever(told: Said) -> None:
    slept: list[float] = []
    with scripted(told, Said()) as plot, pytest.raises(CallFailed, match="slow down"):
        client(plot, slept).call("slot_list")
    assert slept == []


def test_waits_add_up_to_a_minute_at_most() -> None:
    slept: list[float] = []
    with scripted(too_many(25)) as plot, pytest.raises(CallFailed):
        client(plot, slept).call("slot_list")
    assert slept == [25, 25]


@pytest.mark.parametrize(("status", "asked"), [(502, 3), (504, 3), (200, 1), (404, 1)])
def test_what_is_no_answer_of_the_apis_is_told_as_such(status: int, asked: int) -> None:
    with scripted(Said(b"<html>", status)) as plot:
        with pytest.raises(Unreachable, match=str(status)):
            client(plot).call("slot_list")
        assert len(plot.calls("slot_list")) == asked


@pytest.mark.parametrize(
    "url",
    [
        *("http://api.example.org", "http://93.184.216.34:9101/api", "ftp://127.0.0.1", "127.0.0.1:9101", ""),
        *("https://me:pw@api.example.org", "https://api.example.org?x=1", "https://api.example.org:port"),
    ],
)
def test_an_address_that_would_give_the_key_away_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="CODEB_API_URL"):
        Client(url, KEY)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9101", "http://localhost", "http://10.1.2.3/api", "http://[::1]:9101"]
)
def test_a_near_address_may_be_http(url: str) -> None:
    assert Client(url, KEY).url == url.removesuffix("/api")


def test_http_beyond_is_for_those_who_say_so() -> None:
    assert Client("http://api.example.org/api", KEY, allow_http=True).url == "http://api.example.org"


@pytest.mark.parametrize("key", ["with space", "line\nbreak", "ключ"])
def test_what_no_header_can_hold_is_no_key_and_is_not_shown(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Client("http://127.0.0.1", key)
    assert key not in str(caught.value)


def test_the_words_of_a_failure_are_few() -> None:
    with scripted(CUT) as plot, pytest.raises(Unreachable, match=r"available: Remote end closed connection without"):
        client(plot).call("deploy")


def test_https_is_trusted_by_the_authority_that_is_named_and_by_no_other(tmp_path: Path) -> None:
    slept: list[float] = []
    cert, context = certificate(tmp_path)
    with scripted(Said({"success": True, "total": 1}), tls=context) as plot:
        assert client(plot, ca=str(cert)).call("slot_list") == {"total": 1}
        with pytest.raises(Unreachable, match=r"not trusted \(self-signed certificate.*CODEB_CA"):
            client(plot, slept).call("slot_list")
        with pytest.raises(Unreachable, match="absent"):
            client(plot, slept, ca=str(tmp_path / "absent.crt")).call("slot_list")
        assert len(plot.calls("slot_list")) == 1
    assert slept == []


def test_requests_own_variable_names_an_authority_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cert, context = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cert))
    with scripted(Said({"success": True, "total": 1}), tls=context) as plot:
        assert client(plot).call("slot_list") == {"total": 1}


def test_a_password_of_netrc_does_not_take_the_place_of_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted(Said()) as plot:
        client(plot).call("slot_list")
        assert "Authorization" not in plot.heard[0].headers


@pytest.mark.parametrize("show", [repr, str])
def test_the_key_shows_nowhere(show: Callable[[object], str]) -> None:
    made = Client("http://127.0.0.1:1", KEY, sleep=lambda seconds: None)
    with pytest.raises(Unreachable) as caught:
        made.call("deploy", {"x": 1})
    assert "secret" not in show(made.http) + show(caught.value)
