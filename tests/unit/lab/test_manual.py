"""Commands of the manual: found below their heading, without what is said about them."""

import pytest

from tests.lab.manual import commands

TEXT = """# Page

### First

Words.

```console
$ codeb hosts check      # looks
what it prints
$ codeb x
```

### Second

Without commands.

## Third

```console
$ codeb y
```
"""


def test_commands_come_in_order_without_remarks_and_output() -> None:
    assert commands("### First", TEXT) == ["codeb hosts check", "codeb x"]


@pytest.mark.parametrize("heading", ["### Second", "### Missing"])
def test_a_section_without_commands_is_not_passed_over(heading: str) -> None:
    with pytest.raises(ValueError, match="no commands below"):
        commands(heading, TEXT)


@pytest.mark.parametrize("role", ["storage", "app"])
def test_the_manual_ends_with_the_doctor(role: str) -> None:
    assert commands(f"### The {role} host is lost")[-1] == "ssh app sudo codeb doctor"
