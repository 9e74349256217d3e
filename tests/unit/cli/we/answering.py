"""A command at a terminal where somebody answers its question."""

import pytest
from click.testing import Result

from tests.unit.cli.we.conftest import Desk


def answered(desk: Desk, word: str, *arguments: str, code: int = 0) -> Result:
    """What came of it when ``word`` was typed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("codeb.cli.we.session.Session.asks", property(lambda self: not self.as_json))
        done = desk.we(*arguments, given=f"{word}\n")
    assert done.exit_code == code, done.output
    return done
