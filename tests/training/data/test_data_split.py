"""Splits: by group, in proportion, the same for the same seed."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.data import layouts
from tests.training.data.layouts import picture, write
from training.data import DataSet, Item, read_data_set, split
from training.errors import DataError


def item(number, group, kinds=(), part=""):
    name = f"{number:04}.png"
    return Item(name, Path(name), part, group, not kinds, tuple(kinds), "0" * 64)


def data_set(items):
    return DataSet(Path("set"), "coco", tuple(items), ("crack", "spot"), "0" * 64)


def parts_of(done):
    parts = {}
    for each in done.items:
        parts.setdefault(each.split, []).append(each)
    return parts


@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.sampled_from([(), ("crack",), ("spot",), ("crack", "spot")])), min_size=20
    ),
    st.integers(0, 99),
)
@settings(max_examples=50, deadline=None)
def test_groups_stay_whole_every_part_has_images_and_a_seed_is_a_split(drawn, seed):
    items = [item(number, f"roll {group}", kinds) for number, (group, kinds) in enumerate(drawn)]
    fractions = {"train": 0.6, "validation": 0.2, "test": 0.2}
    if len({each.group for each in items}) < 3:
        with pytest.raises(DataError, match="can't be divided into 3 parts"):
            split(data_set(items), fractions, seed)
        return
    done = split(data_set(items), fractions, seed)
    assert [each.name for each in done.items] == [each.name for each in items]
    assert len({(each.group, each.split) for each in done.items}) == len({each.group for each in items})
    assert set(parts_of(done)) == set(fractions)
    assert split(data_set(items), fractions, seed) == done


def test_kinds_are_dealt_in_proportion_and_rare_ones_to_every_part():
    items = [item(n, f"g{n}", () if n < 700 else ("crack",) if n < 997 else ("spot",)) for n in range(1000)]
    done = split(data_set(items), {"train": 0.7, "validation": 0.2, "test": 0.1}, 3)
    counts = {part: Counter(each.kinds for each in inside) for part, inside in parts_of(done).items()}
    for part, share in (("train", 0.7), ("validation", 0.2), ("test", 0.1)):
        assert counts[part][()] == pytest.approx(700 * share, abs=2)
        assert counts[part][("crack",)] == pytest.approx(297 * share, abs=2)
        assert counts[part][("spot",)] == 1
    other = split(data_set(items), {"train": 0.7, "validation": 0.2, "test": 0.1}, 4)
    assert other != done


def test_no_part_stays_empty_where_every_group_has_a_kind_of_its_own():
    items = [item(0, "a", ("crack",)), item(1, "b", ("spot",)), item(2, "c")]
    done = split(data_set(items), {"train": 0.8, "validation": 0.1, "test": 0.1}, 1)
    assert set(parts_of(done)) == {"train", "validation", "test"}


def test_large_groups_leave_the_proportions_near():
    items = [item(n, f"g{n // 25 if n < 500 else n}", ("crack",) if n % 3 else ()) for n in range(800)]
    done = split(data_set(items), {"train": 0.8, "validation": 0.2}, 1)
    assert len(parts_of(done)["validation"]) == pytest.approx(160, abs=10)


def test_parts_that_are_there_stay_and_only_train_is_divided():
    items = [item(n, f"g{n}", ("crack",) if n % 2 else (), "test" if n < 40 else "train") for n in range(100)]
    done = split(data_set(items), {"train": 0.6, "validation": 0.2, "test": 0.2}, 1)
    assert [each.split for each in done.items[:40]] == ["test"] * 40
    counts = Counter(each.split for each in done.items[40:])
    assert set(counts) == {"train", "validation"}
    assert counts["validation"] == pytest.approx(15, abs=1)


def test_images_of_unknown_group_that_look_the_same_stay_together(tmp_path):
    for number in range(8):
        once = picture(number)
        again = cv2.convertScaleAbs(once, alpha=1.3, beta=10)
        write(tmp_path / f"good/a{number}.png", once)
        write(tmp_path / f"good/b{number}.png", cv2.GaussianBlur(again, (0, 0), 0.6))
    done = split(read_data_set(tmp_path), {"train": 0.5, "validation": 0.5}, 1)
    names = {part: {each.path.stem for each in inside} for part, inside in parts_of(done).items()}
    assert len(names["train"]) == len(names["validation"]) == 8
    for inside in names.values():
        assert {name[1] for name in inside if name[0] == "a"} == {name[1] for name in inside if name[0] == "b"}


def test_one_roll_can_not_be_divided():
    with pytest.raises(DataError, match=r"1 group\(s\) \(roll 7\) can't be divided into 2 parts.*another roll"):
        split(data_set([item(n, "roll 7") for n in range(9)]), {"train": 0.5, "test": 0.5}, 1)


@pytest.mark.parametrize("fractions", [{}, {"train": 0.5, "test": 0.4}, {"train": 1.0, "test": 0.0}])
def test_fractions_have_to_add_up(fractions):
    with pytest.raises(DataError, match="in all 1"):
        split(data_set([item(n, f"g{n}") for n in range(9)]), fractions, 1)


def test_a_real_set_keeps_its_test_images_and_gets_a_validation_part(pytestconfig):
    whole = read_data_set(layouts.real("steel-surface", pytestconfig.rootpath))
    done = split(whole, {"train": 0.8, "validation": 0.2}, 1)
    counts = Counter((each.split, each.kinds) for each in done.items)
    for kind in whole.kinds:
        assert counts["test", (kind,)] == 40
        assert counts["validation", (kind,)] == 18
    assert np.isin([each.split for each in done.items], ("train", "validation", "test")).all()
