"""The key that signs the registry's tokens, and tokens as the registry reads them."""

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from codeb.adapters.registry_tokens import RegistryTokens
from tests.fakes.records import REGISTRY

KEY = ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def registry_tokens(directory: Path, service: str = REGISTRY) -> RegistryTokens:
    """Signed with a key in ``directory``."""
    path = directory / "token-key.pem"
    path.touch(mode=0o600)
    path.write_bytes(key_pem())
    return RegistryTokens(path, service)


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims; raises InvalidSignature unless ``KEY`` signed them."""
    header, claims, signature = token.split(".")
    raw = _decoded(signature)
    signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    KEY.public_key().verify(signed, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(_decoded(header)), json.loads(_decoded(claims))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
