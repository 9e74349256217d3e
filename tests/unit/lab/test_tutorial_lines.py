"""How the tutorial's lines are read and compared."""

import pytest

from tests.lab.tutorial import Line, lines, missing

PAGE = """Words.

```console
$ we login --url https://api.example.com
logged in …
$ we whoami
```

```toml
$ no = "command"
```

```console
$ ls
a
b
```
"""


def test_lines_are_those_of_console_blocks_with_what_is_shown_below_them() -> None:
    assert lines(PAGE) == [
        Line("we login --url https://api.example.com", ("logged in …",)),
        Line("we whoami"),
        Line("ls", ("a", "b")),
    ]


def test_a_block_that_begins_with_an_answer_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="nobody can type"):
        lines("```console\nanswer\n$ we whoami\n```\n")


@pytest.mark.parametrize(
    ("shown", "said", "absent"),
    [
        (["…"], "", []),
        (["a"], "x\n  a \n", []),
        (["a", "b"], "b\na\n", ["b"]),
        (["…v1…"], "answered by v1, blue\n", []),
        (["v1"], "answered by v1\n", ["v1"]),
        (["logged in to …", "…"], "Logged in to there as me\n", []),
        (["…v2…"], "v1\n", ["…v2…"]),
    ],
)
def test_what_is_shown_must_have_been_said_in_that_order(shown: list[str], said: str, absent: list[str]) -> None:
    assert missing(shown, said) == absent
