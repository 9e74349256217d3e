"""The page of infra.toml: keys and limits from its model, meanings from the comments of infra.example.toml."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from codeb.domain.infra import Infra
from reference.markdown import code, page, table
from reference.schema import default, kind, limits, meant

_EXAMPLE = Path(__file__).resolve().parents[1] / "infra.example.toml"
_TABLE = re.compile(r"#?\[([a-z_.A-Z]+)\]$")
_KEY = re.compile(r"#?([a-z0-9_]+) = ")
_LISTED = re.compile(r"#   ([a-z0-9]+)  +(.*)$")
_DEEP = re.compile(r"# {3,}")
_CONTINUED = re.compile(r"# {12,}")
_WORD = re.compile(r"# {3,}([a-z0-9]+) {2,}(.*?)[.;:]?$")
_SECTIONS = {
    "": ("At the top", "Infra"),
    "hosts.*": ("`[hosts.NAME]`", "Host"),
    "ssh": ("`[ssh]`, and `[hosts.NAME.ssh]` for one host", "Ssh"),
    "releases": ("`[releases]`", "Releases"),
    "components.*": ("`[components.NAME]`", "Component"),
    "alerts": ("`[alerts]`", "Alerts"),
    "backups": ("`[backups]`", "Backups"),
}
_INTRODUCTION = """
What the operator writes: `infra.toml` in the working directory, or the file that `CODEB_INFRA` names. Paths are
relative to the file. A key that is not listed here is refused. `infra.example.toml` is a file to begin with.
"""


def text() -> str:
    schema, explained = Infra.model_json_schema(), explanations(_EXAMPLE.read_text())
    definitions = {**schema["$defs"], "Infra": schema}
    parts = [
        f"## {title}\n\n{_rows(definitions[model], definitions, explained, section)}"
        for section, (title, model) in _SECTIONS.items()
    ]
    return page("infra.toml", _INTRODUCTION, *parts)


def _rows(model: Mapping[str, Any], definitions: Mapping[str, Any], explained: Mapping[str, str], section: str) -> str:
    rows = [
        (
            code(name),
            kind(field, definitions),
            "needed" if name in model.get("required", []) else default(field),
            meant(explained[f"{section}.{name}"], limits(field, definitions)),
        )
        for name, field in model["properties"].items()
        if not _is_table(name)
    ]
    return table(("key", "is", "default", "meaning and limits"), rows)


def _is_table(name: str) -> bool:
    return name in {section.partition(".")[0] for section in _SECTIONS if section}


def explanations(example: str) -> dict[str, str]:
    """``section.key`` and the comment above its line; keys that a comment lists have what stands beside them there."""
    found: dict[str, str] = {}
    for section, key, comment in _commented(example):
        found.setdefault(f"{section}.{key}", comment)
    return found


def _commented(example: str) -> Iterator[tuple[str, str, str]]:
    section, comment = "", list[str]()
    for line in example.splitlines():
        if match := _TABLE.match(line):
            section = _general(match[1])
            yield from ((section, key, meaning) for key, meaning in _listed(comment))
            comment = []
        elif match := _KEY.match(line):
            yield section, match[1], " ".join(_sentence(each) for each in comment).strip()
            comment = []
        elif comment and _CONTINUED.match(line) and _DEEP.match(comment[-1]) and not _WORD.match(line):
            comment[-1] += f" {line.removeprefix('#').strip()}"
        else:
            comment = [*comment, line] if line.startswith("#") else []


def _listed(comment: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The keys that a table's comment lists, three spaces in; what is deeper belongs to the key above."""
    key, meaning = "", list[str]()
    for line in [*comment, "#   end  of it"]:
        if match := _LISTED.match(line):
            if key:
                yield key, " ".join(meaning)
            key, meaning = match[1], [_sentence(f"#   {match[2]}")]
        else:
            meaning.append(_sentence(line))


def _sentence(line: str) -> str:
    """A line of a comment; where it says what a word means, the word is marked."""
    match = _WORD.match(line)
    return f"`{match[1]}`: {match[2]}." if match else line.removeprefix("#").strip()


def _general(name: str) -> str:
    head, _, rest = name.partition(".")
    return "ssh" if rest.endswith(".ssh") else f"{head}.*" if rest else head
