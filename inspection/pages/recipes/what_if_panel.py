"""What a recipe would have said of the last decisions: computed in a thread, told with what it can't know."""

from collections.abc import Callable, Sequence

from nicegui import ui

from inspection.errors import ReviewError
from inspection.pages.frame.threads import in_thread
from inspection.pages.frame.visit import Visit, action
from inspection.pages.recipes.recipe_sheets import known_recipes, released_before
from inspection.people.roles import Permission
from inspection.quality.judged import confirmed_among, judged_lately
from inspection.quality.what_if import Turned, WhatIf, what_if
from inspection.recipe.moves import Move, moves
from inspection.recipe.recipe import Recipe
from inspection.values import Severity

MOST = 10_000
"""Decisions that are judged again."""
_EXAMPLES = 8


@action(Permission.SEE_RESULTS)
async def judge_again(visit: Visit, recipe: Recipe) -> tuple[WhatIf, int]:
    """What a recipe would have said, and how many of what it would free reviewers had confirmed."""
    return await in_thread(_judge_again, visit, recipe)


def _judge_again(visit: Visit, recipe: Recipe) -> tuple[WhatIf, int]:
    if not visit.desk.rejudging.acquire(blocking=False):
        raise ReviewError(visit.texts.change.what_if_busy)
    try:
        pieces = judged_lately(visit.desk.database, recipe.name, MOST)
        earlier = known_recipes(visit, {piece.recipe.sha256 for piece in pieces})
        found = what_if(pieces, recipe, earlier)
        return found, confirmed_among(visit.desk.database, [turned.sequence for turned in found.freed])
    finally:
        visit.desk.rejudging.release()


class WhatIfPanel:
    """A button, and what came out below it."""

    def __init__(self, visit: Visit, recipe: Callable[[], Recipe], holder: ui.element | None = None) -> None:
        """`recipe`: what to judge by, asked for when the button is pressed. Raises RecipeError. `holder`: where the
        answer goes; None: below the button.
        """
        self._visit = visit
        self._recipe = recipe
        self._button = ui.button(visit.texts.change.what_if, icon="science", on_click=visit.attempt(self._ask))
        self._button.props("outline no-caps").mark("what-if")
        self._holder = holder if holder is not None else ui.element("div")
        self._holder.classes("what-if").props("role=status")

    async def _ask(self) -> None:
        recipe = self._recipe()
        self._button.props("loading")
        try:
            found, confirmed = await judge_again(self._visit, recipe)
        finally:
            self._button.props(remove="loading")
        self._holder.clear()
        with self._holder:
            tell_what_if(self._visit, found, confirmed)


def tell_what_if(visit: Visit, found: WhatIf, confirmed: int) -> None:
    """The figures, and all that they can't tell."""
    texts, quantities = visit.texts.change, visit.quantities
    if found.first_utc is None or found.last_utc is None:
        ui.label(texts.what_if_none)
        return
    ui.label(
        texts.would_reject.format(
            after=quantities.number(found.would_reject),
            before=quantities.number(found.rejected),
            pieces=quantities.number(found.pieces),
            first=quantities.moment(found.first_utc),
            last=quantities.moment(found.last_utc),
        )
    ).classes("strong")
    grave = sum(turned.severity is Severity.S1 for turned in found.freed)
    with ui.element("ul"):
        if found.freed:
            _turned(visit, texts.freed, found.freed)
            if grave:
                _item(texts.freed_grave.format(count=quantities.number(grave)), "is-wrong")
            if confirmed:
                _item(texts.freed_confirmed.format(count=quantities.number(confirmed)), "is-wrong")
        if found.caught:
            _turned(visit, texts.caught, found.caught)
        if found.uninspected:
            _item(texts.uninspected.format(count=quantities.number(found.uninspected)))
        if found.not_known:
            _item(texts.not_known.format(count=quantities.number(found.not_known)))
        if found.checked:
            repeated, checked = quantities.number(found.repeated), quantities.number(found.checked)
            _item(texts.repeated.format(repeated=repeated, checked=checked))
        by = ", ".join(f"{recipe.name} {recipe.version} ({count})" for recipe, count in found.recipes.items())
        _item(texts.judged_by.format(recipes=by))
    if found.unknown:
        ui.label(texts.unknown_title).classes("card-title")
        with ui.element("ul"):
            for each in sorted(found.unknown):
                _item(texts.unknown[each])


def tell_moves(visit: Visit, recipe: Recipe, begun_from: str) -> list[Move]:
    """Limits that moved too far to be overlooked, against the version that was released last."""
    texts = visit.texts.change
    before = released_before(visit, recipe.name, begun_from)
    if before is None:
        return []
    title, earlier = before
    found = moves(earlier, recipe)
    if not found:
        ui.label(texts.not_moved.format(title=title)).classes("muted")
        return found
    with ui.element("div").classes("is-warned").mark("moves"):
        ui.label(f"{texts.moved_title} ({texts.against.format(title=title)})").classes("strong")
        with ui.element("ul"):
            for move in found:
                sentence = (
                    texts.moved_new if move.before is None else texts.moved_gone if move.after is None else texts.moved
                )
                _item(sentence.format(where=move.where, before=_short(move.before), after=_short(move.after)))
    return found


def _turned(visit: Visit, sentence: str, turned: Sequence[Turned]) -> None:
    texts = visit.texts.change
    examples = ", ".join(
        f"{each.sequence} ({each.rule})" if each.rule else str(each.sequence) for each in turned[:_EXAMPLES]
    )
    count = visit.quantities.number(len(turned))
    _item(f"{sentence.format(count=count)}. {visit.quantities.named(texts.examples, examples)}")


def _item(text: str, style: str = "") -> None:
    with ui.element("li").classes(style):
        ui.label(text)


def _short(value: float | str | None) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
