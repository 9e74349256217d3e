"""Tiny backends that say who they are, each a process of its own so that load does not share one interpreter.

They answer GET, take a body in pieces at /slow, stream events at /events and echo at /ws. /headers answers with the
request as it arrived.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PROGRAM = """
import asyncio, base64, hashlib, sys
name, port = sys.argv[1], int(sys.argv[2])
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

def answer(body, extra=""):
    head = "HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nX-CodeB-Slot: forged\\r\\n%s\\r\\n" % (len(body), extra)
    return head.encode() + body

async def events(writer):
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nConnection: close\\r\\n\\r\\n")
    while True:
        writer.write(b"data: %s\\n\\n" % name.encode())
        await writer.drain()
        await asyncio.sleep(0.05)

async def websocket(headers, reader, writer):
    accept = base64.b64encode(hashlib.sha1(headers["sec-websocket-key"].encode() + KEY).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n")
    writer.write(b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
    while True:
        first, size = await reader.readexactly(2)
        mask = await reader.readexactly(4)
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(size & 127)))
        code, said = first & 15, data
        if code == TEXT:
            said = name.encode() + b": " + data
        writer.write(bytes([0x80 | (PONG if code == PING else code), len(said)]) + said)
        await writer.drain()
        if code == CLOSE:
            return

async def body(headers, reader):
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    whole = b""
    while size := int(await reader.readline(), 16):
        whole += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return whole

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            line, *fields = head.decode().strip().split("\\r\\n")
            headers = {k.lower(): v.strip() for k, _, v in (field.partition(":") for field in fields)}
            path = line.split()[1].partition("?")[0]
            if path == "/events":
                await events(writer)
            elif path == "/ws":
                return await websocket(headers, reader, writer)
            elif path == "/slow":
                writer.write(answer(b"%s %d" % (name.encode(), len(await body(headers, reader)))))
            elif path == "/headers":
                writer.write(answer(head, "X-Robots-Tag: all\\r\\n"))
            elif path == "/drip":
                writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n")
                while True:
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.05)
            elif path == "/moved":
                writer.write(b"HTTP/1.1 302 Found\\r\\nLocation: /elsewhere\\r\\nContent-Length: 0\\r\\n\\r\\n")
            elif path == "/big":
                writer.write(answer(b"x" * 200000 + b"the end"))
            elif path == "/broken":
                writer.write(b"HTTP/1.1 500 Oops\\r\\nContent-Length: 0\\r\\n\\r\\n")
            else:
                writer.write(answer(name.encode()))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port, backlog=512) as server:
        print("ready", flush=True)
        await server.serve_forever()

asyncio.run(main())
"""


class Backend:
    """Answers ``name`` on ``port``, and tries to pass for another slot."""

    def __init__(self, name: str, port: int) -> None:
        self._command = [sys.executable, "-c", _PROGRAM, name, str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@contextmanager
def backend(name: str, port: int) -> Iterator[Backend]:
    running = Backend(name, port)
    try:
        running.start()
        yield running
    finally:
        running.kill()
