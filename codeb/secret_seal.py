"""The secret store as ciphertext, of which both parts are age's own format. Security row 11.

``key`` is an age identity that the passphrase opens, ``sealed`` is what that identity opens. A passphrase is slow to
try by design, about a second, and a bootstrap writes some fifty times: so it is tried once a process. The programs of
age open it too: ``age --decrypt -i KEY SEALED``.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyrage
from pyrage import passphrase as scrypt

from codeb.errors import ConfigError

SEALED, KEY = "sealed", "key"


class WrongPassphrase(ConfigError):
    """The passphrase is not the store's; nothing was changed."""

    code = "wrong_passphrase"


@dataclass(slots=True)
class Seal:
    """``known`` gives the passphrase of a store that has one, ``chosen`` one for a store that has none yet."""

    known: Callable[[], str] = field(repr=False)
    chosen: Callable[[], str] = field(repr=False)
    _key: str = field(default="", init=False, repr=False)
    _identity: pyrage.x25519.Identity | None = field(default=None, init=False, repr=False)

    def opened(self, envelope: Mapping[str, str]) -> str:
        """The text inside. Raises WrongPassphrase; ValueError when the envelope is damaged."""
        key = envelope[KEY]
        if key != self._key or self._identity is None:
            self._identity, self._key = _identity(key, self.known()), key
        try:
            return str(pyrage.decrypt(envelope[SEALED].encode(), [self._identity]), "utf-8")
        except pyrage.DecryptError as error:
            raise ValueError(str(error)) from None

    def closed(self, text: str) -> str:
        """The envelope, as JSON, under the key of the store that was opened last, or a new one."""
        if self._identity is None:
            self.renew(self.chosen())
        assert self._identity is not None  # noqa: S101 - renewed above
        sealed = pyrage.encrypt(text.encode(), [self._identity.to_public()], armored=True).decode()
        return json.dumps({KEY: self._key, SEALED: sealed}, indent=1)

    def renew(self, passphrase: str) -> None:
        """Close with a new key from now on: who has the old passphrase and an old file opens no new one."""
        identity = pyrage.x25519.Identity.generate()
        key = scrypt.encrypt(str(identity).encode(), passphrase, armored=True).decode()
        self._identity, self._key = identity, key


def is_sealed(values: object) -> bool:
    return isinstance(values, dict) and values.keys() == {KEY, SEALED}


def _identity(key: str, passphrase: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(scrypt.decrypt(key.encode(), passphrase).decode())
    except pyrage.DecryptError:
        raise WrongPassphrase(
            "this is not the passphrase of the secret store, or its key is damaged: nothing was changed"
        ) from None
    except pyrage.IdentityError as error:
        raise ValueError(str(error)) from None
