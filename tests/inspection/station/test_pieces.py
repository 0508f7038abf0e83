"""The account of a web's pieces, against arbitrary arrivals, losses, offsets, stalls and new runs."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera.frame import FrameId
from inspection.station.pieces import Eye, PieceLedger, Shown
from inspection.values import Span

S = 1_000_000_000
DEADLINE_NS = S // 2
WAIT_NS = 30 * S
LENGTH_MM = 50.0
FRAME_NS = S // 20  # 1 m/s


class Account(PieceLedger[None]):
    """Where each frame of the leading camera is a piece."""

    def take_in(self, shown: Shown[None]) -> None:
        super().take_in(shown)
        if shown.id.camera == "cam0":
            self.open_frame(shown, DEADLINE_NS)


def ledger(*ways_mm: float, **told) -> Account:
    eyes = [Eye("cam0"), *(Eye(f"cam{number}", way) for number, way in enumerate(ways_mm, start=1))]
    return Account(eyes, longest_wait_ns=WAIT_NS, **told)


def shown(
    camera: str,
    number: int,
    *,
    start_mm: float | None = None,
    is_seen: bool = True,
    run: int = 1,
    at_ns: int | None = None,
) -> Shown[None]:
    """A frame of 50 mm of a camera whose frame 0 begins at 0 on the web."""
    start = number * LENGTH_MM if start_mm is None else start_mm
    return Shown(
        FrameId(camera, run, number), Span(start, start + LENGTH_MM), is_seen, at_ns or number * FRAME_NS, None
    )


def nowhere(camera: str, number: int) -> Shown[None]:
    return Shown(FrameId(camera, 1, number), None, False, number * FRAME_NS, None)


def said(pieces) -> list[tuple[int, tuple[str, ...]]]:
    return [(piece.lead.id.number, piece.missing) for piece in pieces]


def test_one_camera_alone_is_decided_frame_by_frame():
    account = ledger()
    for number in range(3):
        account.take_in(shown("cam0", number, is_seen=number != 1))
        assert said(account.ready(0, 9)) == [(number, ())]
    assert len(account) == 0
    assert account.due_ns() is None


def test_a_piece_waits_for_the_other_camera_and_goes_when_that_has_passed_it():
    account = ledger(0.0)
    account.take_in(shown("cam0", 1))
    assert not account.ready(S, 9)
    account.take_in(shown("cam1", 1, start_mm=70.0))
    assert said(account.ready(S, 9)) == [(1, ("cam1",))], "nobody saw its first 20 mm"
    account.take_in(shown("cam0", 2))
    assert not account.ready(S, 9), "its last 30 mm are not there yet"
    account.take_in(shown("cam1", 2, start_mm=120.0))
    (piece,) = account.ready(S, 9)
    assert piece.missing == ()
    assert [str(part.id) for part in piece.parts] == ["cam0/1/2", "cam1/1/1", "cam1/1/2"]


def test_a_piece_waits_for_the_look_that_its_own_judge_is_to_have_at_a_frame_and_not_for_another_ones():
    account = PieceLedger([Eye("cam0"), Eye("cam1")], longest_wait_ns=WAIT_NS)
    for number, by in ((1, "old"), (2, "new")):
        lead = shown("cam0", number)
        account.take_in(lead)
        account.open_frame(lead, DEADLINE_NS, by)
    account.take_in(shown("cam1", 1, start_mm=20.0))
    both = shown("cam1", 2, start_mm=70.0)
    both.awaited.add("new")
    account.take_in(both)
    account.take_in(shown("cam1", 3, start_mm=120.0))
    assert [piece.by for piece in account.ready(S // 8, 9)] == ["old"]
    both.awaited.clear()
    assert [piece.by for piece in account.ready(S // 8, 9)] == ["new"]


def test_a_look_that_does_not_come_is_waited_for_until_the_web_has_passed():
    account = PieceLedger([Eye("cam0"), Eye("cam1")], longest_wait_ns=WAIT_NS)
    lead, other = shown("cam0", 1), shown("cam1", 1)
    account.take_in(lead)
    account.open_frame(lead, DEADLINE_NS, "new")
    other.awaited.add("new")
    account.take_in(other)
    due_ns = account.due_ns()
    assert not account.ready(due_ns - 1, 9)
    assert said(account.ready(due_ns, 9)) == [(1, ())]


def test_what_a_camera_lost_is_not_covered_and_what_is_before_and_after_it_is():
    account = ledger(0.0)
    for number in range(1, 6):
        account.take_in(shown("cam0", number))
        account.take_in(shown("cam1", number, is_seen=number != 3))
    assert said(account.ready(S, 9)) == [(1, ()), (2, ()), (3, ("cam1",)), (4, ()), (5, ())]


def test_a_loss_at_an_unknown_place_covers_nothing():
    account = ledger(0.0)
    for number in range(1, 4):
        account.take_in(shown("cam0", number))
        account.take_in(nowhere("cam1", number) if number == 2 else shown("cam1", number))
    assert said(account.ready(S, 9)) == [(1, ()), (2, ("cam1",)), (3, ())]


def test_a_gap_between_two_frames_of_a_camera_is_seen_by_nobody():
    account = ledger(0.0, joint_mm=2.0)
    account.take_in(shown("cam0", 1))
    account.take_in(shown("cam1", 1, start_mm=30.0))
    account.take_in(shown("cam1", 2, start_mm=90.0))
    assert said(account.ready(S, 9)) == [(1, ("cam1",))]


def test_a_camera_that_says_nothing_is_waited_for_until_the_web_has_passed_it():
    account = ledger(200.0)
    for number in range(1, 4):
        account.take_in(shown("cam0", number))
    assert not account.ready(3 * FRAME_NS, 9)
    assert account.due_ns() == FRAME_NS + WAIT_NS, "the web may stand before it gets there"
    for number in range(4, 7):
        account.take_in(shown("cam0", number))
    # Piece 1 ends at 100 mm: 200 mm on, and one frame for it to be full, is the end of frame 6.
    assert account.due_ns() == 6 * FRAME_NS + DEADLINE_NS
    assert not account.ready(6 * FRAME_NS + DEADLINE_NS - 1, 9)
    (piece,) = account.ready(6 * FRAME_NS + DEADLINE_NS, 9)
    assert piece.missing == ("cam1",)
    assert piece.last_line_ns == 6 * FRAME_NS


def test_the_web_may_stand_between_two_cameras_but_not_for_ever():
    account = ledger(200.0)
    account.take_in(shown("cam0", 1))
    assert not account.ready(FRAME_NS + WAIT_NS - 1, 9)
    assert said(account.ready(FRAME_NS + WAIT_NS, 9)) == [(1, ("cam1",))]


def test_a_camera_upstream_is_remembered_until_the_piece_comes():
    account = ledger(-500.0)
    for number in range(20):
        account.take_in(shown("cam1", number, at_ns=number * FRAME_NS))
    account.take_in(shown("cam0", 5, at_ns=15 * FRAME_NS))
    (piece,) = account.ready(15 * FRAME_NS, 9)
    assert piece.missing == ()
    assert [each.id.number for each in piece.released if each.id.camera == "cam1"] == [0, 1, 2, 3, 4, 5]


def test_an_encoder_that_stands_elsewhere_shows_no_piece():
    account = ledger(0.0)
    for number in range(1, 30):
        account.take_in(shown("cam0", number))
        # Its counter was reset: it shows the web of long ago, by its own account.
        account.take_in(shown("cam1", number, start_mm=(number - 20) * LENGTH_MM))
    account.finish()
    assert all(missing == ("cam1",) for _, missing in said(account.ready(S, 99)))
    assert account.off_mm("cam1") == pytest.approx(-20 * LENGTH_MM, abs=LENGTH_MM)


def test_an_encoder_that_runs_ahead_shows_no_piece_when_the_web_gets_there():
    account = ledger(0.0)
    told = []
    for number in range(1, 40):
        account.take_in(shown("cam1", number, start_mm=(number + 10) * LENGTH_MM))
        account.take_in(shown("cam0", number))
        told += said(account.ready(number * FRAME_NS, 99))
    account.finish()
    told += said(account.ready(40 * FRAME_NS, 99))
    assert [number for number, _ in told] == list(range(1, 40))
    assert {missing for _, missing in told} == {("cam1",)}


def test_a_web_that_stands_for_a_moment_is_no_encoder_that_stands_elsewhere():
    account = ledger(0.0)
    account.take_in(shown("cam0", 1, at_ns=1 * FRAME_NS))
    account.take_in(shown("cam0", 2, at_ns=2 * FRAME_NS))
    account.take_in(shown("cam1", 1, start_mm=60.0, at_ns=40 * FRAME_NS))
    assert account.off_mm("cam1") is None


def test_a_moment_is_a_place_on_the_web_between_the_leading_cameras_frames():
    account = ledger()
    account.take_in(shown("cam0", 1))
    assert account.place_at(FRAME_NS + 1) is None, "not yet"
    account.take_in(shown("cam0", 2))
    assert account.place_at(FRAME_NS + FRAME_NS // 2) == 125.0


def test_a_turned_line_of_pixels_shows_less_at_the_ends_of_a_stretch():
    eyes = [Eye("cam0"), Eye("cam1", skew_mm=0.2)]
    account = Account(eyes, longest_wait_ns=WAIT_NS)
    account.take_in(shown("cam0", 1))
    account.take_in(shown("cam0", 2))
    for number in (1, 2, 3):
        account.take_in(shown("cam1", number))
    assert said(account.ready(S, 9)) == [(1, ("cam1",)), (2, ())], "its first fifth of a millimetre is not certain"


@dataclass(frozen=True)
class Happening:
    """Something of one camera's frame."""

    is_lost: bool
    is_placed: bool
    shift_mm: float
    comes_after: int


