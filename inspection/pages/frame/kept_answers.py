"""Answers about the past, kept as long as nothing that they were made of has changed."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class KeptAnswers:
    """The last few answers. May be used from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()

    def ask(self, question: Hashable, mark: Hashable, work: Callable[[], T]) -> T:
        """What `work` answers, or has answered when the question bore the same mark.

        `mark`: has another value as soon as something has changed; read before the call, so that what changes while
        the work is done makes the next one do it again. None: nothing is kept.
        """
        with self._lock:
            known = self._kept.get(question)
            if known is not None and known[0] == mark and mark is not None:
                self._kept.move_to_end(question)
                answer: T = known[1]
                return answer
        answer = work()
        if mark is not None:
            with self._lock:
                self._kept[question] = (mark, answer)
                self._kept.move_to_end(question)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return answer
