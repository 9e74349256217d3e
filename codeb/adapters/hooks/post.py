"""One POST to a webhook: to an address that was looked at, over verified TLS, in one total deadline. Security 9."""

import contextlib
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from codeb.adapters.hooks.addresses import AddressRefused, Allowed, Resolve, reachable
from codeb.adapters.hooks.deadline import Deadline, HurriedSocket, connected

ANSWER_LIMIT = 64 * 1024
SECONDS = 10.0
_HTTPS = 443


class HookFailed(Exception):
    """The receiver does not have the event; the message says why."""


@dataclass(frozen=True, slots=True)
class HookPost:
    """``resolve`` is asked once a try, and what it says is what is connected to."""

    resolve: Resolve
    allowed: Allowed
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Return when the receiver has said that it has it: 2xx. A redirect is not followed. Raises HookFailed."""
        try:
            status = self._status(_checked(url), headers, body)
        except TimeoutError:
            raise HookFailed(f"it was not done within {self.seconds:g} s") from None
        except (AddressRefused, OSError, http.client.HTTPException, ValueError) as error:
            raise HookFailed(str(error) or type(error).__name__) from None
        if not http.HTTPStatus.OK <= status < http.HTTPStatus.MULTIPLE_CHOICES:
            raise HookFailed(f"it answered {status}, and only 2xx means that it has the event")

    def _status(self, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> int:
        host, port = parts.hostname or "", parts.port or _HTTPS
        addresses = reachable(host, self.resolve, self.allowed)
        deadline = Deadline(self.seconds)
        with connected(addresses, host, port, self.tls, deadline) as tls:
            connection = _Connected(host, port, HurriedSocket(tls, deadline, ANSWER_LIMIT))
            connection.request("POST", _target(parts), body, {**headers, "Connection": "close"})
            with connection.getresponse() as response:
                # The status decides; the rest is read so that a receiver can finish, within its bounds.
                with contextlib.suppress(OSError, http.client.HTTPException):
                    response.read(ANSWER_LIMIT)
                return response.status


class _Connected(http.client.HTTPConnection):
    default_port = _HTTPS

    def __init__(self, host: str, port: int, connected: Any) -> None:
        super().__init__(host, port)
        self.auto_open = 0
        self.sock = connected


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise HookFailed("it is not a URL of the form https://host/path")
    return parts


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
