"""How many examples a property is tried with: few at every `make test-unit`, CODEB_EXAMPLES times as many in a soak."""

import os

TIMES = int(os.environ.get("CODEB_EXAMPLES", "1"))


def examples(few: int) -> int:
    return few * TIMES
