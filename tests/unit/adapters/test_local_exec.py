"""Files of this host through LocalExec: nothing outside the allowed directories, whatever the path. Spec section 8."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from codeb.adapters.local.exec import FileFailed, LocalExec, PathRefused, TooLarge
from codeb.adapters.local.fence import Fence


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    (tmp_path / "allowed").mkdir()
    return tmp_path / "allowed"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory with a secret, beside the allowed one and with a name that begins like it."""
    directory = tmp_path / "allowed-not"
    directory.mkdir()
    (directory / "secret").write_text("secret")
    return directory


@pytest.fixture
def local(allowed: Path) -> LocalExec:
    return LocalExec(Fence((str(allowed),)))


Verb = Callable[[LocalExec, str], object]
VERBS: dict[str, Verb] = {
    "read": lambda local, path: local.read(path),
    "write": lambda local, path: local.write(path, "x", mode=0o600),
    "exists": lambda local, path: local.exists(path),
    "mkdir": lambda local, path: local.mkdir(path),
}
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())


def test_only_the_directories_of_the_specification_are_allowed() -> None:
    assert LocalExec().fence.roots == ("/opt/codeb", "/etc/caddy", "/etc/containers", "/var/log", "/tmp")


@every_verb
@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/opt/codebx/file", "/tmp/../etc/passwd", "/opt/codeb/../../etc/x", "opt/codeb/x", "", "/tmp/a\0b"],
)
def test_a_path_that_leads_elsewhere_is_refused(verb: Verb, path: str) -> None:
    with pytest.raises(PathRefused) as refused:
        verb(LocalExec(), path)
    assert refused.value.code == "path_refused"


@every_verb
def test_a_link_to_a_directory_outside_is_refused(verb: Verb, local: LocalExec, allowed: Path, outside: Path) -> None:
    (allowed / "way").symlink_to(outside)
    with pytest.raises(PathRefused):
        verb(local, str(allowed / "way" / "secret"))
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"


@every_verb
@pytest.mark.parametrize("there", [True, False])
def test_what_is_outside_is_not_told_from_what_is_not_there(
    verb: Verb, local: LocalExec, allowed: Path, outside: Path, there: bool
) -> None:
    (allowed / "way").symlink_to(outside)
    with pytest.raises(PathRefused):
        verb(local, str(allowed / "way" / ("secret" if there else "nothing") / "below"))


@pytest.mark.parametrize("name", ["read", "exists", "mkdir"])
def test_a_chain_of_links_is_followed_to_its_end_and_refused(
    name: str, local: LocalExec, allowed: Path, outside: Path
) -> None:
    (allowed / "one").symlink_to(allowed / "two")
    (allowed / "two").symlink_to("three")
    (allowed / "three").symlink_to("../allowed-not/secret")
    with pytest.raises(PathRefused):
        VERBS[name](local, str(allowed / "one"))


@pytest.mark.parametrize("name", ["read", "exists", "mkdir"])
def test_links_in_a_circle_are_refused(name: str, local: LocalExec, allowed: Path) -> None:
    (allowed / "one").symlink_to("two")
    (allowed / "two").symlink_to("one")
    with pytest.raises(PathRefused, match="circle"):
        VERBS[name](local, str(allowed / "one"))


def test_a_link_that_stays_inside_is_read(local: LocalExec, allowed: Path) -> None:
    (allowed / "file").write_bytes(b"\x00\xff")
    (allowed / "link").symlink_to("file")
    assert local.read(allowed / "link") == b"\x00\xff"
    assert local.exists(str(allowed / "link"))


def test_an_allowed_directory_may_itself_be_a_link(tmp_path: Path, allowed: Path) -> None:
    (tmp_path / "logs").symlink_to(allowed)
    local = LocalExec(Fence((str(tmp_path / "logs"),)))
    local.mkdir(tmp_path / "logs" / "app")
    local.write(tmp_path / "logs" / "app" / "x", "text", mode=0o600)
    assert local.read(tmp_path / "logs" / "app" / "x") == b"text"


def test_a_write_replaces_a_link_and_leaves_what_it_led_to(local: LocalExec, allowed: Path, outside: Path) -> None:
    (allowed / "link").symlink_to(outside / "secret")
    local.write(allowed / "link", "mine", mode=0o640)
    assert (outside / "secret").read_text() == "secret"
    assert not (allowed / "link").is_symlink()
    assert (allowed / "link").read_text() == "mine"


