"""``codeb-mcp``: the protocol on standard input and output, for an assistant on a machine of its own. Spec section 10.

The key comes from CODEB_API_KEY or ``~/.codeb/config.json`` and goes to the API only. Standard output carries the
protocol and nothing else; what else there is to say goes to standard error.
"""

import os
import sys
from pathlib import Path

import anyio
from mcp.server.stdio import stdio_server

from codeb.client import Client, ClientConfig
from codeb.errors import ConfigError
from codeb.mcp.client_door import ClientDoor
from codeb.mcp.server import server

_WRONG_SETTINGS = 2


def main() -> None:
    """Serve until standard input ends. Ends with 2, and a sentence, where no API or key is known."""
    try:
        client = ClientConfig.load(os.environ, Path.home()).client("mcp")
        _ = client.http.headers
    except ConfigError as error:
        sys.stderr.write(f"codeb-mcp: {error}\n")
        sys.exit(_WRONG_SETTINGS)
    anyio.run(serve, client)


async def serve(client: Client) -> None:
    door = ClientDoor(client)
    served = server(lambda _: door)
    async with stdio_server() as (incoming, outgoing):
        await served.run(incoming, outgoing, served.create_initialization_options())
