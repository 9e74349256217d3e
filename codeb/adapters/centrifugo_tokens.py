"""Tokens with which a browser follows one channel of the streaming host, and no other. Security 16."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from codeb.settings import Secret

LIFETIME = timedelta(minutes=10)
"""How long a key that was revoked may still follow."""


@dataclass(frozen=True, slots=True)
class ChannelTokens:
    """``connection`` lets the client in, ``subscription`` to ``channel``; both are for ``sub`` until ``expires_at``."""

    connection: str
    subscription: str
    channel: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class CentrifugoTokens:
    """JSON web tokens, HS256, as ``client.token`` of Centrifugo's configuration expects them."""

    secret: Secret
    lifetime: timedelta = LIFETIME

    def __call__(self, sub: str, channel: str, now: datetime) -> ChannelTokens:
        expires_at = now + self.lifetime
        claims = {"sub": sub, "iat": int(now.timestamp()), "exp": int(expires_at.timestamp())}
        subscription = self._signed({**claims, "channel": channel})
        return ChannelTokens(self._signed(claims), subscription, channel, expires_at)

    def _signed(self, claims: dict[str, Any]) -> str:
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
        signature = hmac.new(self.secret.reveal().encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_encoded(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
