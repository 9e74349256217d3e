"""``python -m reference``: write docs/reference anew."""

from reference.pages import DIRECTORY, pages


def main() -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (DIRECTORY / name).write_text(text)


main()
