"""How often a key may ask, and how often an address may guess. Spec section 6, "Auth"; decision 0013."""

import ipaddress
import math
import time
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from codeb.adapters.keys import RateLimit
from codeb.api.errors import RateLimited

DEFAULT = RateLimit(requests=100, window=60)
_GUESSES = RateLimitItemPerSecond(100, 60, namespace="guess")
_MOST_KEYS = 65_536
_MOST_SOURCES = 10_000
_NETWORK_V6 = 64

EpochSeconds = Callable[[], float]


class Windows(Storage):
    """Counters of fixed windows in memory, for one thread; at most ``most``, the one begun first makes room.

    The library's own memory starts a thread every 10 ms under load, which races with the counters it expires.
    """

    STORAGE_SCHEME = None

    def __init__(self, most: int, clock: EpochSeconds) -> None:
        super().__init__()
        self.most = most
        self.clock = clock
        self._counters: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._counters)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self.count(key, expiry, amount)[0]

    def count(self, key: str, expiry: int, amount: int = 1) -> tuple[int, float]:
        """Count ``amount`` more; the count of the window that is open, and when it ends."""
        now = self.clock()
        count, ends = self._counters.get(key, (0, 0.0))
        if ends <= now:
            self._begin(key)
            count, ends = 0, now + expiry
        found = self._counters[key] = (count + amount, ends)
        return found

    def get(self, key: str) -> int:
        count, ends = self._counters.get(key, (0, 0.0))
        return count if ends > self.clock() else 0

    def get_expiry(self, key: str) -> float:
        return self._counters.get(key, (0, self.clock()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        gone = len(self)
        self._counters.clear()
        return gone

    def clear(self, key: str) -> None:
        self._counters.pop(key, None)

    def _begin(self, key: str) -> None:
        self._counters.pop(key, None)
        if len(self._counters) >= self.most:
            del self._counters[next(iter(self._counters))]


class Allowance(NamedTuple):
    """What a key has left until ``reset`` (seconds since the epoch), after this request."""

    limit: int
    remaining: int
    reset: float
    allowed: bool = True

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """``X-RateLimit-Reset`` is in milliseconds since the epoch, as existing clients read it."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % math.ceil(self.reset * 1000)),
        ]


@lru_cache(maxsize=1024)
def _item(limit: RateLimit) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(limit.requests, limit.window)


@lru_cache(maxsize=16_384)
def _counter(limit: RateLimit, key_id: str) -> str:
    return _item(limit).key_for(key_id)


class RateLimits:
    """Requests of each key id."""

    def __init__(self, clock: EpochSeconds = time.time) -> None:
        self.windows = Windows(_MOST_KEYS, clock)

    def spend(self, key_id: str, limit: RateLimit | None = None) -> Allowance:
        """Count one request, as the library's fixed window does, which only says yes or no."""
        limit = limit or DEFAULT
        count, reset = self.windows.count(_counter(limit, key_id), limit.window)
        return Allowance(limit.requests, max(0, limit.requests - count), reset, count <= limit.requests)

    def exceeded(self, allowance: Allowance) -> RateLimited:
        return RateLimited("Rate limit exceeded", _seconds(allowance.reset - self.windows.clock()))


class Guesses:
    """Failed keys of each source: an IPv4 address or an IPv6 network of 64 bits, which one person has whole."""

    def __init__(self, clock: EpochSeconds = time.time) -> None:
        self.windows = Windows(_MOST_SOURCES, clock)
        self._limiter = FixedWindowRateLimiter(self.windows)

    def count(self, address: str | None) -> None:
        """One more; raises RateLimited once there are too many."""
        source = _source(address or "")
        if not self._limiter.hit(_GUESSES, source):
            reset, _ = self._limiter.get_window_stats(_GUESSES, source)
            raise RateLimited("too many failed API keys from this address", _seconds(reset - self.windows.clock()))


def _source(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _NETWORK_V6), strict=False))


def _seconds(left: float) -> int:
    return max(1, math.ceil(left))
