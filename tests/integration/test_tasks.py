"""Tasks and their locks in a real PostgreSQL. Spec section 6; lessons 8 and 19."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from codeb.adapters.clock import SystemClock
from codeb.adapters.postgres.database import Database
from codeb.adapters.postgres.projects import ProjectRows
from codeb.adapters.postgres.tasks import TaskRows
from codeb.domain.names import EnvironmentName
from codeb.domain.project import Project, ProjectSettings, UnknownProject
from codeb.domain.tasks import Priority, TaskClosed, TaskConflict, TaskStatus, UnknownTask
from codeb.errors import Unavailable
from codeb.services.protocols.tasks import TaskFilter
from codeb.services.tasks import NewTask, TaskChange, Tasks

pytestmark = pytest.mark.integration

HELD = """
    SELECT t.project_name, f.file_path, count(DISTINCT t.branch) AS branches
      FROM work_task_files f JOIN work_tasks t ON t.id = f.task_id
     WHERE f.released_at IS NULL GROUP BY 1, 2
"""


def project(database: Database, name: str = "blog", team: str = "team-a") -> Project:
    return ProjectRows(database, "codeb.test").create(
        name, team_id=team, type="nodejs", environments=tuple(EnvironmentName), settings=ProjectSettings()
    )


@pytest.fixture
def tasks(database: Database) -> Tasks:
    return Tasks(TaskRows(database), SystemClock())


@pytest.fixture
def blog(database: Database) -> Project:
    return project(database)


def work(branch: str, *paths: str, title: str = "work") -> NewTask:
    return NewTask(title, "ann", branch=branch, files=dict.fromkeys(paths, ""))


def everything(*names: str) -> TaskFilter:
    return TaskFilter(names, frozenset(TaskStatus))


def at_once(database: Database, one: Callable[[int], bool]) -> list[bool]:
    """What ten threads get that begin together, each with a connection at hand."""
    start = threading.Barrier(10)

    def ready(number: int) -> bool:
        with database.transaction() as connection:
            connection.execute("SELECT 1")
            start.wait()
        start.wait()
        return one(number)

    with ThreadPoolExecutor(10) as pool:
        return sorted(pool.map(ready, range(10)))


def test_a_task_comes_back_as_it_was_stored(tasks: Tasks, blog: Project) -> None:
    new = NewTask("t", "ann", "why", "a", Priority.HIGH, {"x": "because", "한글/" + "y" * 990: ""}, ("api",))
    made = tasks.create(blog, new).task
    assert tasks.get(made.id) == made
    change = TaskChange(note="half\\u0000", files_changed=("x",), pr_number=3, status=TaskStatus.PUSHED)
    changed = tasks.update(made, change).task
    assert tasks.get(made.id) == changed
    assert (changed.notes[0].text, changed.paths, changed.files[0].description) == (
        "half\\u0000",
        made.paths,
        "because",
    )
    done = tasks.complete(changed, deploy_id="dep_1", pr_number=None)
    assert (done.released, done.task.pr_number, tasks.get(made.id)) == (2, 3, done.task)


@pytest.mark.parametrize("path", ["x", "y", "z"])
def test_of_ten_that_are_created_at_once_one_has_the_file(
    tasks: Tasks, blog: Project, database: Database, path: str
) -> None:
    def one(number: int) -> bool:
        try:
            return tasks.create(blog, work(f"b{number}", path, f"own{number}")).changed
        except TaskConflict as error:
            assert error.clashes[0].files == (path,)
            return False

    assert at_once(database, one) == [False] * 9 + [True]
    found, total = tasks.find(everything("blog"), 10)
    assert (total, len(found[0].files)) == (1, 2)
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM work_task_files").fetchone() == {"n": 2}


def test_of_ten_that_add_one_file_at_once_one_has_it(tasks: Tasks, blog: Project, database: Database) -> None:
    made = [tasks.create(blog, work(f"b{number}", f"own{number}")).task for number in range(10)]

    def one(number: int) -> bool:
        try:
            return tasks.update(made[number], TaskChange(files={"x": ""})).changed
        except TaskConflict:
            return False

    assert at_once(database, one) == [False] * 9 + [True]
    assert sum("x" in each.paths for each in tasks.find(everything("blog"), 10)[0]) == 1


def test_of_ten_that_repeat_one_create_at_once_one_makes_it(tasks: Tasks, blog: Project, database: Database) -> None:
    assert at_once(database, lambda _: tasks.create(blog, work("a", "x")).changed) == [False] * 9 + [True]


@pytest.mark.parametrize("seed", range(3))
def test_no_path_is_ever_held_by_two_branches(tasks: Tasks, blog: Project, database: Database, seed: int) -> None:
    """Four workers do what they like; whoever is refused was told by whom."""
    shop = project(database, "shop", "team-b")
    begin = [random.Random(seed * 10 + worker) for worker in range(4)]
    refused = []

    def operate(chance: random.Random) -> None:
        for _ in range(50):
            try:
                _anything(tasks, chance, (blog, shop))
            except TaskConflict as error:
                refused.append(error)
            assert _branches(database) <= {1}

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(operate, begin))
    assert refused
    assert all(error.clashes for error in refused)
    for task in tasks.find(everything("blog", "shop"), 1000)[0]:
        assert task.locked == (len(task.files) if task.status.open else 0)


def _anything(tasks: Tasks, chance: random.Random, projects: Sequence[Project]) -> None:
    paths = dict.fromkeys(chance.sample("abcdefgh", 2), "")
    branch = chance.choice(("one", "two", "three"))
    task_id = chance.randint(1, 30)
    if chance.random() < 0.4:
        tasks.create(chance.choice(projects), NewTask(f"t{chance.random()}", "ann", branch=branch, files=paths))
        return
    change = chance.choice(
        (
            TaskChange(files=paths),
            TaskChange(branch=branch),
            TaskChange(status=chance.choice(list(TaskStatus))),
            TaskChange(note="half"),
        )
    )
    with suppress(UnknownTask, TaskClosed):
        tasks.update(tasks.get(task_id), change)


def _branches(database: Database) -> set[int]:
    with database.transaction() as connection:
        return {row["branches"] for row in connection.execute(HELD)}


def test_one_projects_locks_are_nothing_to_another(tasks: Tasks, blog: Project, database: Database) -> None:
    shop = project(database, "shop")
    tasks.create(blog, work("a", "x"))
    assert tasks.create(shop, work("b", "x")).changed
    assert [clash.task.project for clash in tasks.check(["blog"], ["x", "y"])] == ["blog"]
    assert len(tasks.check(["blog", "shop"], ["x"])) == 2
    assert tasks.check([], ["x"]) == []


def test_a_plan_stores_nothing_and_a_refusal_undoes_all(tasks: Tasks, blog: Project) -> None:
    assert tasks.create(blog, work("a", "x"), plan=True).changed
    assert tasks.find(everything("blog"), 10) == ([], 0)
    made = tasks.create(blog, work("a", "x")).task
    assert tasks.update(made, TaskChange(title="other"), plan=True).task.title == "other"
    tasks.create(blog, work("b", "y"))
    with pytest.raises(TaskConflict):
        tasks.update(made, TaskChange(title="other", files={"y": "", "z": ""}))
    assert tasks.get(made.id) == made


def test_lists_are_filtered_counted_and_cut(tasks: Tasks, blog: Project) -> None:
    made = [tasks.create(blog, work("a", str(number), title=f"t{number}")).task for number in range(5)]
    tasks.complete(made[0], deploy_id=None, pr_number=None)
    found, total = tasks.find(TaskFilter(["blog"], frozenset({TaskStatus.IN_PROGRESS}), "ann"), 2)
    assert ([each.title for each in found], total) == (["t4", "t3"], 4)
    assert tasks.find(TaskFilter(["blog"], frozenset(TaskStatus), "bob"), 9) == ([], 0)
    assert tasks.find(everything("shop"), 9) == ([], 0)


def test_a_deleted_projects_tasks_go_with_it(tasks: Tasks, blog: Project, database: Database) -> None:
    made = tasks.create(blog, work("a", "x")).task
    ProjectRows(database, "codeb.test").delete("blog")
    with pytest.raises(UnknownTask):
        tasks.get(made.id)
    with pytest.raises(UnknownProject):
        tasks.update(made, TaskChange(title="other"))
    with pytest.raises(UnknownProject):
        tasks.create(blog, work("a", "x"))


def test_without_the_database_there_are_no_tasks(away: Database, tasks: Tasks, blog: Project) -> None:
    made = tasks.create(blog, work("a", "x")).task
    gone = replace(tasks, store=TaskRows(away))
    calls: list[Callable[[], object]] = [
        lambda: gone.create(blog, work("b", "y")),
        lambda: gone.update(made, TaskChange(title="x")),
        lambda: gone.get(1),
        lambda: gone.check(["blog"], ["x"]),
        lambda: gone.find(everything("blog"), 1),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()
