"""The lab's key, made as an operator makes one: on the app host."""

import json

from tests.lab import keys, record
from tests.lab.api import Api
from tests.lab.shell import run

_RATE = "1000000/60"


def ensure(url: str) -> str:
    """The key of the lab before while it is accepted, else a new one."""
    known = record.load()
    if known is not None and Api(url, known["api_key"]).accepts_key():
        return str(known["api_key"])
    make = ["codeb", "keys", "create", "--team", "lab", "--role", "owner", "--name", "lab", "--rate", _RATE, "--json"]
    made: str = json.loads(run(["ssh", "-F", keys.CONFIG, "app", *make]))["key"]
    return made
