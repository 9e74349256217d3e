"""Tokens of the streaming host's clients: for one channel, for ten minutes. Security 16."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from codeb.adapters.centrifugo_tokens import CentrifugoTokens
from codeb.settings import Secret

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "the secret of the streaming host"


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def opened(token: str) -> dict[str, Any]:
    """The claims of a token that was signed as RFC 7515 says."""
    head, body, signature = token.split(".")
    assert json.loads(decoded(head)) == {"alg": "HS256", "typ": "JWT"}
    assert decoded(signature) == hmac.new(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert "=" not in token
    claims: dict[str, Any] = json.loads(decoded(body))
    return claims


def test_a_subscription_is_for_one_channel_and_a_connection_for_none() -> None:
    made = CentrifugoTokens(Secret(SECRET))("key_1", "deployments:blog", NOW)
    begin = int(NOW.timestamp())
    common = {"sub": "key_1", "iat": begin, "exp": begin + 600}
    assert opened(made.connection) == common
    assert opened(made.subscription) == {**common, "channel": "deployments:blog"}
    assert made.expires_at == NOW + timedelta(minutes=10)


def test_the_secret_shows_nowhere() -> None:
    tokens = CentrifugoTokens(Secret(SECRET))
    assert SECRET not in f"{tokens!r}{tokens('key_1', 'deployments:blog', NOW)}"