HAPPENING = st.builds(
    Happening,
    is_lost=st.booleans(),
    is_placed=st.booleans(),
    shift_mm=st.sampled_from([0.0, 0.0, 0.0, 0.5, 10.0]),
    comes_after=st.integers(0, 6),
)


@settings(max_examples=150, deadline=None)
@given(
    ways=st.lists(st.floats(-300.0, 300.0), min_size=0, max_size=3),
    offset_mm=st.floats(0.0, 49.0),
    data=st.data(),
)
def test_whatever_comes_each_piece_is_told_once_in_order_and_whole_only_if_all_of_it_was_seen(ways, offset_mm, data):
    account = ledger(*ways, joint_mm=2.0)
    frames = 12
    cameras = ["cam0", *(f"cam{number}" for number in range(1, len(ways) + 1))]
    events: list[tuple[int, int, Shown[None]]] = []
    for place, camera in enumerate(cameras):
        way, after = ([0.0, *ways])[place], 0
        for number in range(frames):
            what = data.draw(HAPPENING)
            start = number * LENGTH_MM + what.shift_mm + (offset_mm if place else 0.0) - (400.0 if place else 0.0)
            at_ns = int((start + way + 400.0 + LENGTH_MM) * S / 1000.0)
            span = None if what.is_lost and not what.is_placed else Span(start, start + LENGTH_MM)
            each = Shown(FrameId(camera, 1, number), span, not what.is_lost, at_ns, None)
            after = max(after, number * 10 + what.comes_after * 5)
            events.append((after, place, each))
    told = []
    now_ns = 0
    seen: dict[str, list[Span]] = {camera: [] for camera in cameras}
    for _, _, each in sorted(events, key=lambda event: event[:2]):
        now_ns = max(now_ns, each.captured_ns)
        account.take_in(each)
        if each.is_seen and each.span is not None:
            seen[each.id.camera].append(each.span)
        told += account.ready(now_ns, 3)
    account.finish()
    told += account.ready(now_ns, 99)

    assert [piece.lead.id.number for piece in told] == list(range(frames)), "each once, in order"
    assert not len(account)
    released = [each for piece in told for each in piece.released]
    assert len({id(each) for each in released}) == len(released), "let go once"
    for piece in told:
        if not piece.lead.is_seen or piece.lead.span is None:
            continue
        for camera in cameras[1:]:
            if camera not in piece.missing:
                assert unseen_mm(piece.lead.span, seen[camera]) <= 2.0, "the encoder's slip at most"


def unseen_mm(span: Span, spans: list[Span]) -> float:
    """Longest part of a stretch that none of the others shows."""
    reached, longest = span.start_mm, 0.0
    for each in sorted(spans, key=lambda each: each.start_mm):
        if each.end_mm <= reached or each.start_mm >= span.end_mm:
            continue
        longest = max(longest, each.start_mm - reached)
        reached = max(reached, each.end_mm)
    return max(longest, span.end_mm - reached)
