"""The log's lines are gathered for a moment, in their order, and a warning waits for nothing."""

import io
import threading

from codeb.api.log_lines import GatheredLines


class Watched(io.BytesIO):
    """Says when it was written to."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = threading.Event()

    def flush(self) -> None:
        self.flushed.set()


def test_lines_come_by_themselves() -> None:
    stream = Watched()
    lines = GatheredLines.begin(stream)
    lines.info(b"one")
    assert stream.flushed.wait(30)
    assert stream.getvalue() == b"one\n"


def test_a_warning_takes_what_waits_with_it_in_its_order() -> None:
    stream = io.BytesIO()
    lines = GatheredLines(stream)
    lines.info(b"one")
    lines.info(b"two")
    assert stream.getvalue() == b""
    lines.warning(b"three")
    assert stream.getvalue() == b"one\ntwo\nthree\n"


def test_a_stream_that_takes_nothing_fails_nobody() -> None:
    stream = io.BytesIO()
    lines = GatheredLines(stream)
    stream.close()
    lines.error(b"lost")
    lines.flush()
