"""`opcua.md`: what the door for OPC UA shows, read off the program: ResultContent, variables, states, errors."""

from asyncua import ua

from inspection.line.opcua.content import LAYOUT, LAYOUT_PLACES
from inspection.line.opcua.line_node import LINE, WORDS
from inspection.line.opcua.methods import ERRORS
from inspection.line.opcua.states import AUTOMATIC, VISION
from inspection.line.opcua.table import URI, transitions
from inspection.line.opcua.vision import LEFT_OUT
from scripts.reference.markdown import code, page, table

_ABOUT = f"""\
A door of kind `opcua` ([settings](settings.md)) serves OPC 40100-1 Machine Vision, namespace `{URI}`, as a simple
inline vision system; [connect OPC UA](../how-to/connect-opcua.md) shows how. NodeIds and browse names of all types
are the official ones; the system's own nodes are in the namespace that ends in `:line`, with the names that lead to
them as NodeIds: `s=VisionSystem.RecipeManagement.PrepareRecipe`.
"""
_CONTENT = f"""\
## ResultContent

ResultContent of ResultReady, of GetResultById and of GetResultListFiltered is an array of Variants with this
layout, number {LAYOUT}. Places are only ever added at the end; the layout's number changes when a place changes its
meaning. `ResultState` says that there is a result, never whether it is a good one: that is place 3, with the values
of Machinery Result's ResultEvaluation. **Whatever is not 1 is a reject.**

"""
_LINE = f"""
## {LINE}

Variables for programs that poll, or watch single values. They stand still when the station is silent: watch
`Heartbeat`, which counts up twice a second. `Result.` has all single places of ResultContent of the newest result;
`Result.Sequence` is written last. Its methods take what the other doors take: `AddTrigger(TriggerId, PieceId)`,
`BeginRoll(Roll)`, `EndRoll()`, `Hold(Reason)`, `Bypass(Reason, Minutes)`, `EndIntervention(Reason)`.

"""
_MISSED = """
## Results that were missed

Each decision raises ResultReady, whatever state the machines are in; `JobId` is empty outside of jobs. Events are
kept for a subscription that stays, 500 of them, and for a session whose connection broke for two minutes at most.
Nobody has to rely on that: the station keeps all decisions. GetResultListFiltered gives those **after the sequence
number `StartIndex`**, in order, 100 at a time at most, filtered by whichever id is not empty; `IsComplete` is false
while there are more: call it again with the last result's `Sequence`. `ResultManagement.AcknowledgeResults(UpTo:
UInt64) -> Error` (a method of our own, with Machinery Result's name) tells that all results up to a number are
taken: the station shows what waits, and so does `Line.Acknowledged`, from which a line that has lost its own count
goes on.

"""
_STATES = """
## States

What is not in this table is refused with Bad_InvalidState, and nothing changes. Inspection itself goes on in every
state: a job gives results the line's own ids, it does not switch the station on. Preparing a recipe that does not
judge now loads it and needs the role `hold`; StartContinuous confirms it and begins a roll, named by PartId or,
without one, by the job: the recipe takes effect with it. Error is entered while an alarm of the highest priority
stands; the job waits meanwhile.

"""
_ERRORS = """
## Errors

A method that is called wrongly has a Bad status (Bad_InvalidState, Bad_InvalidArgument, Bad_UserAccessDenied ...)
and changes nothing; what the station refuses is said by the argument `Error`, below 0 as OPC 40100-1 wants it. All
others hear of a refused call by a VisionDiagnosticInfo event.

"""
_REST = """
## Conditions

Alarms are VisionWarning conditions (medium and below) or VisionError conditions (high, critical), `ErrorString` is
the [alarm's](alarms.md) kind. Acknowledge, on the ConditionId, acknowledges the alarm at the station;
ConditionRefresh tells all that stand. What other stations would have and this one has nothing for is left out:
{left_out}. Of 40100-2 (asset management) nothing is served.
"""


def opcua_page() -> str:
    """All of it."""
    places = [
        (str(number), code(place.name), _kind(place.kind, is_array=place.is_array), place.meaning)
        for number, place in enumerate(LAYOUT_PLACES)
    ]
    words = [
        (code("Heartbeat"), "UInt32", "counts up twice a second while the station lives"),
        (code("StopRequested"), "Boolean", "`stop_after_uninspected` results in a row are uninspected: stop the line"),
        (code("Acknowledged"), "UInt64", "all results up to this number are acknowledged"),
        *((code(word.name), _kind(word.kind), word.meaning) for word in WORDS),
    ]
    ways = [
        (str(each.number), each.start, each.end, each.cause or "by itself")
        for machine in (VISION, AUTOMATIC)
        for each in sorted(transitions(machine), key=lambda each: each.number)
    ]
    errors = [(str(number), code(name)) for name, number in ERRORS.items()]
    return page(
        "OPC UA",
        _ABOUT,
        _CONTENT + table(["place", "name", "type", "what it is"], places),
        _MISSED,
        _LINE + table(["variable", "type", "what it is"], words),
        _STATES + table(["number", "from", "to", "by"], ways),
        _ERRORS + table(["Error", "why"], errors),
        _REST.format(left_out=", ".join(map(code, sorted(LEFT_OUT)))),
    )


def _kind(kind: ua.VariantType, *, is_array: bool = False) -> str:
    return f"{kind.name}[]" if is_array else str(kind.name)
