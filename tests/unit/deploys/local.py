"""Operations run by pyinfra on this machine itself, without its command line."""

from collections.abc import Callable
from typing import Any

from pyinfra.api.config import Config
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.inventory import Inventory
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops
from pyinfra.api.state import State
from pyinfra.context import ctx_host, ctx_state


class Failed(Exception):
    """The operation did not succeed."""


def apply(operation: Callable[..., Any], **arguments: Any) -> bool:
    """Whether ``operation`` changed something; raises Failed."""
    state = State(Inventory((["@local"], {})), Config())  # type: ignore[no-untyped-call]
    try:
        connect_all(state)
        (meta,) = add_op(state, operation, **arguments).values()
        run_ops(state)
        return bool(meta.did_change())
    except PyinfraError as error:
        raise Failed(str(error)) from None
    finally:
        disconnect_all(state)
        ctx_host.reset()
        ctx_state.reset()
