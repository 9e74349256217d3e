"""Paths, locks and notes of tasks. Spec section 6."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from codeb.domain.tasks import MOST_FILES, MOST_NOTES, Note, Priority, Task, TaskStatus, clashes, file_path
from codeb.errors import InvalidInput

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def task(number: int, branch: str, *paths: str) -> Task:
    empty = Task(
        number,
        "team-a",
        "blog",
        "work",
        "",
        "ann",
        branch,
        None,
        TaskStatus.IN_PROGRESS,
        Priority.MEDIUM,
        (),
        (),
        (),
        None,
        NOW,
        NOW,
    )
    return empty.with_files(dict.fromkeys(paths, ""), NOW)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("src/app.py", "src/app.py"),
        ("./src//app.py", "src/app.py"),
        ("././src/./app.py/", "src/app.py"),
        ("Src/App.py", "Src/App.py"),
        ("..hidden/a..b", "..hidden/a..b"),
        ("src/한글.py", "src/한글.py"),
    ],
)
def test_a_file_has_one_name_however_it_is_written(text: str, path: str) -> None:
    assert file_path(text) == path


@pytest.mark.parametrize("text", ["", ".", "./", "/etc/passwd", "../x", "a/../b", "a/..", "a\\b", "a\nb", "x" * 1001])
def test_what_is_no_file_of_the_repository_is_no_path(text: str) -> None:
    with pytest.raises(InvalidInput, match="files"):
        file_path(text)


def test_a_branch_is_not_in_its_own_way_and_another_one_is() -> None:
    held = [task(1, "a", "x", "y"), task(2, "b", "z")]
    assert clashes(["x"], held, branch="a") == []
    found = clashes(["x", "z", "free"], held, branch="c")
    assert [(clash.task.id, clash.files) for clash in found] == [(1, ("x",)), (2, ("z",))]
    assert clashes(["x"], held, branch="c", besides=1) == []
    assert [clash.task.id for clash in clashes(["x"], held, branch=None)] == [1]


@pytest.mark.parametrize("status", [TaskStatus.DEPLOYED, TaskStatus.CANCELLED])
def test_a_closed_task_is_in_nobodys_way(status: TaskStatus) -> None:
    assert clashes(["x"], [replace(task(1, "a", "x"), status=status)], branch="b") == []


@pytest.mark.parametrize(
    ("hit", "wanted", "severity"), [(1, 1, "high"), (1, 2, "medium"), (2, 4, "medium"), (2, 3, "high"), (3, 9, "high")]
)
def test_three_files_or_more_than_half_are_severe(hit: int, wanted: int, severity: str) -> None:
    paths = [str(number) for number in range(wanted)]
    (clash,) = clashes(paths, [task(1, "a", *paths[:hit])], branch="b")
    assert clash.severity == severity


def test_a_file_is_held_once_and_a_task_holds_so_many_at_most() -> None:
    held = task(1, "a", "x")
    assert held.with_files({"x": "again"}, LATER) == held
    many = {str(number): "" for number in range(MOST_FILES - 1)}
    assert held.with_files(many, NOW).locked == MOST_FILES
    with pytest.raises(InvalidInput, match="500 files at most"):
        held.with_files({**many, "one more": ""}, NOW)


def test_closing_releases_and_opening_again_locks() -> None:
    held = task(1, "a", "x", "y")
    closed = replace(held, status=TaskStatus.CANCELLED).settled(LATER)
    assert (closed.locked, closed.files[0].released_at) == (0, LATER)
    assert closed.settled(LATER + timedelta(hours=1)) == closed
    again = replace(closed, status=TaskStatus.DRAFT).settled(LATER)
    assert (again.locked, again.files[0].locked_at) == (2, LATER)


def test_notes_are_bounded_and_a_repeated_one_is_the_same() -> None:
    noted = task(1, "a")
    for number in range(MOST_NOTES + 5):
        noted = noted.with_note(Note(NOW, str(number)))
    assert (len(noted.notes), noted.notes[0].text) == (MOST_NOTES, "5")
    last = noted.notes[-1].text
    assert noted.with_note(Note(LATER, last)) == noted
    assert noted.with_note(Note(LATER, last, ("x",))) != noted
