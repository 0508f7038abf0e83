"""Threads as the runner has them: several of each kind, told apart by their names, and listened to."""

from inspection.station.threads import Threads


class Hand:
    """A clock that is moved on by hand."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns

    def move_on(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)


def ended(threads: Threads, name: str, work) -> None:
    thread = threads.thread(name, work)
    thread.start()
    thread.join()


def test_a_thread_that_dies_is_told_by_its_own_name_and_its_likes_are_not():
    threads = Threads()

    def break_off() -> None:
        raise ArithmeticError("no such camera")

    for name in ("read-upper", "read-lower", "inspect-0"):
        threads.beat(name)
    ended(threads, "read-upper", break_off)
    [sentence] = threads.stuck(400.0)
    assert sentence.startswith("Thread read-upper has died: ")
    assert "no such camera" in sentence
    assert set(threads.heartbeats_s()) == {"read-lower", "inspect-0"}


def test_what_kept_a_thread_from_its_work_gives_way_to_its_death():
    threads = Threads()

    def break_off() -> None:
        threads.impede("read-upper", "Camera upper can't be opened.")
        threads.impede("read-lower", "Camera lower can't be opened.")
        raise ArithmeticError("no such camera")

    ended(threads, "read-upper", break_off)
    lower, dead = threads.faults(400.0)
    assert lower == "Camera lower can't be opened."
    assert dead.startswith("Thread read-upper has died: ")


def test_a_thread_that_goes_home_is_not_missed():
    threads = Threads()
    ended(threads, "inspect-0", lambda: threads.beat("inspect-0"))
    assert threads.stuck(400.0) == []
    assert threads.heartbeats_s() == {}


def test_only_the_thread_that_does_not_come_round_hangs():
    clock = Hand()
    threads = Threads(clock)
    for name in ("read-upper", "read-lower", "inspect-0", "publish"):
        threads.beat(name)
    clock.move_on(4.9)
    assert threads.stuck(400.0) == []
    for name in ("read-lower", "inspect-0", "publish"):
        threads.beat(name)
    clock.move_on(0.2)
    [sentence] = threads.stuck(400.0)
    assert sentence.startswith("Thread read-upper has not been heard of for 5 s: it hangs. ")
    threads.beat("read-upper")
    assert threads.stuck(400.0) == []


def test_a_thread_that_has_long_for_its_decisions_is_given_ten_times_as_long():
    clock = Hand()
    threads = Threads(clock)
    threads.beat("inspect-0")
    clock.move_on(99.0)
    assert threads.stuck(10_000.0) == []
    clock.move_on(2.0)
    assert len(threads.stuck(10_000.0)) == 1
