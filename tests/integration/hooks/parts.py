"""What the tests of webhooks share: an event, a receiver's address, and how a receiver verifies."""

import hashlib
import hmac
import ssl
from collections.abc import Callable
from pathlib import Path

from codeb.adapters.hooks.post import HookPost
from codeb.settings import Secret
from tests.integration.hook_receiver import HookReceiver

NAME = "hooks.test"
SECRET = Secret("platform")
MADE_AT = "2026-11-24T12:00:00.000Z"
EVENT = {"id": "hook_1", "event": "promotion", "projectName": "blog", "projectCreatedAt": MADE_AT}
Start = Callable[..., HookReceiver]


def poster(pem: Path, seconds: float = 10) -> HookPost:
    return HookPost(
        resolve=lambda host: ["127.0.0.1"],
        allowed=lambda address: address == "127.0.0.1",
        tls=ssl.create_default_context(cafile=str(pem)),
        seconds=seconds,
    )


def url(receiver: HookReceiver, path: str = "/t/1?x=y") -> str:
    return f"https://{NAME}:{receiver.port}{path}"


def verified(secret: Secret, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver would do it, in its own words."""
    signed = headers["X-CodeB-Timestamp"].encode() + b"." + body
    expected = "sha256=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, headers["X-CodeB-Signature"])
