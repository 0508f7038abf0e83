"""Why nobody could judge a frame: one machine-readable rule and one sentence for each cause. Pure."""

from dataclasses import replace

from camera.frame import LostFrame
from inspection.values import Artefact, Decision, Reason, Verdict


def lost(frame: LostFrame) -> Reason:
    """The frame never had pixels."""
    return Reason(f"lost.{frame.reason.value}", frame.detail)


def late(age_ms: float, deadline_ms: float) -> Reason:
    """Inspection had begun, but its result was not there in time."""
    return Reason(
        "late",
        f"The result was not ready {age_ms:.0f} ms after the last line, when the piece had to be decided to be "
        f"published within {deadline_ms:.0f} ms. Look at the stage times; use more workers, a faster machine, or "
        "shorter frames.",
        measured=age_ms,
        limit=deadline_ms,
        unit="ms",
    )


def overload(age_ms: float, deadline_ms: float) -> Reason:
    """No worker was free to begin in time."""
    return Reason(
        "overload",
        f"No worker was free for {age_ms:.0f} ms, until the piece had to be decided to be published within "
        f"{deadline_ms:.0f} ms: frames come faster than this machine inspects them. Use more workers, a faster "
        "machine, or a lower line rate.",
        measured=age_ms,
        limit=deadline_ms,
        unit="ms",
    )


def came_late(age_ms: float, deadline_ms: float) -> Reason:
    """The frame reached the station when its time was up: nobody could begin."""
    return Reason(
        "late.frame",
        f"The frame reached the station only {age_ms:.0f} ms after its last line, when the piece had to be decided "
        f"to be published within {deadline_ms:.0f} ms. Look at the camera's network, its driver, and what else runs "
        "here.",
        measured=age_ms,
        limit=deadline_ms,
        unit="ms",
    )


def not_shown(view: str, camera: str | None = None) -> Reason:
    """A view that has to see all of a piece did not show it in time. `camera`: which one; None: none of it did.

    >>> not_shown("back-light", "cam1").rule
    'view.missing'
    """
    who, what = (f" (camera {camera})", f"camera {camera}") if camera else ("", "its cameras")
    return Reason(
        "view.missing",
        f"View {view}{who} did not show all of this piece in time. Look at {what}: cable, power, encoder, and along_mm "
        "in its place.",
        view=view,
    )


def gap_across(view: str, left_mm: float, right_mm: float) -> Reason:
    """No camera of a view sees a part of the web's width.

    >>> gap_across("bright-field", 204.8, 206.0).rule
    'view.gap'
    """
    return Reason(
        "view.gap",
        f"No camera of view {view} sees the web from {left_mm:.2f} to {right_mm:.2f} mm across. Correct across_mm in "
        "[places], the cameras' Width, or the lanes in the recipe.",
        measured=right_mm - left_mm,
        limit=0.0,
        unit="mm",
        view=view,
    )


def failed(error: str) -> Reason:
    """Inspection broke off. `error`: type and message.

    >>> failed("ValueError: x").rule
    'failed'
    """
    return Reason("failed", f"Inspection of this frame broke off: {error}. The log holds the traceback; report it.")


def changed_over(before: Artefact, after: Artefact) -> Reason:
    """One recipe ends here and another begins.

    >>> changed_over(Artefact("a", "1.0", "0" * 64), Artefact("a", "1.1", "1" * 64)).rule
    'changeover'
    """
    return Reason(
        "changeover",
        f"The change-over from recipe {before.name} {before.version} to {after.name} {after.version} is at this piece: "
        "neither has judged the whole of it. Nothing is to be done; set the piece aside.",
    )


def not_stored(error: str) -> Reason:
    """The store did not take the decision, so it could not be trusted to outlive a crash."""
    return Reason("store", f"The decision could not be put on disk before it was due: {error}")


def withdrawn(decision: Decision, age_ms: float, deadline_ms: float) -> Decision:
    """What is published of a decision that was on disk only after its deadline: an accept is none any more."""
    late = replace(decision, deadline_met=False)
    if decision.verdict is not Verdict.ACCEPT:
        return late
    reason = Reason(
        "late.store",
        f"Nothing spoke against the piece, but its decision was on disk only {age_ms:.0f} ms after the last line, and "
        f"had to be published within {deadline_ms:.0f} ms. The disk is slow: look at what else writes to it.",
        measured=age_ms,
        limit=deadline_ms,
        unit="ms",
    )
    return replace(late, verdict=Verdict.UNINSPECTED, reasons=(reason,))


def not_storable(error: str) -> Reason:
    """The decision held something that the store can't: it is stored without, and nobody is to rely on it.

    >>> not_storable("ValueError: length_mm is nan").rule
    'store.detail'
    """
    return Reason(
        "store.detail",
        f"The decision could not be stored as it was ({error}), so its reasons, defects and sizes were left away, and "
        "it counts for nothing. The log has the traceback; report it.",
    )
