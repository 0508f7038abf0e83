"""Which views' images of a data set a model learns from, or is held against: of one light, unless it knows more."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from inspection.values import Light
from inspection.values.kinds import is_nuisance
from training.data.item import DataSet
from training.errors import DataError

_LIGHTS = frozenset(light.value for light in Light)


def of_views(data_set: DataSet, views: Sequence[str], lights: Sequence[str] = ()) -> DataSet:
    """The images of the views that somebody chose; with none chosen, all.

    `lights`: that the model knows; none that is a name of one: it knows one, and nobody said which. Raises DataError
    for a view that the data set does not have, a light that the model does not know, and, where nothing is chosen and
    the model knows one light, for a mixture of views. Images that say no view are taken for that of the model, unless
    views are chosen.
    """
    lights = [light for light in lights if light in _LIGHTS]
    there = Counter(item.view for item in data_set.items if item.view)
    counts = ", ".join(f"{view} ({count} images)" for view, count in sorted(there.items()))
    if unknown := [view for view in views if view not in there]:
        has = f"it has {counts}" if there else "its images do not say which view they are of"
        raise DataError(f"Data set {data_set.root}: no image is of view {', '.join(unknown)}; {has}. Choose of these.")
    taken = set(views) or set(there)
    if lights and (strange := sorted((taken & _LIGHTS) - set(lights))):
        raise DataError(
            f"Data set {data_set.root}: it has images in {', '.join(strange)}, and the model is one for "
            f"{', '.join(lights)}: {counts}. Choose the view that it looks at with --view, or another model."
        )
    if len(lights) < 2 and not views and len(there) > 1:
        raise DataError(
            f"Data set {data_set.root}: it mixes views, {counts}, and the model looks at one light. Choose one of them "
            "with --view; several, if all of these are lit alike."
        )
    if not views:
        return data_set
    items = tuple(item for item in data_set.items if item.view in taken)
    kinds = {kind for item in items for kind in item.kinds} | set(filter(is_nuisance, data_set.kinds))
    return replace(data_set, items=items, kinds=tuple(sorted(kinds)))