def test_a_write_is_whole_with_the_mode_that_was_asked_for(local: LocalExec, allowed: Path) -> None:
    for mode, text in ((0o640, "one"), (0o600, "two")):
        local.write(allowed / "file", text, mode=mode)
        assert stat.S_IMODE((allowed / "file").stat().st_mode) == mode
        assert (allowed / "file").read_text() == text
    assert [path.name for path in allowed.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(local: LocalExec, allowed: Path) -> None:
    (allowed / "directory").mkdir()
    with pytest.raises(FileFailed, match="directory"):
        local.write(allowed / "directory", "x", mode=0o600)
    with pytest.raises(FileFailed, match="No such file"):
        local.write(allowed / "missing" / "file", "x", mode=0o600)
    assert [path.name for path in allowed.iterdir()] == ["directory"]


def test_the_allowed_directory_itself_is_no_file_to_write(local: LocalExec, allowed: Path) -> None:
    with pytest.raises(PathRefused):
        local.write(allowed, "x", mode=0o600)


def test_more_than_the_limit_is_neither_read_nor_written(local: LocalExec, allowed: Path) -> None:
    local.write(allowed / "file", "12345", mode=0o600, limit=5)
    assert local.read(allowed / "file", limit=5) == b"12345"
    with pytest.raises(TooLarge, match="4 bytes"):
        local.read(allowed / "file", limit=4)
    with pytest.raises(TooLarge, match="5 bytes"):
        local.write(allowed / "file", "123456", mode=0o600, limit=5)
    assert (allowed / "file").read_text() == "12345"


def test_what_is_no_file_is_not_opened(local: LocalExec, allowed: Path) -> None:
    """Opening a pipe would wait for its writer."""
    os.mkfifo(allowed / "pipe")
    with pytest.raises(PathRefused, match="regular file"):
        local.read(allowed / "pipe")
    with pytest.raises(PathRefused, match="regular file"):
        local.read(allowed)


def test_a_missing_file_is_said_and_exists_is_false(local: LocalExec, allowed: Path) -> None:
    (allowed / "file").touch()
    (allowed / "dangling").symlink_to("nothing")
    with pytest.raises(FileFailed, match="No such file"):
        local.read(allowed / "nothing")
    assert not local.exists(allowed / "nothing")
    assert not local.exists(allowed / "dangling")
    assert not local.exists(allowed / "file" / "below")
    assert local.exists(allowed)


def test_metacharacters_are_letters_of_a_name(local: LocalExec, allowed: Path) -> None:
    name = "; $(touch x) | & > \n * `id` '\""
    local.write(allowed / name, "x", mode=0o600)
    local.mkdir(allowed / f"{name}.d")
    assert local.read(allowed / name) == b"x"
    assert sorted(path.name for path in allowed.iterdir()) == sorted([name, f"{name}.d"])


def test_missing_directories_are_made_with_the_mode_and_those_that_are_there_keep_theirs(
    local: LocalExec, allowed: Path
) -> None:
    (allowed / "old").mkdir(mode=0o755)
    before = os.umask(0o077)
    try:
        local.mkdir(allowed / "old" / "a" / "b", mode=0o750)
        local.mkdir(allowed / "old" / "a" / "b", mode=0o700)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((allowed / path).stat().st_mode) for path in ("old", "old/a", "old/a/b")]
    assert modes == [0o755, 0o750, 0o750]


def test_a_directory_is_not_made_through_a_file_or_a_link_to_nothing(
    local: LocalExec, allowed: Path, outside: Path
) -> None:
    (allowed / "file").touch()
    (allowed / "dangling").symlink_to("nothing")
    (allowed / "out").symlink_to(outside / "new")
    for path in ("file/x", "dangling/x"):
        with pytest.raises(FileFailed):
            local.mkdir(allowed / path)
    with pytest.raises(PathRefused):
        local.mkdir(allowed / "out" / "x")
    assert not (allowed / "nothing").exists()
    assert not (outside / "new").exists()


@pytest.mark.parametrize("name", ["read", "write", "exists", "mkdir"])
def test_a_link_that_appears_after_the_first_look_is_refused_too(
    name: str, local: LocalExec, allowed: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look at the name is made to see the honest directory of a moment before."""
    (allowed / "way").symlink_to(outside)
    monkeypatch.setattr(Fence, "inside", lambda self, path, shown=None: str(path))
    with pytest.raises(PathRefused, match="leads out"):
        VERBS[name](local, str(allowed / "way" / "secret"))
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"
