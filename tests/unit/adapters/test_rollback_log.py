"""The log of rollbacks: one JSON line each. Spec section 5."""

import json
import os
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from codeb.adapters.rollback_log import FileRollbackLog
from tests.samples import BLOG


def test_every_rollback_is_one_line_that_ends(tmp_path: Path) -> None:
    log = FileRollbackLog(tmp_path)
    for why in ("slow", "two\nlines } example.com {"):
        log.append(BLOG, {"why": why})
    path = tmp_path / "blog-production.jsonl"
    text = path.read_text()
    assert [json.loads(line)["why"] for line in text.splitlines()] == ["slow", "two\nlines } example.com {"]
    assert text.endswith("}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_is_not_durable_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = FileRollbackLog(tmp_path)
    log.append(BLOG, {"why": "one"})

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with capture_logs() as logged:
        log.append(BLOG, {"why": "two"})
    assert (logged[0]["event"], logged[0]["why"]) == ("rollback_not_logged", "two")
    assert json.loads((tmp_path / "blog-production.jsonl").read_text()) == {"why": "one"}


def test_half_a_line_of_a_crash_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "blog-production.jsonl"
    path.write_text('{"why": "o')
    FileRollbackLog(tmp_path).append(BLOG, {"why": "two"})
    assert path.read_text() == '{"why": "two"}\n'
