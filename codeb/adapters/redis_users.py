"""Users of Redis for projects, each fenced by the prefix of its keys. Spec section 12, security 15."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from codeb.adapters.postgres.redis_users import RedisUserRows
from codeb.domain.names import Environment
from codeb.errors import Unavailable
from codeb.services.protocols.backings import Backing
from codeb.settings import Redis as Server

if TYPE_CHECKING:
    from redis import Redis

_TIMEOUT = 5
_BATCH = 1000
_RIGHTS = (
    *("+@all", "-@admin", "-@dangerous"),
    *("-scan", "-randomkey", "-select", "-move", "-pubsub"),
    *("-function", "-fcall", "-fcall_ro", "-script|flush", "-script|kill", "-client|tracking"),
    *("+info", "+select|0"),
)
"""``SCAN`` and ``RANDOMKEY`` tell names of keys beyond the prefix, and so does tracking; libraries of functions and
the cache of scripts are everybody's. Many clients begin with ``INFO``."""


def user_name(environment: Environment) -> str:
    return f"project-{environment.key}"


@dataclass(frozen=True, slots=True)
class RedisUsers:
    """The server keeps users in its memory only; the rows are what they are set again from."""

    server: Server
    rows: RedisUserRows
    variable: ClassVar[str] = "REDIS_URL"

    def have(self, environment: Environment) -> Backing:
        name, prefix = user_name(environment), f"{environment.key}:"
        password = secrets.token_urlsafe(24)
        hashed = hashlib.sha256(password.encode()).hexdigest()
        self.rows.keep(name, environment, hashed)
        with self._connected() as client:
            _set(client, environment, hashed)
        url = f"redis://{name}:{password}@{self.server.host}:{self.server.port}/0"
        facts = {"user": name, "prefix": prefix, "host": self.server.host, "port": self.server.port, "db": 0}
        return Backing(facts, {self.variable: url, "REDIS_PREFIX": prefix})

    def recalled(self, environment: Environment, variables: Mapping[str, str]) -> Mapping[str, str]:
        """The rows know every password by its hash."""
        row = self.rows.all().get(user_name(environment))
        password = unquote(urlsplit(variables.get(self.variable, "")).password or "")
        if row is None or row[1] != hashlib.sha256(password.encode()).hexdigest():
            return {}
        return {name: variables[name] for name in (self.variable, "REDIS_PREFIX") if name in variables}

    def remove(self, environment: Environment) -> None:
        """The row first: who is not in the rows is not set again."""
        self.rows.forget(user_name(environment))
        with self._connected() as client:
            _command(client, "ACL", "DELUSER", user_name(environment))
            for keys in batched(client.scan_iter(match=f"{environment.key}:*", count=_BATCH), _BATCH):
                client.unlink(*keys)

    def restore(self) -> int:
        wanted = self.rows.all()
        if not wanted:
            return 0
        with self._connected() as client:
            there = {_text(each) for each in _command(client, "ACL", "USERS")}
            missing = [each for each in wanted if each not in there]
            for name in missing:
                _set(client, *wanted[name])
        return len(missing)

    @contextmanager
    def _connected(self) -> "Iterator[Redis]":
        """The library takes 13 MB, which a server without users of Redis does not spend."""
        from redis import Redis
        from redis.exceptions import RedisError

        client = Redis(
            host=self.server.host,
            port=self.server.port,
            username=self.server.user,
            password=self.server.password.reveal() or None,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
        )
        try:
            yield client
        except RedisError as error:
            raise Unavailable("the storage host's Redis", str(error) or type(error).__name__) from None
        finally:
            client.close()


def batched(items: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def _command(client: "Redis", *words: str) -> Any:
    return client.execute_command(*words)  # type: ignore[no-untyped-call]


def _set(client: "Redis", environment: Environment, hashed: str) -> None:
    """Whatever the user was before, it is this then. The password itself is never sent."""
    rules = ["reset", "on", f"#{hashed}", f"~{environment.key}:*", f"&{environment.key}:*", *_RIGHTS]
    _command(client, "ACL", "SETUSER", user_name(environment), *rules)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
