"""Files of the host: written whole, and the variables' own."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import characters, dictionaries, from_regex, text

from codeb.adapters.env_files import DotenvFiles, parse_dotenv
from codeb.adapters.files import write_atomically
from codeb.adapters.half_written import HalfWritten
from codeb.domain.names import Environment
from codeb.domain.variables import dotenv_text
from codeb.services.protocols import EnvVersion

BLOG = Environment.of("blog")


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_replaced_whole_with_its_mode_set_before_anyone_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "word"
    write_atomically(path, "blue", mode=0o640)
    write_atomically(path, "green", mode=0o640)
    assert path.read_text() == "green"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names_in(tmp_path) == ["word"]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "directory"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(path, "x")
    assert names_in(tmp_path) == ["directory"]


names = from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
values = text(characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=60)


@given(dictionaries(names, values, max_size=8))
def test_variables_survive_the_file_whatever_they_are(variables: dict[str, str]) -> None:
    assert parse_dotenv(dotenv_text(variables)) == variables


def test_quotes_are_syntax_and_nothing_is_expanded() -> None:
    parsed = parse_dotenv('A="x y"\nB=\'z\'\nC=$A\nexport D=1 # note\nE=\nF="a\\nb"\nG=p#q\n')
    assert parsed == {"A": "x y", "B": "z", "C": "$A", "D": "1", "E": "", "F": "a\nb", "G": "p#q"}


def test_the_copy_on_the_host_is_for_its_owner_alone_and_remembers_its_version(tmp_path: Path) -> None:
    files = DotenvFiles(tmp_path)
    files.write(BLOG, EnvVersion(3, {"A": "1"}))
    path = tmp_path / "blog" / ".env.production"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files.read(BLOG) == EnvVersion(3, {"A": "1"})
    files.write(BLOG, EnvVersion(4, {"A": "line\r\nline\r"}))
    assert files.read(BLOG) == EnvVersion(4, {"A": "line\r\nline\r"})
    files.remove("blog")
    assert files.read(BLOG) is None


def test_what_a_killed_writer_left_is_swept_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    old, fresh, ours = (tmp_path / "env" / name for name in (".a.x.new", ".b.y.new", ".env.production"))
    old.parent.mkdir()
    for path in (old, fresh, ours):
        path.write_text("SECRET=1")
    os.utime(old, (1, 1))
    os.utime(ours, (1, 1))
    HalfWritten((tmp_path, tmp_path / "absent")).sweep()
    assert sorted(path.name for path in old.parent.iterdir()) == [".b.y.new", ".env.production"]


def test_every_version_that_a_deploy_ran_with_can_be_read_again(tmp_path: Path) -> None:
    files = DotenvFiles(tmp_path)
    assert files.read(BLOG) is None
    for number in (1, 2, 1):
        files.write(BLOG, EnvVersion(number, {"A": str(number)}))
    assert files.read(BLOG) == EnvVersion(2, {"A": "2"}), "the newest, not the last"
    assert files.read(BLOG, 1) == EnvVersion(1, {"A": "1"})
    assert files.read(BLOG, 3) is None
    assert "A='1'" in (tmp_path / "blog" / ".env.production").read_text(), "the file is what ran last"
    for number in range(3, 20):
        files.write(BLOG, EnvVersion(number, {}))
    assert files.read(BLOG, 1) is None
    assert files.read(BLOG, 10) is not None


def test_a_copy_of_before_there_were_versions_is_read(tmp_path: Path) -> None:
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog" / ".env.production").write_text("# codeb env version 4\nA='1'\n")
    assert DotenvFiles(tmp_path).read(BLOG) == EnvVersion(4, {"A": "1"})
