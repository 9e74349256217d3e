"""Seals variables with the current key and opens what it or a previous key sealed. Spec section 7."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from codeb.services.errors import EnvDamaged, MissingEnvKey
from codeb.settings import Secret

_ID = 8


def key_id(key: Secret) -> str:
    """Tells keys apart and nothing of them: a digest of its own, since the plain SHA-256 is the key that seals."""
    return hashlib.sha256(b"codeb env key id\0" + key.reveal().encode()).hexdigest()[:_ID]


@dataclass(frozen=True, slots=True)
class EnvCipher:
    key: Secret
    previous: tuple[Secret, ...] = ()

    @property
    def key_id(self) -> str:
        return key_id(self.key)

    @property
    def known_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key_id(each) for each in (self.key, *self.previous)))

    def seal(self, variables: Mapping[str, str]) -> bytes:
        return _fernet(self.key).encrypt(json.dumps(dict(variables)).encode())

    def open(self, sealed: bytes, sealed_with: str | None) -> dict[str, str]:
        """``sealed_with`` is a key id, None for what is from before ids were kept. Raises MissingEnvKey, EnvDamaged."""
        variables: dict[str, str] = json.loads(self._decrypt(sealed, sealed_with))
        return variables

    def reseal(self, sealed: bytes, sealed_with: str | None) -> bytes:
        """The same variables under the current key. Raises MissingEnvKey, EnvDamaged."""
        return _fernet(self.key).encrypt(self._decrypt(sealed, sealed_with))

    def _decrypt(self, sealed: bytes, sealed_with: str | None) -> bytes:
        keys = [each for each in (self.key, *self.previous) if sealed_with in (None, key_id(each))]
        if not keys:
            raise MissingEnvKey(sealed_with)
        try:
            return MultiFernet([_fernet(each) for each in keys]).decrypt(bytes(sealed))
        except InvalidToken:
            raise MissingEnvKey(None) if sealed_with is None else EnvDamaged(sealed_with) from None


def _fernet(key: Secret) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.reveal().encode()).digest()))
