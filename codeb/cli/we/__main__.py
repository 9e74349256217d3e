"""``python -m codeb.cli.we``: the we command, where it is not on the path."""

from codeb.cli.we.main import main

main()
