"""``python -m tests.exchanges``: record the answers anew. Look at the difference before it is committed."""

import tempfile
from pathlib import Path

import structlog

from codeb.services.actor import Actor
from tests.doors import House
from tests.exchanges.replay import RECORDED, play, record
from tests.exchanges.story import STORY


def main() -> None:
    with tempfile.TemporaryDirectory() as root, structlog.testing.capture_logs():
        house = House(Path(root))
        house.world.init_project("blog", Actor("key_0", "api", "team-a"))
        with house.client() as client:
            for exchange, said in play(house, client):
                record(exchange, said)
    for path in RECORDED.glob("*.json"):
        if path.name not in {exchange.file for exchange in STORY}:
            path.unlink()


if __name__ == "__main__":
    main()
