"""The guard's calm: a browser may leave at any time, and real faults are still heard of."""

from contextlib import suppress

import pytest

from inspection.pages.frame.guard import Guard

SCOPE = {"type": "http", "method": "GET", "headers": []}


def serve(app, *messages):
    """What the guard sends of an app's answer to a browser that sends these messages."""
    waiting, sent = iter(messages), []

    async def receive():
        return {"type": next(waiting)}

    async def send(message):
        sent.append(message["type"])

    # Nothing here waits, so that no event loop is needed; Playwright's may be running.
    with suppress(StopIteration):
        Guard(app)(SCOPE, receive, send).send(None)
    return sent


async def app_without_answer(_scope, receive, _send):
    await receive()
    raise RuntimeError("No response returned.")


async def app_with_half_an_answer(_scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await receive()
    raise RuntimeError("broken")


def test_a_browser_that_leaves_before_its_answer_is_no_error():
    assert serve(app_without_answer, "http.disconnect") == []


@pytest.mark.parametrize(
    ("app", "message"), [(app_without_answer, "http.request"), (app_with_half_an_answer, "http.disconnect")]
)
def test_any_other_fault_is_raised(app, message):
    with pytest.raises(RuntimeError):
        serve(app, message)
