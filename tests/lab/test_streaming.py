"""Centrifugo: what the API's key publishes reaches who holds a token, over WebSocket and server-sent events."""

import json
import ssl
from collections.abc import Iterator, Mapping
from socket import create_connection
from typing import Any
from urllib.parse import quote

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.lab.client_token import signed
from tests.lab.confidential import Confidential
from tests.lab.hosts import DOMAIN
from tests.lab.trust import CA
from tests.lab.web import session

pytestmark = pytest.mark.lab

CHANNEL = "deployments:story"
NAME = f"ws.{DOMAIN}"


@pytest.fixture(scope="module")
def publish(secrets: Confidential, machines: Mapping[str, Any], lab: Confidential) -> Any:
    """From the app host, as the API does; the key travels on standard input."""

    def send(data: dict[str, Any]) -> None:
        headers = f"X-API-Key: {secrets['centrifugo_api_key']}"
        body = json.dumps({"channel": CHANNEL, "data": data})
        url = f"https://{lab['hosts']['streaming']}:8001/api/publish"
        command = f"curl --silent --fail --cacert /etc/codeb/tls/ca.pem --header @- --data '{body}' {url}"
        done = machines["app"].run(f"printf '%s' '{headers}' | {command}")
        assert done.rc == 0, done.stderr
        assert "result" in json.loads(done.stdout)

    return send


def _token(secrets: Confidential) -> str:
    return signed(secrets["centrifugo_token_secret"], sub="visitor", channels=[CHANNEL])


@pytest.fixture
def socket(lab: Confidential) -> Iterator[ClientConnection]:
    trusting = ssl.create_default_context(cafile=str(CA))
    plain = create_connection((lab["hosts"]["streaming"], 443), timeout=10)
    with connect(f"wss://{NAME}/connection/websocket", sock=plain, ssl=trusting, proxy=None) as opened:
        yield opened


def test_a_message_reaches_a_websocket_with_a_token(
    socket: ClientConnection, secrets: Confidential, publish: Any
) -> None:
    socket.send(json.dumps({"id": 1, "connect": {"token": _token(secrets)}}))
    assert CHANNEL in json.loads(socket.recv(timeout=10))["connect"]["subs"]
    publish({"said": "over WebSocket"})
    pushed = json.loads(socket.recv(timeout=10))["push"]
    assert (pushed["channel"], pushed["pub"]["data"]) == (CHANNEL, {"said": "over WebSocket"})


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_websocket_without_a_good_token_is_refused(socket: ClientConnection, token: str) -> None:
    given = signed("not the secret", sub="visitor", channels=[CHANNEL]) if token else ""
    socket.send(json.dumps({"id": 1, "connect": {"token": given}}))
    with pytest.raises(ConnectionClosed) as closed:
        for _ in range(3):
            assert "connect" not in json.loads(socket.recv(timeout=10))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code >= 3500, "a code that tells the client not to come back"


def test_a_message_reaches_an_event_stream_with_a_token(lab: Confidential, secrets: Confidential, publish: Any) -> None:
    with _events(lab, _token(secrets)) as answer:
        lines = answer.iter_lines(decode_unicode=True)
        assert CHANNEL in _next(lines)["connect"]["subs"]
        publish({"said": "over events"})
        assert _next(lines)["push"]["pub"]["data"] == {"said": "over events"}


def test_an_event_stream_without_a_token_is_refused(lab: Confidential) -> None:
    with _events(lab, "") as answer:
        said = [json.loads(line[6:]) for line in answer.iter_lines(decode_unicode=True) if line.startswith("data: {")]
    assert all("connect" not in message for message in said)


def test_a_channel_cannot_be_subscribed_to_without_its_own_token(
    socket: ClientConnection, secrets: Confidential
) -> None:
    token = signed(secrets["centrifugo_token_secret"], sub="visitor")
    socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
    assert "connect" in json.loads(socket.recv(timeout=10))
    socket.send(json.dumps({"id": 2, "subscribe": {"channel": "deployments:other"}}))
    assert json.loads(socket.recv(timeout=10))["error"]["code"] == 103, "permission denied"


def _events(lab: Confidential, token: str) -> requests.Response:
    """Straight to the port that the operator's networks may reach."""
    start = quote(json.dumps({"id": 1, "connect": {"token": token}}))
    return session.get(f"{lab['centrifugo_url']}/connection/sse?cf_connect={start}", stream=True, timeout=15)


def _next(lines: Iterator[str]) -> dict[str, Any]:
    for line in lines:
        if line.startswith("data: ") and line != "data: {}":
            found: dict[str, Any] = json.loads(line[6:])
            return found
    raise AssertionError("the stream ended")
