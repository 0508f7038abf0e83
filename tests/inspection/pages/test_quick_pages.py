"""What makes pages quick, and that it changes nothing of what they say."""

import functools

import pytest
from nicegui import helpers
from nicegui.helpers.functions import expects_arguments as from_signature

from inspection.pages.frame.kept_answers import KeptAnswers
from inspection.pages.frame.known_signatures import expects_arguments, keep_signatures
from inspection.pages.frame.static_files import FOLDER, address_of


class Heard:
    """Methods as elements have them."""

    def anything(self, *_several, **_named):
        """Takes none."""

    def one(self, event):
        """Takes one."""

    def perhaps(self, event=None):
        """Needs none."""


@pytest.mark.parametrize("name", ["anything", "one", "perhaps"])
def test_a_method_is_looked_at_once_and_the_answer_is_the_one_of_its_signature(name):
    first, second = getattr(Heard(), name), getattr(Heard(), name)
    assert expects_arguments(first) == from_signature(first)
    assert expects_arguments(second) == from_signature(second)


def test_functions_that_are_no_methods_are_looked_at_each_time():
    for function in (lambda: None, lambda event: event, functools.partial(Heard().one, "event")):
        assert expects_arguments(function) == from_signature(function)


def test_nicegui_asks_for_signatures_here():
    keep_signatures()
    assert helpers.expects_arguments is expects_arguments


def test_an_answer_is_kept_until_its_mark_changes():
    answers, asked = KeptAnswers(2), []

    def work():
        asked.append("work")
        return len(asked)

    assert [answers.ask("roll", 7, work) for _ in range(3)] == [1, 1, 1]
    assert answers.ask("roll", 8, work) == 2
    assert answers.ask("roll", 7, work) == 3, "what was true before is not told again"


def test_nothing_is_kept_without_a_mark_and_of_many_answers_the_last_ones():
    answers, asked = KeptAnswers(2), []

    def work():
        asked.append("work")
        return len(asked)

    assert [answers.ask("running", None, work) for _ in range(2)] == [1, 2]
    for question in ("first", "second", "third"):
        answers.ask(question, 1, work)
    assert answers.ask("second", 1, work) == 4
    assert answers.ask("first", 1, work) == 6


def test_an_answer_that_failed_is_asked_for_again():
    answers = KeptAnswers(2)
    with pytest.raises(ZeroDivisionError):
        answers.ask("roll", 1, lambda: 1 // 0)
    assert answers.ask("roll", 1, lambda: 5) == 5


def test_a_browser_keeps_scripts_and_styles_by_their_content_and_asks_again_for_others(pages):
    with pages.client() as browser:
        login = browser.get("/login").text
        assert address_of("pages.css") in login
        for name in ("pages.css", "heartbeat.js"):
            kept = browser.get(address_of(name))
            assert kept.content == (FOLDER / name).read_bytes()
            assert "immutable" in kept.headers["Cache-Control"]
            for other in (f"/static/{name}", f"/static/{name}?v=0123456789abcdef"):
                assert browser.get(other).headers["Cache-Control"] == "no-cache"
        assert browser.get("/static/nothing.js?v=1").status_code == 404
