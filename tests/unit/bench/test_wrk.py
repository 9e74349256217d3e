"""wrk's words as figures."""

import pytest

from bench.wrk import Figures, Words, milliseconds

SAID = """Running 2s test @ http://127.0.0.1:4000
  2 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     5.21ms    2.20ms  44.12ms   88.40%
    Req/Sec     3.10k   310.20     3.60k    80.00%
  Latency Distribution
     50%    4.87ms
     75%    5.90ms
     90%    7.10ms
     99%    1.21s
  12411 requests in 2.00s, 7.31MB read
Requests/sec:   6200.45
Transfer/sec:      3.65MB
"""


def test_the_rate_the_percentiles_and_the_count_are_read() -> None:
    assert Words.of(SAID) == Words(requests=12411, rate=6200.45, p50=4.87, p99=1210.0, errors="")


def test_refusals_and_broken_connections_are_told() -> None:
    said = SAID.replace(
        "Requests/sec",
        "  Socket errors: connect 0, read 3, write 0, timeout 1\n  Non-2xx or 3xx responses: 17\nRequests/sec",
    )
    assert Words.of(said).errors == "Socket errors: connect 0, read 3, write 0, timeout 1; Non-2xx or 3xx responses: 17"


@pytest.mark.parametrize(
    ("text", "expected"), [("980.00us", 0.98), ("4.30ms", 4.3), ("1.20s", 1200), ("1.00m", 60_000)]
)
def test_durations_of_every_unit_are_milliseconds(text: str, expected: float) -> None:
    assert milliseconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "12", "4.3 ms", "ms"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="never wrote"):
        milliseconds(text)


def test_a_run_that_ended_early_is_no_figure() -> None:
    with pytest.raises(ValueError, match="requests in"):
        Words.of("unable to connect to 127.0.0.1:4000 Connection refused")


def test_two_runs_together_hide_neither_the_worse_wait_nor_what_failed() -> None:
    calm = Figures(rate=4000, p50=6, p99=12, cpu=100, memory=110, requests=8000)
    busy = Figures(rate=2000, p50=10, p99=40, cpu=120, memory=108, requests=4000, errors="Socket errors: read 1")
    assert Figures.together(calm, busy) == Figures(
        rate=3000, p50=8, p99=40, cpu=110, memory=110, requests=12000, errors="Socket errors: read 1"
    )
