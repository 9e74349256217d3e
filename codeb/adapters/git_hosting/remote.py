"""One request to the hosting service's API: one deadline, a bounded answer, no redirects, the token in one header."""

import json
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

import requests
from pydantic import TypeAdapter, ValidationError
from requests.auth import AuthBase

from codeb.adapters.git_hosting.refusals import refusal
from codeb.domain.git import GitRemote, GitTokenMissing
from codeb.errors import Unavailable
from codeb.settings import Secret

PART = "the git hosting service"
CONNECT_SECONDS = 5.0
SECONDS = 20.0
ANSWER_LIMIT = 5 * 1024**2
_CHUNK = 64 * 1024
_REDIRECT, _BAD = 300, 400
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Remote:
    """``url`` is the API's base; ``seconds`` for a request from its name lookup to its last byte."""

    url: str
    token: Secret
    seconds: float = SECONDS
    limit: int = ANSWER_LIMIT

    def ask(
        self, shape: TypeAdapter[T], method: str, path: str, *, what: str, body: Any = None, **params: str | int
    ) -> T:
        """The answer, checked. ``what`` says in an error what was asked for.

        Raises GitTokenMissing, GitRemote, Unavailable.
        """
        if not self.token:
            raise GitTokenMissing
        answer = self._within(method, f"{self.url.rstrip('/')}{path}", body, params)
        if answer.status >= _REDIRECT:
            raise refusal(answer.status, answer.headers, answer.body, what)
        try:
            return shape.validate_python(json.loads(answer.body or b"null"))
        except (ValidationError, ValueError, RecursionError):
            raise GitRemote(
                f"{PART} answered for {what} with something else than its API's record; is CODEB_GIT_API_URL right?",
                answer.status,
            ) from None

    def _within(self, method: str, url: str, body: Any, params: Mapping[str, str | int]) -> Answer:
        """A thread of its own, because a server that sends its head byte by byte outlasts every socket's timeout."""
        result: Future[Answer] = Future()

        def run() -> None:
            try:
                result.set_result(self._send(method, url, body, params))
            except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
                result.set_exception(error)

        Thread(target=run, name="git-hosting", daemon=True).start()
        try:
            return result.result(timeout=self.seconds)
        except (TimeoutError, requests.Timeout):
            raise Unavailable(PART, f"it was not done within {self.seconds:g} s") from None
        except requests.exceptions.SSLError:
            raise Unavailable(PART, "its certificate is not one that this host trusts") from None
        except (requests.RequestException, OSError, ValueError) as error:
            # Never the error's own words: a header that cannot be sent is quoted in them, and the token is a header.
            raise Unavailable(PART, f"it cannot be asked ({type(error).__name__})") from None

    def _send(self, method: str, url: str, body: Any, params: Mapping[str, str | int]) -> Answer:
        end = time.monotonic() + self.seconds
        with (
            requests.Session() as session,
            session.request(
                method,
                url,
                params=params,
                json=body,
                headers={"Accept": "application/vnd.github+json", "User-Agent": "codeb"},
                auth=_Token(self.token),
                timeout=(min(CONNECT_SECONDS, self.seconds), self.seconds),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            return Answer(response.status_code, response.headers, self._read(response, end))

    def _read(self, response: requests.Response, end: float) -> bytes:
        received = bytearray()
        for chunk in response.iter_content(_CHUNK):
            received += chunk
            if time.monotonic() > end:
                raise requests.Timeout
            if len(received) > self.limit:
                raise GitRemote(f"{PART} answered with more than {self.limit // 1024**2} MB", response.status_code)
        return bytes(received)


class _Token(AuthBase):
    """Given to the request as its auth, so that a .netrc of this host does not take its place."""

    def __init__(self, token: Secret) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token.reveal()}"
        return request
