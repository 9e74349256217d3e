"""The public half of the key that signs the registry's tokens, as the registry reads it (RFC 7517, 7638)."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

ALGORITHM = "ES256"
ISSUER = "codeb"
_BYTES = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve P-256."""

    x: int
    y: int

    @property
    def key_id(self) -> str:
        """The key's thumbprint: another key has another one, so that a token names what signed it."""
        return encoded(hashlib.sha256(json.dumps(self._members, separators=(",", ":")).encode()).digest())

    def key_set(self) -> str:
        """A JWKS of this key alone."""
        return self.set_of([self])

    @staticmethod
    def set_of(keys: Sequence["PublicKey"]) -> str:
        """A JWKS: tokens of any of these keys count."""
        found = [{**key._members, "kid": key.key_id, "alg": ALGORITHM, "use": "sig"} for key in keys]
        return json.dumps({"keys": found}, indent=1) + "\n"

    @property
    def _members(self) -> dict[str, str]:
        """In the order that the thumbprint wants."""
        x, y = (encoded(each.to_bytes(_BYTES, "big")) for each in (self.x, self.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def encoded(raw: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
