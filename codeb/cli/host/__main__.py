"""``python -m codeb.cli.host``: the codeb command, where it is not on the path."""

from codeb.cli.host.main import main

main()
