"""Where names lead, as this machine sees it."""

import socket
import threading
import time
from collections.abc import Mapping, Sequence

_SECONDS = 10.0


class SystemLookup:
    """The system's resolver. It has no deadline of its own, so whoever is late is left behind."""

    def addresses(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Those that were found in time."""
        found: dict[str, tuple[str, ...]] = {}
        threads = [threading.Thread(target=_look_up, args=(name, found), daemon=True) for name in names]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return dict(found)


def _look_up(name: str, found: dict[str, tuple[str, ...]]) -> None:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return
    found[name] = tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))
