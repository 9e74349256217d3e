"""What the documents tell people to type exists, their links lead somewhere, and the Korean README keeps step."""

import re
import shlex
from pathlib import Path

import click
import pytest

from codeb.cli.host.main import main as codeb
from codeb.cli.we.main import main as we

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
PROGRAMS: dict[str, click.Group] = {"we": we, "codeb": codeb}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^(?:\$|\w*#) (.*(?:\\\n.*)*)", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_WRAPPERS = ("ssh", "sudo")


def typed(page: Path) -> list[str]:
    blocks = [text for language, text in _FENCED.findall(page.read_text()) if language == "console"]
    return [command.replace("\\\n", " ") for text in blocks for command in _TYPED.findall(text)]


COMMANDS = sorted({(str(page.relative_to(ROOT)), command) for page in PAGES for command in typed(page)})


def words(command: str) -> list[str]:
    """From the program on; what runs it elsewhere is left out."""
    found = shlex.split(command, comments=True)
    for place, word in enumerate(found):
        if Path(word).name in (*PROGRAMS, "make"):
            return [Path(word).name, *found[place + 1 :]]
        if place == 0 and Path(word).name not in _WRAPPERS and "=" not in word:
            break
    return []


def problem(command: str) -> str:
    """What of it does not exist; nothing for a program that is not ours."""
    found = words(command)
    if not found:
        return ""
    if found[0] == "make":
        return ", ".join(word for word in found[1:] if "=" not in word and word not in TARGETS)
    here: click.Command = PROGRAMS[found[0]]
    context = click.Context(here)
    for word in found[1:]:
        if isinstance(here, click.Group) and not word.startswith("-"):
            below = here.get_command(context, word)
            if below is None:
                return f"{found[0]} … {word}"
            here = below
        elif word.startswith("-") and word != "-":
            known = {option for each in here.get_params(context) for option in (*each.opts, *each.secondary_opts)}
            if word.partition("=")[0] not in known:
                return f"{here.name} {word}"
    return ""


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_what_a_document_tells_people_to_type_exists(page: str, command: str) -> None:
    assert problem(command) == "", page


@pytest.mark.parametrize(
    ("command", "lacks"),
    [
        ("we deploy blog --version v1", ""),
        ("we deploy blog --no-such", "deploy --no-such"),
        ("we no-such", "we … no-such"),
        ("ssh -F .lab/ssh_config app codeb keys create --tame x", "create --tame"),
        ("make lab LAB_SUBNET=10.0.0.0/24", ""),
        ("make nothing", "nothing"),
        ("docker push x", ""),
    ],
)
def test_a_document_that_is_wrong_is_noticed(command: str, lacks: str) -> None:
    assert problem(command) == lacks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    text = _CODE.sub("", _FENCED.sub("", page.read_text()))
    inside = [link.partition("#")[0] for link in _LINK.findall(text) if "://" not in link]
    assert [link for link in inside if link and not (page.parent / link).exists()] == []


def test_every_document_is_reached_from_the_readme() -> None:
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        todo += [page.parent / link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link]
    wanted = {page.resolve() for page in PAGES if "decisions" not in page.parts and page.name != "CHANGELOG.md"}
    assert sorted(str(page.relative_to(ROOT)) for page in wanted - reached) == []


def shape(page: Path) -> tuple[int, list[tuple[str, str]], list[str]]:
    text = page.read_text()
    links = [link for link in _LINK.findall(text) if not link.startswith("README")]
    return len(re.findall(r"^#+ ", _FENCED.sub("", text), re.MULTILINE)), _FENCED.findall(text), sorted(links)


def test_the_korean_readme_keeps_step() -> None:
    assert shape(ROOT / "README.ko.md") == shape(ROOT / "README.md")
