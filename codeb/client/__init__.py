"""The API's client, which ``we`` and the stdio MCP server share. Design section 8; spec section 10.

from codeb.client import Client, ClientConfig

client = ClientConfig.load(os.environ, Path.home()).client("cli")
client.call("slot_status", {"projectName": "blog"})
"""

from codeb.client.calling import Client
from codeb.client.config import ClientConfig
from codeb.client.errors import CallFailed, NotLoggedIn, Unreachable
from codeb.client.events import Event

__all__ = ["CallFailed", "Client", "ClientConfig", "Event", "NotLoggedIn", "Unreachable"]
