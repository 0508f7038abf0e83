"""Two minutes of faults at random; `python -m tests.scenarios.stress` does ten, and says what it does."""

import pytest

from tests.scenarios.stress import FAULTS, run

pytestmark = pytest.mark.process


@pytest.mark.timeout(600)
def test_whatever_happens_every_frame_number_has_its_word_and_nothing_unseen_is_accepted(tmp_path):
    audit = run(tmp_path, minutes=2.0, seed=1)
    assert audit.wrong == [], f"faults: {dict(audit.faults)}"
    assert len(audit.faults) >= min(4, len(set(FAULTS))), "too few faults came to show anything"
    assert audit.verdicts["accept"] > 0
    assert audit.verdicts["reject"] > 0
    assert audit.pictures > 0
