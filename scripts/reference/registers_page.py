"""`modbus-registers.md`: the maps of the Modbus door, as a PLC engineer prints them."""

from collections.abc import Iterable

from inspection.line.handshake import Offline
from inspection.line.modbus.layouts import LAYOUTS
from inspection.line.modbus.numbers import COMMANDS, ERRORS, MEANINGS, OTHER_ERROR
from inspection.line.modbus.registers import Layout, Place, Row
from scripts.reference.markdown import code, page, table

_ABOUT = """\
What the door of kind `modbus` serves; [how to connect a PLC](../how-to/connect-modbus.md) says how to use it.
`inspection line registers --csv` prints the same for engineering tools.

Addresses count from 0, as they cross the wire. Tools that count from 1 call holding register 1000 `41001` or `401001`,
and input register 50 `30051` or `300051`. A 32-bit number takes two registers, the half at the lower address as
`word_order` says; `self_test` shows whether the reader takes them so. There are no strings. What can't be carried out
is answered with the protocol's exception, and has changed nothing: 1 no such function, 2 no such address or not to be
written, 3 a value that means nothing or the acknowledgement of another result, 6 too much waits to be carried out, 11
another `unit_id`. Functions 3, 4, 6, 16, 22 and 23 are carried out, where there are bits 1, 2, 5 and 15 as well.
"""
_OFFLINE = {
    Offline.NO: "online",
    Offline.SILENT: "the station says nothing, only its door answers: treat as absent",
    Offline.BY_PARTNER: "the PLC took it offline",
    Offline.HOLD: "somebody holds the line; the station's pages say who and why",
    Offline.NOT_READY: "the line may not run: the station's pages say why",
    Offline.PARTNER_AWAY: "the PLC's heartbeat stands still",
}


def registers_page() -> str:
    """Both maps, and what their numbers mean."""
    parts = [part for layout in LAYOUTS.values() for part in _layout(layout)]
    offline = table(["`offline_reason`", "means"], [(str(int(each)), _OFFLINE[each]) for each in Offline])
    errors = [(str(number), code(name), MEANINGS[name]) for name, number in ERRORS.items()]
    errors.append((str(OTHER_ERROR), "", "another refusal; the station's log says which"))
    commands = table(["`command`", "does"], [(str(int(each)), words) for each, words in COMMANDS.items()])
    return page(
        "Registers of the Modbus door",
        _ABOUT,
        *parts,
        "## Numbers",
        offline,
        table(["error", "name", "means"], errors),
        commands,
    )


def _layout(layout: Layout) -> Iterable[str]:
    yield f"## Layout {code(layout.name)}"
    yield layout.about
    for place in layout.places:
        yield f"### {place.block.name.capitalize()} ({_where(place)})"
        yield place.block.about
        rows = [row for row in layout.rows() if row.place is place]
        yield table(["register", "bit", "type", "name", "unit", "means"], [_cells(row) for row in rows])


def _where(place: Place) -> str:
    found = (
        []
        if place.holding is None
        else [f"holding registers {place.holding} to {place.holding + place.block.size - 1}"]
    )
    found += (
        [] if place.inputs is None else [f"input registers {place.inputs} to {place.inputs + place.block.size - 1}"]
    )
    if place.bits is not None:
        bits = "coils" if place.is_written else "discrete inputs"
        found.append(f"{bits} {place.bits} to {place.bits + 16 * place.block.size - 1}")
    return f"{', '.join(found)}, written by the {'PLC' if place.is_written else 'station'}"


def _cells(row: Row) -> tuple[str, ...]:
    _, name, holding, _, inputs, _, bit, kind, unit, _, meaning = row.cells
    first = holding if holding == inputs or not inputs else f"{holding} / {inputs}" if holding else inputs
    return (first, bit, "" if bit else kind, code(name), unit, meaning)
