"""Compiles every catalogue, in the virtual environment; whether they are right is for the house tests."""

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from setup.steps import HOUSE


def main() -> None:
    for source in sorted((HOUSE / "agent_ui" / "locale").rglob("*.po")):
        with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(text))


if __name__ == "__main__":
    main()
