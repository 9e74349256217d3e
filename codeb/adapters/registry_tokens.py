"""Tokens for the image registry, signed with a key that lies on this host alone. Security 1.

What distribution calls token authentication: a JSON web token names who, for how long, and what in which repository.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from codeb.domain.registry_access import Access
from codeb.domain.registry_keys import ALGORITHM, ISSUER, PublicKey, encoded
from codeb.errors import Unavailable

LIFETIME = timedelta(minutes=5)
"""How long a key that was revoked may still push."""
_PART = "the registry's tokens"
_EARLIER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class RegistryToken:
    text: str
    issued_at: datetime
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class RegistryTokens:
    """``key_file`` holds the private key as PEM; ``service`` is the registry as clients name it, HOST:PORT.

    The file is read for every token: there are few, and another key counts at once.
    """

    key_file: Path
    service: str

    def __call__(
        self, subject: str, access: Iterable[Access], now: datetime, lifetime: timedelta = LIFETIME
    ) -> RegistryToken:
        """Raises Unavailable where the key cannot be read."""
        key = self._key()
        claims = {
            "iss": ISSUER,
            "aud": self.service,
            "sub": subject,
            "iat": int(now.timestamp()),
            "nbf": int((now - _EARLIER).timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": secrets.token_urlsafe(12),
            "access": [each.record() for each in access],
        }
        return RegistryToken(_signed(key, claims), now, lifetime)

    def _key(self) -> ec.EllipticCurvePrivateKey:
        try:
            key = serialization.load_pem_private_key(self.key_file.read_bytes(), None)
        except OSError as error:
            raise Unavailable(_PART, f"{self.key_file} cannot be read: {error.strerror}") from None
        except ValueError:
            key = None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise Unavailable(_PART, f"{self.key_file} holds no key of the curve P-256; run the bootstrap again")
        return key


def public_key(key: ec.EllipticCurvePrivateKey) -> PublicKey:
    numbers = key.public_key().public_numbers()
    return PublicKey(numbers.x, numbers.y)


def _signed(key: ec.EllipticCurvePrivateKey, claims: dict[str, Any]) -> str:
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": public_key(key).key_id}
    text = f"{_part(header)}.{_part(claims)}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _part(value: dict[str, Any]) -> str:
    return encoded(json.dumps(value, separators=(",", ":")).encode())
