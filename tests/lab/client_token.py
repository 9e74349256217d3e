"""Tokens of Centrifugo's clients, signed as the platform signs them."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any


def signed(secret: str, **claims: Any) -> str:
    """A JWT that is good for a minute."""
    head = _part({"alg": "HS256", "typ": "JWT"})
    body = _part({"exp": int(time.time()) + 60, **claims})
    signature = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_encode(signature)}"


def _part(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value).encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
