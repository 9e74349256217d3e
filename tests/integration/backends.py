"""Tiny HTTP backends that say who they are, each a process of its own so that load does not share one interpreter."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PROGRAM = """
import asyncio, sys
name, port = sys.argv[1], int(sys.argv[2])
body = name.encode()
answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nX-CodeB-Slot: forged\\r\\n\\r\\n%s" % (len(body), body)
async def serve(reader, writer):
    try:
        while await reader.readuntil(b"\\r\\n\\r\\n"):
            writer.write(answer)
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


@contextmanager
def backend(name: str, port: int) -> Iterator[None]:
    """Answers ``name`` to every request on ``port``, and tries to pass for another slot."""
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM, name, str(port)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
