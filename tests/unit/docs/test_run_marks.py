"""Each command of the operator's pages is typed by a test that takes it from there, or the page says that it is not."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OPERATIONS = ROOT / "docs" / "operations.md"
PAGES = (OPERATIONS, ROOT / "docs" / "security.md")
MARK = re.compile(r"<!-- (?:run by (?P<test>tests/\S+\.py)|not run: (?P<why>.+)) -->")
LEFT_OUT = "### Not typed from this page"
PROGRAMS = {"age", "codeb", "curl", "docker", "journalctl", "make", "pyinfra", "python", "python3", "ssh-keygen"}
PROGRAMS |= {"systemctl", "we"}
_HEADING = re.compile(r"^#{2,} .*$", re.MULTILINE)
_FENCED = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_PLACEHOLDER = re.compile(r"[A-Z…{]|^\W*$")


@dataclass(frozen=True, slots=True)
class Block:
    """``mark`` is the line above it."""

    heading: str
    mark: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """The words that say which it is, and its options; what an operator fills in is in neither."""

    words: tuple[str, ...]
    options: frozenset[str]

    def covers(self, other: "Command") -> bool:
        return self.words[: len(other.words)] == other.words and other.options <= self.options


def blocks(text: str) -> Iterator[Block]:
    heading = before = ""
    inside: list[str] | None = None
    for line in text.splitlines():
        if inside is not None:
            if line == "```":
                yield Block(heading, before, tuple(each[2:] for each in inside if each.startswith("$ ")))
                inside = None
            else:
                inside.append(line)
        elif line == "```console":
            inside = []
            continue
        elif _HEADING.fullmatch(line):
            heading = line
        if inside is None:
            before = line


def command(text: str) -> Command | None:
    """None for what is no command of an operator's."""
    found = shlex.split(text, comments=True) if text.count('"') % 2 == 0 else text.split()
    if found[:1] == ["ssh"]:
        found = found[2:]
    found = [word for word in found if word != "sudo" and not re.match(r"[A-Z_]+=", word)]
    if not found or Path(found[0]).name not in PROGRAMS:
        return None
    words = [Path(found[0]).name]
    for word in found[1:]:
        if word.startswith("-") or _PLACEHOLDER.search(word):
            break
        words.append(word)
    options = frozenset(word.partition("=")[0] for word in found if re.match(r"--[a-z]", word))
    return Command(tuple(words), options) if len(words) > 1 or options else None


def named(text: str) -> set[str]:
    """Commands in the midst of words."""
    spans = (" ".join(span.split()) for span in _CODE.findall(_FENCED.sub("", text)))
    return {span for span in spans if command(span)}


def left_out(text: str) -> dict[str, str]:
    """Commands that no test types from the page, and what is said about each."""
    section = re.split(r"^## ", text.partition(f"{LEFT_OUT}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    items = [" ".join(item.split()) for item in re.split(r"^- ", section, flags=re.MULTILINE)[1:]]
    return {
        span: rest for head, _, rest in (item.partition("`: ") for item in items) for span in _CODE.findall(f"{head}`")
    }


def unaccounted(page: str, typed: list[str], excused: list[str]) -> list[str]:
    known = [each for each in map(command, [*typed, *excused]) if each]
    return sorted(span for span in named(page) if (asked := command(span)) and not any(k.covers(asked) for k in known))


ALL = [(page, block) for page in PAGES for block in blocks(page.read_text())]


@pytest.mark.parametrize(("page", "block"), ALL, ids=lambda each: getattr(each, "heading", ""))
def test_a_block_says_which_test_types_it_and_that_test_takes_it_from_the_page(page: Path, block: Block) -> None:
    found = MARK.fullmatch(block.mark)
    assert found, f"{page.name}, {block.heading}: say `<!-- run by tests/... -->` or `<!-- not run: why -->` above it"
    if found["test"]:
        text = (ROOT / found["test"]).read_text()
        assert page == OPERATIONS, "tests/lab/manual.py reads that page"
        assert "manual.commands(" in text
        assert f'"{block.heading}"' in text


def test_a_heading_has_one_block_because_the_first_is_what_is_taken() -> None:
    headings = [(page, block.heading) for page, block in ALL]
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_among_words_is_in_a_block_or_is_said_to_be_left_out(page: Path) -> None:
    typed = [line for _, block in ALL if "run by" in block.mark for line in block.commands]
    assert unaccounted(page.read_text(), typed, list(left_out(OPERATIONS.read_text()))) == []


def test_what_is_left_out_has_a_reason_and_its_tests_are_there() -> None:
    found = left_out(OPERATIONS.read_text())
    assert found
    assert all(found.values())
    tests = {path for reason in found.values() for path in re.findall(r"tests/\S+\.py", reason)}
    assert [path for path in sorted(tests) if not (ROOT / path).exists()] == []


def test_a_command_that_nothing_accounts_for_is_noticed() -> None:
    page = "Say `codeb keys create --team x`, `sudo codeb audit\nprune`, `codeb`, or `make`.\n"
    assert unaccounted(page, [], []) == ["codeb keys create --team x", "sudo codeb audit prune"]
    assert unaccounted(page, ["ssh app sudo codeb audit prune --older-than 30"], ["codeb keys create"]) == [
        "codeb keys create --team x"
    ]
    assert unaccounted(page, ["codeb keys create --team y --role z", "codeb audit prune"], []) == []


def test_a_block_without_a_mark_is_noticed() -> None:
    (block,) = blocks("## Here\n\nWords.\n\n```console\n$ codeb x\nsaid\n```\n")
    assert block == Block("## Here", "", ("codeb x",))
