"""``GET /api/logs/stream`` on a real server. Spec section 6, "SSE"; lesson 12."""

import json
import socket
from typing import Any

import pytest

from codeb.api.stream import PATH
from codeb.api.streams import ending
from codeb.api.streams.hub import Hub
from codeb.api.streams.places import Places
from codeb.api.streams.reading import Pace
from codeb.services.actor import Actor
from tests.fakes.streams import told
from tests.integration.waiting import until
from tests.unit.api.streams.conftest import KEYS, Studio
from tests.unit.api.streams.server import Served


def test_it_begins_with_who_the_client_is_and_is_never_kept_back(served: Served) -> None:
    with served.reader() as reader:
        first = reader.next()
    assert (first.kind, first.data["clientId"][:7]) == ("connected", "client_")
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert (reader.headers["cache-control"], reader.headers["x-accel-buffering"]) == ("no-cache", "no")
    assert reader.headers["connection"] == "keep-alive"


def test_events_come_with_their_name_their_id_and_their_record(studio: Studio, served: Served) -> None:
    with served.following() as reader:
        studio.hub.publish(told("said", project="blog"))
        studio.hub.publish(told("step", kind="deployment", project="blog"))
        first, second = reader.next(), reader.next()
    assert (first.kind, first.data) == ("log", {"message": "said", "level": "info"})
    assert (first.id, second.id) == (f"{studio.hub.epoch}-1", f"{studio.hub.epoch}-2")
    assert second.kind == "deployment"


@pytest.mark.parametrize(
    ("key", "seen"),
    [("a", ["mine", "no project"]), ("b", ["theirs"]), ("listed", []), ("platform", ["mine", "no project", "theirs"])],
)
def test_a_key_is_told_only_what_is_its_own(studio: Studio, served: Served, key: str, seen: list[str]) -> None:
    with served.following(key) as reader:
        studio.hub.publish(told("mine", project="blog"))
        studio.hub.publish(told("no project"))
        studio.hub.publish(told("theirs", team="team-b", project="blog"))
        studio.hub.close()
        assert [each.data["message"] for each in reader.to_the_end() if each.kind == "log"] == seen


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"project": "Blog"}, ["1", "2"]),
        ({"environment": "staging"}, ["2"]),
        ({"slot": "green"}, ["1"]),
        ({"level": "error"}, ["3"]),
        ({"level": "warning"}, ["4"]),
    ],
)
def test_each_filter_is_an_exact_match(studio: Studio, served: Served, query: dict[str, str], seen: list[str]) -> None:
    studio.world.init_project("blog", Actor("key_0", "api", "team-a"))
    with served.following(**query) as reader:
        studio.hub.publish(told("1", project="blog", environment="production", slot="green"))
        studio.hub.publish(told("2", project="blog", environment="staging", slot="blue"))
        studio.hub.publish(told("3", project="shop", level="error"))
        studio.hub.publish(told("4", level="warn"))
        studio.hub.close()
        assert [each.data["message"] for each in reader.to_the_end() if each.kind == "log"] == seen


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"environment": "banana"}, "environment"),
        ({"slot": "red"}, "slot"),
        ({"level": "loud"}, "level"),
        ({"tail": "-1"}, "tail"),
        ({"tail": "1001"}, "tail"),
        ({"tail": "10000000000"}, "tail"),
        ({"project": "no such name!"}, "projectName"),
    ],
)
def test_a_word_that_matches_nothing_is_refused(served: Served, query: dict[str, str], field: str) -> None:
    with served.reader(**query) as reader:
        assert reader.status == 400
        assert json.load(reader.answer)["field"] == field


def test_a_key_without_the_permission_is_refused(served: Served) -> None:
    with served.reader("scoped") as reader:
        assert reader.status == 403


@pytest.mark.parametrize(("key", "code"), [("b", "unknown_project"), ("listed", "forbidden")])
def test_another_teams_project_is_not_there(studio: Studio, served: Served, key: str, code: str) -> None:
    studio.world.init_project("blog", Actor("key_0", "api", "team-a"))
    with served.reader(key, project="blog") as reader:
        assert json.load(reader.answer)["code"] == code
    assert not studio.logs.readers


def test_who_comes_back_goes_on_and_is_told_of_another_process(studio: Studio, served: Served) -> None:
    with served.following() as reader:
        studio.hub.publish(told("one"))
        seen = reader.next().id
    studio.hub.publish(told("two"))
    with served.following(last=seen) as reader:
        assert reader.messages(1) == ["two"]
    with served.following(lastEventId="deadbeef-7") as reader:
        missed = reader.next()
        assert (missed.kind, missed.data) == ("missed", {"count": None})
        assert reader.messages(2) == ["one", "two"]


