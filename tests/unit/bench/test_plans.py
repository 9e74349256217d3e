"""Which of PostgreSQL's plans count as a walk along an index."""

from typing import Any

from bench.plans import Plan


def explained(*nodes: dict[str, Any], rows: int = 51) -> dict[str, Any]:
    """A plan whose nodes each have the next one below them."""
    plan: dict[str, Any] = {}
    for node in reversed(nodes):
        plan = {"Actual Rows": rows, "Actual Loops": 1, **node, **({"Plans": [plan]} if plan else {})}
    return {"Plan": plan, "Execution Time": 0.4}


LIMIT = {"Node Type": "Limit"}
SCAN = {"Node Type": "Index Scan", "Index Name": "audit_logs_project"}


def test_a_page_read_along_an_index_is_a_walk() -> None:
    plan = Plan.of(explained(LIMIT, {**SCAN, "Rows Removed by Filter": 40}))
    assert (plan.walk, plan.indexes, plan.vain) == (True, ("audit_logs_project",), 40)
    assert str(plan) == "walk of audit_logs_project: 51 rows, 40 read in vain, 0.4 ms"


def test_thousands_of_rows_read_in_vain_are_no_walk() -> None:
    assert not Plan.of(explained(LIMIT, {**SCAN, "Rows Removed by Filter": 5426})).walk


def test_a_walk_that_finds_nothing_may_read_next_to_nothing() -> None:
    assert Plan.of(explained(LIMIT, SCAN, rows=0)).walk
    assert not Plan.of(explained(LIMIT, {**SCAN, "Rows Removed by Filter": 1_000_000}, rows=0)).walk


def test_a_sort_is_no_walk_and_the_words_say_how_it_was_read() -> None:
    plan = Plan.of(explained(LIMIT, {"Node Type": "Sort"}, {"Node Type": "Seq Scan"}))
    assert not plan.walk
    assert str(plan).startswith("NO WALK (Limit < Sort < Seq Scan) of no index: 51 rows")
