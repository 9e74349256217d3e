"""docs/reference is what the code says, whole, and fit to be read."""

import re

import pytest

from codeb.tools.registry import TOOLS
from reference import errors, infra, meanings, settings
from reference.next_steps import NEXT
from reference.pages import DIRECTORY, pages
from reference.schema import kind, limits

PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_committed_page_is_the_generated_one(name: str) -> None:
    assert (DIRECTORY / name).read_text() == PAGES[name], "run `make reference` and commit what it wrote"


def test_there_is_no_page_that_nobody_writes() -> None:
    assert {path.name for path in DIRECTORY.iterdir()} == set(PAGES)


def test_every_tool_has_a_section_with_its_role_input_and_answer() -> None:
    for tool in TOOLS:
        section = re.split(r"^## ", PAGES["tools.md"], flags=re.MULTILINE)
        (own,) = [each for each in section if each.startswith(f"{tool.name}\n")]
        assert f"permission `{tool.permission}`" in own
        assert all(f"| `{field.alias or name}` |" in own for name, field in tool.params.model_fields.items())
        assert "Answers with " in own or "- `" in own


def test_every_error_code_has_a_next_step_and_no_other_has() -> None:
    assert set(errors.classes()) == set(NEXT)
    assert all(step.endswith(".") for step in NEXT.values())


def test_a_tool_that_a_next_step_names_exists() -> None:
    words = {word for step in NEXT.values() for word in re.findall(r"`([a-z]+_[a-z_]+)`", step)}
    assert words - {"min_free_mb"} <= {name for tool in TOOLS for name in (tool.name, *tool.aliases)}


def test_every_variable_that_the_server_reads_has_a_meaning_and_no_other_has() -> None:
    assert set(settings.defaults()) == set(meanings.SERVER)


def test_every_key_of_infra_toml_has_the_words_of_the_example() -> None:
    rows = [line for line in PAGES["infra.md"].splitlines() if line.startswith("| `")]
    assert len(rows) > 30
    assert all(len(row.rsplit("|", 2)[1].strip()) > 10 for row in rows)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("errors.md", "| `locked` | 409 | 3 | Wait until the holder"),
        ("errors.md", "| `unhealthy` | 200 | 1 | Read the last lines"),
        ("errors.md", "| `too_large` | 413 | 1 | Send less"),
        ("settings.md", "| `CODEB_DOMAIN` | needed | the platform's domain"),
        ("settings.md", "| `CODEB_DB_PORT` | `5432` | its port |"),
        ("metrics.md", "| `codeb_slot_status` | gauge | `project`, `environment`, `slot` | 0 empty, 1 deployed"),
        ("metrics.md", "| `codeb_slot_healthy` | gauge | `project`, `environment`, `slot` | 1 healthy, 0 not |"),
        ("metrics.md", "| `codeb_tool_calls` | counter | `tool`, `status`, `role` | Tool calls |"),
        ("infra.md", "| `grace_hours` | number | `48` | How long the previous version stays warm"),
        ("infra.md", "| `sha256` | text |  | of the file at url, as the vendor publishes it"),
        ("tools.md", "| `projectName` | text | needed | case is folded, _ becomes - |"),
        ("tools.md", "Member or above; permission `deploy.promote`; lane change; also called `slot_promote`"),
    ],
)
def test_a_line_that_is_known_by_other_means(name: str, line: str) -> None:
    assert line in PAGES[name]


def test_a_comments_list_of_keys_belongs_to_the_table_below_it() -> None:
    found = infra.explanations(
        "# The first key.\nfirst = 1\n\n# Programs:\n#   source  apt  a package;\n#           url  a file\n"
        "#   version  which one.\n[components.caddy]\n# Not this.\n#source = 1\n\n# In hours.\n#grace = 48\n"
    )
    assert found[".first"] == "The first key."
    assert found["components.*.source"] == "`apt`: a package. `url`: a file."
    assert found["components.*.version"] == "which one."
    assert found["components.*.grace"] == "In hours."


@pytest.mark.parametrize(
    ("field", "words", "bounds"),
    [
        ({"type": "integer", "minimum": 5, "maximum": 600}, "whole number", "at least 5, at most 600"),
        ({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}, "text", "at most 9 characters"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3}, "list of text", "at most 3 of them"),
        ({"$ref": "#/$defs/Size"}, "`s`, `m`", ""),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "whole number or text", ""),
        ({}, "anything", ""),
    ],
)
def test_a_schema_in_a_few_words(field: dict[str, object], words: str, bounds: str) -> None:
    definitions = {"Size": {"enum": ["s", "m"]}}
    assert (kind(field, definitions), limits(field, definitions)) == (words, bounds)
