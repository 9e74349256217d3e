"""Visitors: kept-alive clients, new connections, slow senders, a WebSocket and an event stream, in their own process.

Bounded in time by its caller, who ends it by closing its standard input; then it prints what it saw as JSON.
Addresses are loopback's or the lab's own hosts'.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

_LONGEST = 900.0
_PATIENCE = 10.0
_KEPT_FAILURES = 20
_PIECE, _PIECES = 1000, 10


@dataclass
class Report:
    """``slots`` and ``statuses`` count answers; ``failures`` keeps the first ones, ``failed`` counts them all.

    ``sent`` are requests that were begun, ``requests`` those that were answered whole. ``senders`` are slots of slow
    requests; a stream's ``…_slots`` are those that its messages named, however often the traffic moved.
    """

    sent: int = 0
    requests: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)
    slots: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    bodies: Counter[str] = field(default_factory=Counter)
    senders: Counter[str] = field(default_factory=Counter)
    websocket_slots: Counter[str] = field(default_factory=Counter)
    event_slots: Counter[str] = field(default_factory=Counter)
    websocket_messages: int = 0
    websocket_cuts: int = 0
    events: int = 0
    event_cuts: int = 0

    def fail(self, what: str) -> None:
        self.failed += 1
        if len(self.failures) < _KEPT_FAILURES:
            self.failures.append(what)


@dataclass(frozen=True)
class Visit:
    """Where the visitors go: ``address:port`` with ``host`` as the name they ask for.

    Slow senders post a body in pieces to ``/slow``, which answers with the name of the slot and the bytes it got;
    without ``named`` the name is not looked at, because an application knows nothing of slots.
    """

    address: str
    port: int
    host: str
    path: str = "/"
    kept_alive: int = 16
    new_connections: int = 2
    slow_senders: int = 0
    streams: bool = False
    named: bool = True
    expected_status: int = 200


class Running:
    """Visitors at work; ``report`` is there once they have been called off."""

    report: Report


@contextmanager
def visitors(visit: Visit) -> Iterator[Running]:
    """Visitors come and go while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[1],
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    running = Running()
    try:
        process.stdin.write(json.dumps(asdict(visit)) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "visiting\n"
        yield running
        out, _ = process.communicate(timeout=60)
        record = json.loads(out)
        for each in fields(Report):
            if each.default_factory is Counter:
                record[each.name] = Counter(record[each.name])
        running.report = Report(**record)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


async def _main() -> None:
    lines = await _standard_input()
    visit = Visit(**json.loads(await lines.readline()))
    report, over = Report(), asyncio.Event()
    tasks = [asyncio.create_task(_keep_alive(visit, report, over)) for _ in range(visit.kept_alive)]
    tasks += [asyncio.create_task(_connect_anew(visit, report, over)) for _ in range(visit.new_connections)]
    tasks += [asyncio.create_task(_send_slowly(visit, report, over)) for _ in range(visit.slow_senders)]
    if visit.streams:
        tasks += [
            asyncio.create_task(_websocket(visit, report, over)),
            asyncio.create_task(_events(visit, report, over)),
        ]
    print("visiting", flush=True)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(lines.read(), _LONGEST)
    over.set()
    await asyncio.wait_for(asyncio.gather(*tasks), _PATIENCE * 2)
    print(json.dumps(vars(report)))


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _keep_alive(visit: Visit, report: Report, over: asyncio.Event) -> None:
    """One connection for as long as the server keeps it."""
    connection: Connection | None = None
    while not over.is_set():
        try:
            connection = connection or await _open(visit)
            if not await _ask(visit, report, connection, "keep-alive"):
                await _close(connection)
                connection = None
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            report.fail(f"kept-alive: {error!r}")
            await _close(connection)
            connection = None
    await _close(connection)


async def _connect_anew(visit: Visit, report: Report, over: asyncio.Event) -> None:
    while not over.is_set():
        connection: Connection | None = None
        try:
            connection = await _open(visit)
            await _ask(visit, report, connection, "close")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            report.fail(f"new connection: {error!r}")
        await _close(connection)
        await asyncio.sleep(0.01)


async def _open(visit: Visit) -> Connection:
    return await asyncio.wait_for(asyncio.open_connection(visit.address, visit.port), _PATIENCE)


async def _close(connection: Connection | None) -> None:
    if connection is not None:
        connection[1].close()
        with contextlib.suppress(OSError):
            await connection[1].wait_closed()


async def _ask(visit: Visit, report: Report, connection: Connection, mode: str) -> bool:
    """One request; whether the connection can be used again."""
    reader, writer = connection
    report.sent += 1
    writer.write(f"GET {visit.path} HTTP/1.1\r\nHost: {visit.host}\r\nConnection: {mode}\r\n\r\n".encode())
    await writer.drain()
    code, headers, body = await _answer(reader)
    _count(report, code, headers)
    report.bodies[body[:40]] += 1
    if int(code) != visit.expected_status:
        report.fail(f"{mode}: status {code}, {body[:80]!r}")
    return headers.get("connection", "").lower() != "close" and mode == "keep-alive"


async def _answer(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], str]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _PATIENCE)).decode()
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name}
    body = await asyncio.wait_for(reader.readexactly(int(headers["content-length"])), _PATIENCE)
    return status.split()[1], headers, body.decode(errors="replace")


