"""What a page does by itself: a timer that may fail leaves standing what a person was told."""

import ast
from pathlib import Path

import inspection.pages


def timers():
    for path in sorted(Path(inspection.pages.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ui.timer":
                yield f"{path.name}:{node.lineno}", node.args[1]


def test_no_timer_takes_away_what_a_person_was_told():
    attempts = [(at, work) for at, work in timers() if isinstance(work, ast.Call)]
    assert len(attempts) >= 3
    for at, work in attempts:
        assert ast.unparse(work.func).endswith(".attempt"), at
        assert any(each.arg == "is_persons" and ast.unparse(each.value) == "False" for each in work.keywords), at
