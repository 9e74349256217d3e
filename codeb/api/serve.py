"""One process, several listeners: the door that Caddy proxies to, and the internal ones. Spec section 6."""

import gc
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import structlog
import uvicorn

import codeb
from codeb.adapters.keys import KeyRegistry
from codeb.adapters.looks import hold_looks
from codeb.api import logs
from codeb.api.answers import WholeAnswersProtocol
from codeb.api.app import create_app
from codeb.api.auth import refuse_open_development
from codeb.api.doors import plain_host
from codeb.api.streams.ending import EndingServer
from codeb.api.streams.hub import Hub
from codeb.api.streams.log_events import LogEvents
from codeb.api.watch import DatabaseWatch
from codeb.bootstrap import build
from codeb.errors import ConfigError
from codeb.settings import Address, Settings

_log = structlog.get_logger()
_GRACEFUL = 20
"""Seconds for open requests at the end; then deploys are left to recovery. Well within the unit's TimeoutStopSec."""

_SWITCH_INTERVAL = 0.0005
"""Seconds that a busy thread keeps the interpreter from the event loop, which gives it away at each system call."""

_COLLECTED = 20_000, 10, 50
"""Looking for cycles after every few requests would cost a tenth of their time; nearly nothing of them is one."""


def serve(settings: Settings) -> None:
    """Run until told to stop. Raises ConfigError when it must not, or cannot, begin."""
    hub = Hub()
    log_events = LogEvents(hub)
    lines = logs.configure(log_events)
    sys.setswitchinterval(_SWITCH_INTERVAL)
    hold_looks()
    keys = KeyRegistry(settings.root / "registry" / "api-keys.json")
    refuse_open_development(settings, keys)
    keys.refresh()
    with ExitStack() as held:
        services = build(settings)
        held.callback(services.close)
        log_events.begin(services.known.cover, services.status.memory.project)
        sockets = [held.enter_context(each) for each in bind((*settings.listen, *settings.internal_listen))]
        watch = DatabaseWatch(services)
        watch.begin()
        config = uvicorn.Config(
            create_app(services, keys, settings, watch, hub, told=logs.straight(lines)),
            loop="uvloop",
            http=WholeAnswersProtocol,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACEFUL,
        )
        gc.freeze()
        gc.set_threshold(*_COLLECTED)
        _log.info("serving", version=codeb.__version__, addresses=[_name(each) for each in sockets], mode=settings.env)
        EndingServer(config, hub.close, "/logs/stream", lines.flush).run(sockets=sockets)


def bind(addresses: Sequence[Address]) -> list[socket.socket]:
    """A socket per address; raises ConfigError that names the one that cannot be had."""
    bound: list[socket.socket] = []
    for address in dict.fromkeys(addresses):
        host = plain_host(address.host)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.append(listener)
        try:
            listener.bind((host, address.port))
        except OSError as error:
            for each in bound:
                each.close()
            raise ConfigError(f"cannot listen on {address.host}:{address.port}: {error.strerror}") from error
    return bound


def _name(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{host}:{port}"
