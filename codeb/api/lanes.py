"""Threads for the use cases, which are plain synchronous functions. Design section 6."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TypeVar

from codeb.errors import Unavailable
from codeb.tools.tool import Lane

T = TypeVar("T")
_THREADS = {Lane.DEPLOY: 16, Lane.CHANGE: 16, Lane.READ: 8, Lane.REMOTE: 8}
_REMOTE_SECONDS = 20.0
"""How long the end waits for servers that are not ours."""


def _pools() -> Mapping[Lane, ThreadPoolExecutor]:
    return {lane: ThreadPoolExecutor(count, thread_name_prefix=lane) for lane, count in _THREADS.items()}


@dataclass(slots=True)
class Lanes:
    """Work that has begun is never cancelled: a client that goes away changes nothing."""

    pools: Mapping[Lane, ThreadPoolExecutor] = field(default_factory=_pools)
    stopping: bool = False
    remote_seconds: float = _REMOTE_SECONDS

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Run ``work`` on the lane's threads; raises Unavailable once the server is stopping."""
        if self.stopping:
            raise Unavailable("the API server", "it is stopping; ask again in a moment")
        running = asyncio.get_running_loop().run_in_executor(self.pools[lane], copy_context().run, work)
        return await asyncio.shield(running)

    async def finish(self) -> None:
        """No new work; what waits for a thread is dropped, switches end, deploys are left to recovery."""
        self.stopping = True
        for pool in self.pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.pools[Lane.CHANGE].shutdown)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.remote_seconds):
                await asyncio.to_thread(self.pools[Lane.REMOTE].shutdown)
