"""SCRAM-SHA-256 verifiers, so that a password never reaches PostgreSQL's log or statistics. RFC 5803."""

import base64
import contextlib
import hashlib
import hmac
import os

_ITERATIONS = 4096
_SALT = 16


def verifier(password: str, salt: bytes | None = None) -> str:
    """What PostgreSQL stores for ``password``. A password of ASCII letters and digits needs no SASLprep."""
    salt = salt or os.urandom(_SALT)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    server = _hmac(salted, b"Server Key")
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{text[0]}${text[1]}:{text[2]}"


def fits(password: str, kept: str) -> bool:
    """Whether ``kept`` is a verifier of this password."""
    with contextlib.suppress(ValueError, IndexError):
        salt = base64.b64decode(kept.split("$")[1].split(":")[1], validate=True)
        return hmac.compare_digest(verifier(password, salt), kept)
    return False


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
