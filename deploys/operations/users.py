"""System users: one look, one command."""

import shlex
from collections.abc import Generator, Sequence

from pyinfra import host
from pyinfra.api import FactBase, StringCommand, operation
from pyinfra.api.operation import OperationMeta

from deploys.operations import survey
from deploys.operations.survey import Question


class UserGroups(FactBase[dict[str, str]]):
    """``{"groups": "a b"}`` of a user that exists."""

    default = dict

    def command(self, user: str) -> str:
        return f"id -nG {shlex.quote(user)} 2>/dev/null || true"

    def process(self, output: list[str]) -> dict[str, str]:
        return {"groups": output[0]} if output else {}


def system_user(
    user: str, home: str = "/nonexistent", groups: Sequence[str] = (), name: str | None = None
) -> OperationMeta:
    """
    Have a user that nobody can log in as, in a group of its own name and in further ones.

    + user: name
    + home: its home, which is not made
    + groups: system groups that it belongs to besides; made when missing
    """
    return _system_user(name=name, user=user, home=home, groups=groups, asked=survey.plan(UserGroups, user=user))


@operation()
def _system_user(
    user: str, home: str, groups: Sequence[str], asked: Question[dict[str, str]]
) -> Generator[StringCommand, None, None]:
    state = asked.answer()
    name, present = shlex.quote(user), set(state.get("groups", "").split())
    missing = [group for group in groups if group not in present]
    if state and not missing:
        host.noop(f"user {user} is there")
        return
    for group in missing:
        quoted = shlex.quote(group)
        yield StringCommand(f"getent group {quoted} >/dev/null || groupadd --system {quoted}")
    if not state:
        yield StringCommand(
            f"useradd --system $(getent group {name} >/dev/null && echo --gid {name} || echo --user-group)"
            f" --no-create-home --home-dir {shlex.quote(home)} --shell /usr/sbin/nologin {name}"
        )
    for group in missing:
        yield StringCommand(f"usermod --append --groups {shlex.quote(group)} {name}")
