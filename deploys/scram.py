"""SCRAM-SHA-256 verifiers, so that a password never reaches PostgreSQL's log or statistics. RFC 5803."""

import base64
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


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()
