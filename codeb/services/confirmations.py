"""A person's yes to what an assistant wants to do: one code, for one tool and its parameters. Security 4."""

import hashlib
import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from codeb.domain.access import AuthContext, Role
from codeb.errors import Refused
from codeb.services.protocols import Clock

LIFETIME = timedelta(minutes=5)
_MOST = 1000
_PER_KEY = 20
_LONGEST = 1_200_000
"""Characters of a wish: more than the variables of an environment may be."""


class ConfirmationRequired(Refused):
    """``request_id`` is what a person confirms."""

    code = "confirmation_required"

    def __init__(self, tool: str, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(
            f"{tool} with an assistant's key needs a person's word: have somebody with a key of their own look at"
            f" request {request_id} and confirm it (the tool `confirm`), then call again with its code, `confirmation`"
        )

    def facts(self) -> dict[str, object]:
        return {"requestId": self.request_id, "expiresInSeconds": round(LIFETIME.total_seconds())}


class NotConfirmed(Refused):
    """The code is none, or one for something else. Nothing says which, and a wrong one is not tried twice."""

    code = "not_confirmed"

    def __init__(self) -> None:
        super().__init__("this code confirms no such call: it was used, is too old, or is for another one")


class TooMuchToConfirm(Refused):
    code = "too_much_to_confirm"

    def __init__(self) -> None:
        super().__init__("nobody can look over a call of more than a megabyte: a person makes it, with their own key")


class UnknownRequest(Refused):
    code = "unknown_request"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"no request {request_id!r} waits for a confirmation; they wait for five minutes")


@dataclass(frozen=True, slots=True)
class Request:
    """What an assistant wants, as it gave it, and what whoever confirms it must be allowed to do."""

    id: str
    tool: str
    permission: str
    least_role: Role
    params: Mapping[str, Any] = field(repr=False)
    auth: AuthContext
    digest: str
    at: datetime


@dataclass(slots=True)
class Confirmations:
    """Kept in memory: after a restart an assistant asks again. ``given`` maps a code's hash to what it allows."""

    clock: Clock
    waiting: dict[str, Request] = field(default_factory=dict)
    given: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, tool: str, permission: str, least: Role, params: Mapping[str, Any], auth: AuthContext
    ) -> ConfirmationRequired:
        """The refusal that tells whom to ask; the same wish is the same request. Raises TooMuchToConfirm."""
        text = _written(tool, params, auth.key_id)
        if len(text) > _LONGEST:
            raise TooMuchToConfirm
        wish = _hash(text)
        with self.lock:
            self._forget_old()
            mine = [each for each in self.waiting.values() if each.auth.key_id == auth.key_id]
            for each in mine:
                if each.digest == wish:
                    return ConfirmationRequired(tool, each.id)
            self._make_room(mine)
            request_id = f"cfm_{secrets.token_hex(6)}"
            self.waiting[request_id] = Request(
                request_id, tool, permission, least, dict(params), auth, wish, self.clock.now()
            )
            return ConfirmationRequired(tool, request_id)

    def request(self, request_id: str) -> Request:
        """Raises UnknownRequest."""
        with self.lock:
            self._forget_old()
            if (found := self.waiting.get(request_id)) is None:
                raise UnknownRequest(request_id)
            return found

    def confirm(self, request: Request) -> tuple[str, datetime]:
        """The code, shown once, and until when it can be used. Raises UnknownRequest for one that was confirmed."""
        code = secrets.token_urlsafe(18)
        expires = self.clock.now() + LIFETIME
        with self.lock:
            if self.waiting.pop(request.id, None) is None:
                raise UnknownRequest(request.id)
            self.given[_hash(code)] = (request.digest, expires)
        return code, expires

    def use(self, code: str, tool: str, params: Mapping[str, Any], key_id: str) -> None:
        """Take the code; raises NotConfirmed. A code is gone with its first use, whatever it was used for."""
        with self.lock:
            self._forget_old()
            wanted, _ = self.given.pop(_hash(code), ("", None))
        if wanted != _hash(_written(tool, params, key_id)):
            raise NotConfirmed

    def _make_room(self, mine: Sequence[Request]) -> None:
        """One key's wishes push out its own oldest ones before anybody else's."""
        oldest = list(mine[: max(0, len(mine) - _PER_KEY + 1)])
        if not oldest and len(self.waiting) >= _MOST:
            oldest = [next(iter(self.waiting.values()))]
        for each in oldest:
            del self.waiting[each.id]

    def _forget_old(self) -> None:
        now = self.clock.now()
        self.waiting = {key: each for key, each in self.waiting.items() if now < each.at + LIFETIME}
        self.given = {key: each for key, each in self.given.items() if now < each[1]}


def _written(tool: str, params: Mapping[str, Any], key_id: str) -> str:
    """The same for the same call of the same key, in whatever order its parameters are written."""
    return json.dumps([tool, key_id, dict(params)], sort_keys=True, default=str)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
