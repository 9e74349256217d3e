"""Records as the audit keeps them: brief, and without a secret value. Spec sections 6 and 7, lesson 4."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from codeb.domain.secret_text import MASK, without_url_passwords

Cover = Callable[[str], str]
"""Takes out the values that are known to be secret."""

BUDGET = 4096
"""Characters that are kept of the parameters, and as many of the result."""
LONGEST_TEXT = 512
LOOKED_AT = LONGEST_TEXT + 2048
"""Characters of a text that are looked at. Known values are shorter than the difference: none is cut in its middle."""
_DEEPEST = 8
_SAFE_INT = 2**63
_CUT = "... (cut)"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_API_KEY = re.compile(r"codeb_[a-zA-Z0-9-]+_(?:owner|admin|member|viewer)_[a-zA-Z0-9_-]+")
_SECRET_WORDS = frozenset(
    (
        *("key", "keys", "auth", "authorization", "cookie", "bearer", "private", "pass", "pwd", "pin", "otp", "dsn"),
        *("webhook", "signature", "salt", "jwt", "confirmation"),
    )
)
_SECRET_PARTS = re.compile(r"secret|passw|passphrase|token|credential|apikey|privatekey|accesskey|previewlink")
_WHOLLY = frozenset({"content", "envcontent", "variables", "env", "envs", "environ", "dotenv"})
_HARMLESS = frozenset(
    ("keyid", "tokenid", "authkeyid", "keyname", "tokenname", "keycount", "tokencount", "authteamid", "authrole")
)
"""Names of what is a name itself: whose key it was is what an audit is for."""


def is_secret_name(name: str) -> bool:
    """Whether whatever stands under ``name`` is hidden, however it is written: apiKey, API_KEY, x-api-key."""
    folded = "".join(character for character in name.lower() if character.isalnum())
    if folded in _HARMLESS:
        return False
    if folded in _WHOLLY or folded.endswith("content") or _SECRET_PARTS.search(folded):
        return True
    return any(word.lower() in _SECRET_WORDS for word in _WORD.findall(name))


def masked_record(record: Mapping[Any, Any], cover: Cover, budget: int = BUDGET) -> dict[str, Any]:
    """A copy in JSON's own types of at most about ``budget`` characters; what was left out is marked."""
    return _Masking(cover, budget).mapping(record, _DEEPEST)


def masked_text(text: str, cover: Cover, longest: int = LONGEST_TEXT) -> str:
    """At most ``longest`` characters, storable everywhere: no NUL, no half of a surrogate pair."""
    clean = text[:LOOKED_AT].replace("\0", "").encode("utf-8", "replace").decode()
    seen = without_secrets(clean, cover)
    if len(text) > LOOKED_AT:
        seen = seen[: LONGEST_TEXT - LOOKED_AT]  # a value may begin there that does not end within the window
    if len(seen) > longest or len(text) > LOOKED_AT:
        seen = seen[:longest] + _CUT
    return seen


def without_secrets(text: str, cover: Cover) -> str:
    """Without known values, API keys and what stands where a URL has its password."""
    return _API_KEY.sub(MASK, without_url_passwords(cover(text)))


@dataclass(slots=True)
class _Masking:
    """``left`` goes down with every character that is kept; at its end the rest is marked as left out."""

    cover: Cover
    left: int

    def mapping(self, record: Mapping[Any, Any], levels: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in record.items():
            if self.left <= 0:
                kept["..."] = f"{len(record) - len(kept)} more"
                break
            name = self._text(str(key))
            kept[name] = MASK if is_secret_name(str(key)) and _is_anything(value) else self.value(value, levels)
        return kept

    def value(self, value: Any, levels: int) -> Any:
        if isinstance(value, str):
            return self._text(str(value))
        if value is None or isinstance(value, bool):
            self.left -= 5
            return value
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            if levels <= 0:
                return "... (too deep)"
            return self.mapping(value, levels - 1) if isinstance(value, Mapping) else self._items(value, levels - 1)
        return MASK if isinstance(value, bytes | bytearray) else self._text(str(value))

    def _items(self, values: Any, levels: int) -> list[Any]:
        kept: list[Any] = []
        for value in values:
            if self.left <= 0:
                kept.append(f"... {len(values) - len(kept)} more")
                break
            self.left -= 2
            kept.append(self.value(value, levels))
        return kept

    def _number(self, value: float) -> Any:
        """A secret may be all digits."""
        if isinstance(value, int) and abs(value) >= _SAFE_INT:
            return "... (a huge number)"
        if not math.isfinite(value):
            return self._text(str(value))
        text = str(value)
        self.left -= len(text)
        return value if self.cover(text) == text else MASK

    def _text(self, text: str) -> str:
        seen = masked_text(text, self.cover, max(min(self.left, LONGEST_TEXT), 0))
        self.left -= len(seen) + 2
        return seen


def _is_anything(value: Any) -> bool:
    """Nothing and a flag are no secrets, and whether there was one is worth knowing."""
    return value is not None and not isinstance(value, bool)
