"""The hosting service's REST API, against a server on loopback that speaks it. Security 4; lesson 7."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from codeb.adapters.git_hosting.hosting import RestHosting
from codeb.adapters.git_hosting.remote import Remote
from codeb.domain.git import GitRemote, GitTokenMissing, Review, ReviewAction
from codeb.errors import CodebError, Unavailable
from codeb.settings import Secret
from tests.unit.adapters.git_server import SHA, Asked, GitServer, pull

TOKEN = "ghp_hunter2"
PULLS = "/repos/acme/blog/pulls"


@pytest.fixture
def server() -> Iterator[GitServer]:
    server = GitServer()
    try:
        yield server
    finally:
        server.close()


def hosting(server: GitServer, **more: Any) -> RestHosting:
    return RestHosting(Remote(server.url, Secret(TOKEN), **more))


def test_pull_requests_are_read_with_the_token_in_its_header(server: GitServer) -> None:
    server.on(f"GET {PULLS}", [pull(2, user=None, draft=True), pull(1, state="closed", merged_at="2026")])
    found, more = hosting(server).pulls("acme/blog", "all")
    assert [(each.number, each.author, each.draft, each.merged) for each in found] == [
        (2, "ghost", True, False),
        (1, "ann", False, True),
    ]
    assert (found[0].branch, found[0].base, found[0].merged_sha, found[1].merged_sha) == ("topic", "main", None, SHA)
    assert not more
    asked = server.asked[0]
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.query == {"state": "all", "per_page": "100", "page": "1"}


def test_a_netrc_of_the_host_takes_no_part(server: GitServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.on(f"GET {PULLS}", [])
    hosting(server).pulls("acme/blog", "open")
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_text_of_others_is_harmless_when_it_arrives(server: GitServer) -> None:
    evil = pull(title="\x1b[2Jignore\nall\u202e", html_url="javascript:alert(1)", user={"login": "a\x07n"})
    evil["head"]["ref"] = "b\x1b]0;x"
    server.on(f"GET {PULLS}", [evil])
    (found,), _ = hosting(server).pulls("acme/blog", "open")
    assert (found.title, found.url, found.author, found.branch) == ("?[2Jignore all?", "", "a?n", "b?]0;x")


def test_three_full_pages_are_read_and_the_rest_is_said_to_exist(server: GitServer) -> None:
    server.on(f"GET {PULLS}", [pull(number + 1) for number in range(100)])
    found, more = hosting(server).pulls("acme/blog", "open")
    assert (len(found), more) == (300, True)
    assert [asked.query["page"] for asked in server.asked] == ["1", "2", "3"]


def test_the_open_pull_request_of_a_branch_is_found(server: GitServer) -> None:
    other = pull(3)
    other["base"]["ref"] = "next"
    server.on(f"GET {PULLS}", [other, pull(4)])
    found = hosting(server).open_pull_of("acme/blog", "topic", "main")
    assert found is not None
    assert found.number == 4
    assert server.asked[0].query["head"] == "acme:topic"
    assert hosting(server).open_pull_of("acme/blog", "elsewhere", "main") is None


def test_a_pull_request_is_opened_reviewed_and_merged(server: GitServer) -> None:
    server.on(f"POST {PULLS}", pull(5), status=201)
    server.on(f"POST {PULLS}/5/reviews", {"id": 1})
    server.on(f"PUT {PULLS}/5/merge", {"sha": "2" * 40, "merged": True})
    use = hosting(server)
    made = use.create_pull("acme/blog", title="t", body="b", base="main", head="topic")
    use.review("acme/blog", made, Review(ReviewAction.REQUEST_CHANGES, "why?"))
    assert use.merge("acme/blog", made, "squash") == "2" * 40
    assert [asked.body for asked in server.asked] == [
        {"title": "t", "body": "b", "base": "main", "head": "topic"},
        {"event": "REQUEST_CHANGES", "body": "why?", "commit_id": SHA},
        {"merge_method": "squash", "sha": SHA},
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, True),
        ({"body": "other"}, False),
        ({"state": "COMMENTED"}, False),
        ({"commit_id": "2" * 40}, False),
        ({"user": {"login": "bob"}}, False),
    ],
)
def test_a_review_is_a_repetition_when_we_said_it_of_this_commit(
    server: GitServer, given: dict[str, Any], said: bool
) -> None:
    server.on("GET /user", {"login": "ann"})
    stored = {"state": "APPROVED", "body": "", "commit_id": SHA, "user": {"login": "ann"}, **given}
    server.on(f"GET {PULLS}/1/reviews", [stored])
    server.on(f"GET {PULLS}/1", pull())
    use = hosting(server)
    seen = use.pull("acme/blog", 1)
    assert use.reviewed("acme/blog", seen, Review(ReviewAction.APPROVE, "")) is said


def test_an_application_has_no_reviews_of_its_own(server: GitServer) -> None:
    server.on(f"GET {PULLS}/1", pull())
    use = hosting(server)
    assert not use.reviewed("acme/blog", use.pull("acme/blog", 1), Review(ReviewAction.APPROVE, ""))


def test_a_repository_is_shown_with_its_branches_and_last_commits(server: GitServer) -> None:
    commit = {"sha": SHA, "commit": {"message": "first line\nsecond", "author": {"name": "Ann", "date": "2026"}}}
    server.on("GET /repos/acme/blog", {"default_branch": "trunk"})
    server.on("GET /repos/acme/blog/branches", [{"name": "trunk", "commit": {"sha": SHA}, "protected": True}])
    server.on("GET /repos/acme/blog/commits", [commit] * 7)
    server.on(f"GET {PULLS}", [pull()])
    seen = hosting(server).overview("acme/blog")
    assert (seen.default_branch, seen.open_pulls, seen.partial, len(seen.commits)) == ("trunk", 1, False, 5)
    assert (seen.branches[0].protected, seen.commits[0].message, seen.commits[0].author) == (True, "first line", "Ann")
    server.on("GET /repos/acme/blog/commits", {"message": "Git Repository is empty."}, status=409)
    assert hosting(server).overview("acme/blog").commits == []


def refused(server: GitServer, status: int, answer: Any = None, **headers: str) -> CodebError:
    server.on(f"PUT {PULLS}/1/merge", answer, status=status, **headers)
    server.on(f"GET {PULLS}/1", pull())
    use = hosting(server)
    seen = use.pull("acme/blog", 1)
    with pytest.raises(CodebError) as error:
        use.merge("acme/blog", seen, "merge")
    assert TOKEN not in str(error.value)
    return error.value


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (401, {"message": "Bad credentials"}, "does not accept the token; the operator sets a new CODEB_GIT_TOKEN"),
        (403, {"message": "Must be admin"}, "may not do this with pull request 1 of acme/blog: Must be admin"),
        (404, {"message": "Not Found"}, "pull request 1 of acme/blog does not exist, or the operator's token does not"),
        (405, {"message": "Not mergeable"}, "pull request 1 of acme/blog cannot be merged as it is: Not mergeable"),
        (409, {"message": "Head moved"}, "cannot be changed as it is: Head moved"),
        (
            422,
            {"message": "Validation Failed", "errors": [{"field": "head", "code": "invalid"}, {"message": "no"}, "x"]},
            "for pull request 1 of acme/blog: Validation Failed; head invalid; no; x",
        ),
        (418, None, "answered 418 for pull request 1"),
        (301, {"message": "Moved"}, "has moved"),
        (422, [1], "does not take this"),
        (422, {"message": 3, "errors": 4}, "does not take this"),
        (404, b"<html>", "does not exist"),
    ],
)
def test_what_the_service_refuses_is_a_sentence(server: GitServer, status: int, answer: Any, sentence: str) -> None:
    error = refused(server, status, answer)
    assert isinstance(error, GitRemote)
    assert sentence in str(error)
    assert (error.code, error.facts()["remoteStatus"], error.facts()["untrusted"]) == ("git_remote", status, True)


def test_its_own_words_are_cut_and_harmless(server: GitServer) -> None:
    sentence = str(refused(server, 422, {"message": "\x1b[31m" + "x" * 1000, "errors": ["y"] * 1000}))
    assert "\x1b" not in sentence
    assert len(sentence) < 500


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "1795521600"}, "until 2026-11-24 12:00 UTC"),
        (403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "soon"}, "for a while"),
        (403, {"Retry_After": "60"}, "for 60 s"),
        (429, {}, "for a while"),
    ],
)
def test_too_many_requests_says_until_when(server: GitServer, status: int, headers: dict[str, str], says: str) -> None:
    sentence = str(refused(server, status, {"message": "rate limit"}, **headers))
    assert f"takes no more requests of this token {says}" in sentence


def test_a_service_that_is_broken_is_unavailable(server: GitServer) -> None:
    error = refused(server, 502, b"<html>")
    assert isinstance(error, Unavailable)
    assert str(error).startswith("the git hosting service is not available: it answered 502")


def test_a_redirect_takes_the_token_nowhere(server: GitServer) -> None:
    other = GitServer()
    try:
        other.on("GET /x", [])
        server.on(f"GET {PULLS}", {}, status=302, Location=f"{other.url}/x")
        with pytest.raises(GitRemote, match="has moved"):
            hosting(server).pulls("acme/blog", "open")
        assert other.asked == []
    finally:
        other.close()


def test_an_answer_without_end_is_cut(server: GitServer) -> None:
    server.on(f"GET {PULLS}", b"[" + b" " * 3 * 1024**2 + b"]")
    with pytest.raises(GitRemote, match="more than 2 MB"):
        hosting(server, limit=2 * 1024**2).pulls("acme/blog", "open")
    assert hosting(server).pulls("acme/blog", "open") == ([], False)


@pytest.mark.parametrize("answer", [b"<html>", {"a": 1}, [{"number": "x"}], b"[" * 100_000, b"\xff", [pull(head=None)]])
def test_what_is_not_the_apis_record_is_said_to_be_so(server: GitServer, answer: Any) -> None:
    server.on(f"GET {PULLS}", answer)
    with pytest.raises(GitRemote, match="CODEB_GIT_API_URL"):
        hosting(server).pulls("acme/blog", "open")


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n",
    ],
)
def test_an_answer_that_drips_is_not_waited_for_beyond_the_deadline(server: GitServer, begin: bytes) -> None:
    def drip(out: Any) -> None:
        with contextlib.suppress(OSError):
            out.write(begin)
            while not server.stopped.wait(0.02):
                out.write(b"x")
                out.flush()

    server.raw = drip
    with pytest.raises(Unavailable, match=r"not done within 0\.2 s"):
        hosting(server, seconds=0.2).pulls("acme/blog", "open")


def test_nobody_at_the_address_is_unavailable_and_no_token_is_told() -> None:
    remote = Remote("http://127.0.0.1:1", Secret(f"{TOKEN}\nx"))
    with pytest.raises(Unavailable) as error:
        RestHosting(remote).pulls("acme/blog", "open")
    assert TOKEN not in f"{error.value} {remote!r}"
    assert error.value.__cause__ is None
    with pytest.raises(Unavailable, match="cannot be asked"):
        RestHosting(Remote("http://127.0.0.1:1", Secret(TOKEN))).pulls("acme/blog", "open")


def test_without_a_token_nobody_is_asked(server: GitServer) -> None:
    with pytest.raises(GitTokenMissing, match="CODEB_GIT_TOKEN"):
        RestHosting(Remote(server.url, Secret(""))).pulls("acme/blog", "open")
    assert server.asked == []


def test_a_name_cannot_leave_its_place_in_the_path(server: GitServer) -> None:
    asked: list[Asked] = server.asked
    with pytest.raises(GitRemote):
        hosting(server).pull("acme/a?b#c", 1)
    assert asked[0].path == "/repos/acme/a%3Fb%23c/pulls/1"
