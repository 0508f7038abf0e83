"""docs/how-to/add-a-page.md is enough: its page, written into a copy of the tree and entered in the book, is served."""

import re

import httpx
import pytest

from tests.support.how_to import apply
from tests.support.review_fixtures import Plant
from tests.support.running import PROJECT, Running, copy_of_tree

pytestmark = pytest.mark.process
HOW_TO = (PROJECT / "docs" / "how-to" / "add-a-page.md").read_text("utf-8")


def test_a_page_is_a_file_and_a_row_in_the_book(tmp_path):
    tree = copy_of_tree(tmp_path / "tree")
    apply(HOW_TO, tree)
    (tree / "inspection" / "pages" / "notes" / "__init__.py").write_text('"""Notes."""\n')
    state = tmp_path / "state"
    state.mkdir()
    Plant(state).close()
    command = [PROJECT / ".venv" / "bin" / "inspection", "pages", "--state-dir", state, "--port", "0", "--guest"]
    with Running(command, tree, tree) as pages:
        address = re.search(r"pages on (http://\S+)", pages.told("pages on http"))[1]
        with httpx.Client(base_url=address, timeout=60, follow_redirects=True) as guest:
            answer = guest.get("/notes")
            assert answer.status_code == 200, pages.told("")
            assert "Notes of the shift" in answer.text
            assert guest.get("/no-notes").status_code == 404