def test_a_reader_who_is_too_slow_is_told_how_many_it_missed(studio: Studio, server: Served) -> None:
    studio.hub = Hub(most=10)
    published, text = 300, "x" * 5_000
    with studio.on(server) as served, served.following() as reader:
        for number in range(published):
            studio.hub.publish(told(f"{number} {text}"))
        studio.hub.close()
        events = reader.to_the_end()
    missed = sum(each.data["count"] for each in events if each.kind == "missed")
    numbers = [int(each.data["message"].split()[0]) for each in events if each.kind == "log"]
    assert missed > 0
    assert missed + len(numbers) == published
    assert numbers == sorted(numbers)


def test_a_quiet_stream_is_kept_open_by_pings_that_move_the_readers_mark(studio: Studio, server: Served) -> None:
    studio.pace = Pace(ping=0.05)
    with studio.on(server) as served, served.following() as reader:
        assert reader.next().comment == "ping"
        studio.hub.publish(told("theirs", team="team-b"))
        while (ping := reader.next()).id != f"{studio.hub.epoch}-1":
            assert ping.comment == "ping"


def test_a_revoked_key_is_told_and_the_stream_ends(studio: Studio, server: Served) -> None:
    studio.pace = Pace(recheck=0.05)
    with studio.on(server) as served, served.following() as reader, served.following("a2") as other:
        studio.revoked.add("key_a")
        assert [each.kind for each in reader.to_the_end()] == ["closing"]
        studio.hub.publish(told("still"))
        assert other.messages(1) == ["still"]
        studio.key_file_away = True
        assert [each.kind for each in other.to_the_end()] == ["closing"]
    until(lambda: studio.places.open == 0, "the places are given back")


def test_streams_are_limited_and_their_places_come_back(studio: Studio, server: Served) -> None:
    studio.places = Places(team_quota=lambda team: 2 if team == "team-a" else None, per_key=1, in_total=3)
    with studio.on(server) as served:
        with served.following("a"), served.following("a2"), served.reader("listed") as refused:
            assert "team team-a has 2 streams open" in json.load(refused.answer)["error"]
        until(lambda: studio.places.open == 0, "the places are given back")
        with served.following("a"), served.following("a2"), served.following("b"):
            for key, whose in (("a", "this server"), ("b", "this server")):
                with served.reader(key) as refused:
                    record: dict[str, Any] = json.load(refused.answer)
                    assert (refused.status, record["code"]) == (429, "too_many_streams")
                assert whose in record["error"]
        until(lambda: studio.places.open == 0, "the places are given back")
        with served.following("a"), served.reader("a") as refused:
            assert "this key has 1 streams open" in json.load(refused.answer)["error"]


def test_lines_of_containers_are_followed_while_somebody_reads(studio: Studio, served: Served) -> None:
    studio.world.init_project("blog", Actor("key_0", "api", "team-a"))
    first, second = (f"2026-01-01T00:00:00.00000000{digit}Z" for digit in (1, 2))
    with served.following(project="blog", environment="production", tail=7) as reader:
        (follows,) = studio.logs.readers
        assert (follows.project, follows.team_id, follows.environment, follows.tail) == (
            "blog",
            "team-a",
            "production",
            7,
        )
        studio.logs.say("hello", at=first)
        studio.logs.say("elsewhere", at=first, environment="staging")
        studio.logs.say("from green", place="production-green", at=second, environment="production")
        said = reader.next()
    assert said.data["message"] == "from green"
    until(lambda: not studio.logs.readers, "nobody follows any more")
    with served.following(last=said.id, project="blog"):
        assert studio.logs.readers[0].since == {"production-green": second}


def test_without_a_project_no_container_is_followed(studio: Studio, served: Served) -> None:
    with served.following():
        assert not studio.logs.readers


def test_a_head_opens_no_stream(studio: Studio, served: Served) -> None:
    with served.reader(method="HEAD") as reader:
        assert reader.status == 200
        assert reader.headers["content-type"].startswith("text/event-stream")
    assert studio.places.open == 0


def test_when_the_server_stops_streams_end_at_once(studio: Studio) -> None:
    with Served(studio.stream(), KEYS).running() as served, served.following() as reader:
        studio.hub.publish(told("last words"))
        served.stop()
        last, closing = reader.to_the_end()
        assert (last.data["message"], closing.kind) == ("last words", "closing")


def test_a_reader_who_does_not_read_does_not_hold_up_the_end(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server would wait a minute for it, and the test does not."""
    monkeypatch.setattr(ending, "_SECONDS_TO_READ", 0.1)
    with Served(studio.stream(), KEYS).running() as served, socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", served.port))
        stuck.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nX-API-Key: a\r\n\r\n".encode())
        assert stuck.recv(1) == b"H"
        for _ in range(300):
            studio.hub.publish(told("x" * 8_000))
        served.stop()