def _count(report: Report, code: str, headers: dict[str, str]) -> None:
    report.requests += 1
    report.statuses[code] += 1
    report.slots[headers.get("x-codeb-slot", "")] += 1


async def _send_slowly(visit: Visit, report: Report, over: asyncio.Event) -> None:
    """A body in ten pieces over about a second, during which the traffic moves more than once."""
    while not over.is_set():
        connection: Connection | None = None
        try:
            connection = await _open(visit)
            code, headers, body = await _post(visit, report, connection)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            report.fail(f"slow sender: {error!r}")
        else:
            slot = headers.get("x-codeb-slot", "")
            _count(report, code, headers)
            report.senders[slot] += 1
            name, _, received = body.rpartition(" ")
            if received != str(_PIECE * _PIECES) or (visit.named and name != slot):
                report.fail(f"slow sender: status {code}, {body[:80]!r} of {slot!r}")
        await _close(connection)


async def _post(visit: Visit, report: Report, connection: Connection) -> tuple[str, dict[str, str], str]:
    reader, writer = connection
    report.sent += 1
    head = f"POST /slow HTTP/1.1\r\nHost: {visit.host}\r\nContent-Length: {_PIECE * _PIECES}\r\n\r\n"
    writer.write(head.encode())
    for _ in range(_PIECES):
        writer.write(b"x" * _PIECE)
        await writer.drain()
        await asyncio.sleep(0.1)
    return await _answer(reader)


async def _websocket(visit: Visit, report: Report, over: asyncio.Event) -> None:
    """Held open from the first switch to the last; every message must come back."""
    try:
        async with connect(f"ws://{visit.host}/ws", host=visit.address, port=visit.port) as socket:
            while not over.is_set():
                await socket.send("hello")
                answer = str(await asyncio.wait_for(socket.recv(), _PATIENCE))
                report.websocket_slots[answer.partition(":")[0]] += 1
                report.websocket_messages += 1
                await asyncio.sleep(0.05)
    except (OSError, TimeoutError, WebSocketException) as error:
        report.websocket_cuts += 1
        report.fail(f"WebSocket: {error!r}")


async def _events(visit: Visit, report: Report, over: asyncio.Event) -> None:
    """One event stream, read until the visit is over."""
    connection = await _open(visit)
    reader, writer = connection
    writer.write(f"GET /events HTTP/1.1\r\nHost: {visit.host}\r\nAccept: text/event-stream\r\n\r\n".encode())
    try:
        while not over.is_set():
            line = await asyncio.wait_for(reader.readline(), _PATIENCE)
            if not line:
                report.event_cuts += 1
                report.fail("event stream: ended")
                break
            if line.startswith(b"data:"):
                report.events += 1
                report.event_slots[line.decode().removeprefix("data:").strip()] += 1
    except (OSError, TimeoutError) as error:
        report.event_cuts += 1
        report.fail(f"event stream: {error!r}")
    await _close(connection)


if __name__ == "__main__":
    asyncio.run(_main())
