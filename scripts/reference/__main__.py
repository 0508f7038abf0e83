"""Writes the pages; says which have changed."""

import sys

from scripts.reference.pages import PAGES, REFERENCE, SCHEMAS


def main() -> None:
    """Write each page that differs from what is there."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, written in ({**PAGES, **SCHEMAS}).items():
        page, text = REFERENCE / name, written()
        before = page.read_text(encoding="utf-8") if page.is_file() else None
        if text != before:
            page.write_text(text, encoding="utf-8")
        sys.stdout.write(
            f"{page.relative_to(REFERENCE.parent.parent)}: {'as it was' if text == before else 'written'}\n"
        )


main()
