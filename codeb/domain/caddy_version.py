"""Which Caddy is new enough: ``{file.*}`` came with 2.8, metrics per host with 2.9. Spec section 4."""

import re

MINIMUM = (2, 9)


def numbers(version: str) -> tuple[int, ...]:
    """``v2.11.4 h1:...`` as (2, 11, 4); empty for what is no version."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def too_old(found: tuple[int, ...]) -> str | None:
    """What to do about a Caddy that reads no pointer file, or None. No version at all is too old."""
    if found >= MINIMUM:
        return None
    version, least = ".".join(map(str, found)) or "missing", ".".join(map(str, MINIMUM))
    return (
        f"Caddy is {version}; CodeB needs {least} or newer: an older one never matches the pointer file and answers 503"
        " for every site. Set components.caddy.source to vendor or url."
    )
