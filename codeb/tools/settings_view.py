"""Settings as anybody of the team may see them: of a webhook the host, its path is often a password."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from codeb.tools.results import Record

_WEBHOOKS = ("webhook", "notificationWebhook")
"""Of a project, and of a team."""
_LONGEST = 2000


def shown(settings: Mapping[str, Any]) -> Record:
    return {**settings, **webhook_hosts(settings)}


def webhook_hosts(settings: Mapping[str, Any]) -> dict[str, str]:
    """Where hooks go, by the setting's name."""
    return {name: _host(settings[name]) for name in _WEBHOOKS if isinstance(settings.get(name), str)}


def _host(webhook: str) -> str:
    """Also of what is no address: it may not have been checked yet."""
    with suppress(ValueError):
        parts = urlsplit(webhook[:_LONGEST])
        return f"{parts.scheme}://{parts.hostname}/..."
    return "..."
