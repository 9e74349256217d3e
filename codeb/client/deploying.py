"""A call that takes long, with its steps from the stream meanwhile; and the deploy whose answer gets lost.

Design section 8. A release is its image and the version of its variables: what became of a deploy that was sent is
looked up among the project's deployments. It is never sent a second time blindly.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from codeb.client.errors import CallFailed, Unreachable
from codeb.client.events import Event
from codeb.client.overhearing import Overhearing
from codeb.errors import CodebError

if TYPE_CHECKING:
    from codeb.client.calling import Client

Listener = Callable[[Event], None]
Deployment = dict[str, Any]
LONGEST = 1800.0
"""Seconds a deploy may take, its wait for others included."""
_LOOK = 2.0
_MISSES = 5
"""Looks in which no deployment of ours is to be seen, after which it never began."""
_AWAYS = 60
"""Looks for which the API may be away: it is started anew, perhaps with its host."""
_ENDED = frozenset({"success", "failed"})


def ignore(event: Event) -> None: ...


@dataclass(slots=True)
class LongCall:
    """``tool`` is called in a thread, and ``on_event`` told of the steps in this one."""

    client: "Client"
    tool: str
    params: Mapping[str, Any]
    on_event: Listener = ignore
    sleep: Callable[[float], object] = time.sleep
    _outcome: dict[str, Any] | CodebError | None = field(default=None, init=False)
    _told: set[str] = field(default_factory=set, init=False)

    def __call__(self) -> dict[str, Any]:
        """Raises CallFailed, Unreachable, NotLoggedIn.

        What cannot be followed is done all the same; what the stream did not tell is told from the answer.
        """
        wanted = {"project": self.params["projectName"], "environment": self.params.get("environment"), "tail": 0}
        query = {key: value for key, value in wanted.items() if value is not None}
        with Overhearing(self.client.http, query, self.sleep) as stream:
            threading.Thread(target=self._call, args=[stream], daemon=True).start()
            while self._outcome is None or not stream.queue.empty():
                event = stream.queue.get()
                if event is not None and event.event == "deployment":
                    self._tell(event)
        if isinstance(self._outcome, CallFailed):
            self._tell_rest(self._outcome.answer)
        if isinstance(self._outcome, CodebError):
            raise self._outcome
        self._tell_rest(self._outcome)
        return self._outcome

    def _tell(self, event: Event) -> None:
        step = event.data["step"]
        if step["status"] != "running":
            self._told.add(step["name"])
        self.on_event(event)

    def _tell_rest(self, answer: Mapping[str, Any]) -> None:
        for step in answer.get("steps") or ():
            if step["name"] not in self._told and step["status"] != "running":
                self._tell(Event("", "deployment", {"type": "deployment_step", "step": step}))

    def _call(self, stream: Overhearing) -> None:
        try:
            self._outcome = self.client.call(self.tool, self.params, timeout=LONGEST)
        except CodebError as error:
            self._outcome = error
        except BaseException as error:
            self._outcome = Unreachable(self.client.url, f"{type(error).__name__}: {error}", final=True)
            raise
        finally:
            stream.queue.put(None)


@dataclass(slots=True)
class Deploying:
    """The tool ``deploy``, whose outcome is looked up when its answer does not arrive."""

    client: "Client"
    params: Mapping[str, Any]
    on_event: Listener = ignore
    sleep: Callable[[float], object] = time.sleep

    def __call__(self) -> dict[str, Any]:
        """Raises CallFailed, Unreachable, NotLoggedIn."""
        known = self._known()
        try:
            return LongCall(self.client, "deploy", self.params, self.on_event, self.sleep)()
        except Unreachable as lost:
            if known is None or not lost.sent:
                raise
            return _outcome(self._found(known, lost))

    def _known(self) -> frozenset[str] | None:
        """The deployments that there were before; None where this key may not see them, or for a plan."""
        if self.params.get("dryRun"):
            return None
        try:
            return frozenset(each["id"] for each in self._deployments())
        except CallFailed:
            return None

    def _deployments(self) -> list[Deployment]:
        asked = {**{key: self.params.get(key) for key in ("projectName", "environment")}, "limit": 20}
        found: list[Deployment] = self.client.call("deployment_list", asked, timeout=30)["deployments"]
        return found

    def _found(self, known: frozenset[str], lost: Unreachable) -> Deployment:
        """Our deployment, when it has ended; raises ``lost`` where none began, or it does not end."""
        misses, aways = _MISSES, _AWAYS
        for _ in range(int(LONGEST / _LOOK)):
            try:
                ours = self._ours(known)
            except Unreachable:
                aways -= 1
            else:
                if ours is not None and ours["status"] in _ENDED:
                    return ours
                misses -= ours is None
            if not (misses and aways):
                break
            self.sleep(_LOOK)
        raise lost

    def _ours(self, known: frozenset[str]) -> Deployment | None:
        """The first that began since. Raises Unreachable, CallFailed."""
        new = [each for each in self._deployments() if each["id"] not in known and self._is(each)]
        return new[-1] if new else None

    def _is(self, deployment: Deployment) -> bool:
        if image := self.params.get("image"):
            return bool(deployment["image"] == image)
        return bool(deployment["version"] == (self.params.get("version") or "latest"))


def _outcome(deployment: Deployment) -> dict[str, Any]:
    """As the deploy would have answered, but for what only its answer has. Raises CallFailed."""
    record = {**deployment, "deploymentId": deployment["id"], "changed": True, "warnings": []}
    if deployment["status"] == "failed":
        raise CallFailed({**record, "error": deployment["error"] or "the deploy failed", "code": "deploy_failed"}, 200)
    return record
