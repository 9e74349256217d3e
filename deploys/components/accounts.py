"""System users: one a service, without a shell."""

from collections.abc import Sequence

from pyinfra.operations import server


def system_user(user: str, *, home: str = "/nonexistent", groups: Sequence[str] = ()) -> None:
    """Have ``user`` with a group of its own and membership of ``groups``, which exist already."""
    server.group(name=f"Have group {user}", group=user, system=True)
    server.user(  # noqa: S604 - `shell` is the account's login shell
        name=f"Have user {user}",
        user=user,
        group=user,
        groups=list(groups),
        system=True,
        home=home,
        shell="/usr/sbin/nologin",
        ensure_home=False,
    )
