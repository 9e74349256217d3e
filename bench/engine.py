"""A stand-in for the Docker Engine that also makes containers, as far as a deploy of ours asks it to.

Its images are all here already and its containers are a web server each, in the benchmark's own process. So what a
deploy costs the API's process, the database and Caddy is real; what the real engine itself would cost is not in it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from bench.containers import Made
from bench.engine_facts import DISTRIBUTION, FACTS, PLATFORM, matching
from tests.fakes.engine import EngineProcess, Handler, Server

_CONTAINER = re.compile(r"/containers/(?P<id>[^/]+)(?:/(?P<what>\w+))?")


@dataclass
class MakingEngine(EngineProcess):
    """An EngineProcess whose further containers are made and removed by whoever asks."""

    made: list[Made] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(2))

    @contextmanager
    def running(self) -> Iterator["MakingEngine"]:
        with self.served(_Makes):
            try:
                yield self
            finally:
                for each in self.made:
                    each.stop()

    def create(self, name: str, asked: Mapping[str, Any]) -> Made:
        number = next(self.numbers)
        made = Made(name, asked, f"127.77.{number // 250}.{number % 250 + 1}")
        self.made.append(made)
        self.happen("create", name)
        return made

    def find(self, asked: str) -> Made | None:
        return next((each for each in self.made if asked in (each.name, each.identity)), None)


class _Makes(Handler):
    server: Server

    @property
    def engine(self) -> MakingEngine:
        engine = self.server.engine
        assert isinstance(engine, MakingEngine)
        return engine

    def do_GET(self) -> None:
        path = self._path()
        if path.startswith("/containers/") and (made := self.engine.find(path.split("/")[2])):
            self._answer(200, made.record())
        elif path == "/containers/json":
            self._answer(200, matching([*self.listed(), *(each.listed() for each in self.engine.made)], self.path))
        elif path.startswith("/distribution/"):
            self._answer(200, DISTRIBUTION)
        elif path in FACTS:
            self._answer(200, FACTS[path])
        elif path.startswith(("/images/", "/networks/")):
            self._answer(200, {"Id": "sha256:1", "Name": path.split("/")[2], **PLATFORM})
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self._path() == "/containers/create":
            made = self.engine.create(self._asked("name"), body)
            self._answer(201, {"Id": made.identity, "Warnings": []})
            return
        match = _CONTAINER.fullmatch(self._path())
        found = self.engine.find(match["id"]) if match else None
        if match is None or found is None or match["what"] not in _ACTIONS:
            self._answer(404, {"message": f"No such container: {self.path}"})
            return
        _ACTIONS[match["what"]](self, found, body)

    def do_DELETE(self) -> None:
        if self._path().startswith("/networks/"):
            self._done()
            return
        match = _CONTAINER.fullmatch(self._path())
        if match is None or (found := self.engine.find(match["id"])) is None:
            self._answer(404, {"message": f"No such container: {self.path}"})
            return
        found.stop()
        self.engine.made.remove(found)
        self.engine.happen("destroy", found.name)
        self._done()

    def start(self, made: Made, _: Mapping[str, Any]) -> None:
        made.start()
        self.engine.happen("start", made.name)
        self._done()

    def stop(self, made: Made, _: Mapping[str, Any]) -> None:
        if made.doors:
            made.stop()
            self.engine.happen("kill", made.name, signal="15")
            self.engine.happen("die", made.name, exitCode="0")
        self._done()

    def rename(self, made: Made, _: Mapping[str, Any]) -> None:
        made.name = self._asked("name")
        self.engine.happen("rename", made.name)
        self._done()

    def update(self, made: Made, body: Mapping[str, Any]) -> None:
        made.restart = body.get("RestartPolicy") or made.restart
        self._answer(200, {"Warnings": None})

    def _path(self) -> str:
        return re.sub(r"^/v[\d.]+", "", unquote(urlsplit(self.path).path))

    def _asked(self, name: str) -> str:
        return parse_qs(urlsplit(self.path).query)[name][0]

    def _done(self) -> None:
        self.send_response(204)
        self.end_headers()


_ACTIONS: dict[str | None, Callable[[_Makes, Made, Mapping[str, Any]], None]] = {
    "start": _Makes.start,
    "stop": _Makes.stop,
    "rename": _Makes.rename,
    "update": _Makes.update,
}
