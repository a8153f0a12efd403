"""Each sign by the rows of a run that has it, and by those of one that only comes near."""

import pytest

from jaxgan.evaluation.ranking import AT_BOUNDS, QUALITY, SPREAD
from jaxgan.run import doctor, logs

HEALTHY = {
    "critic_loss": 1.2,
    "real_score": 0.4,
    "fake_score": -0.4,
    "critic_gradient_norm": 0.3,
    "generator_gradient_norm": 0.5,
}


def rows(count=20, **numbers):
    """Healthy rows; of a number, a list of its values at the last rows."""
    found = [{"step": 10 * (i + 1), **HEALTHY} for i in range(count)]
    for name, values in numbers.items():
        for row, value in zip(found[-len(values) :], values, strict=True):
            row[name] = value
    return found


# Name -> rows that show the sign, and rows that must not.
CASES = {
    "dead_generator": (
        {"generator_gradient_norm": [4e-4] * 5},
        {"generator_gradient_norm": [4e-4] * 2},  # two odd batches
        {"generator_gradient_norm": [1e-3] * 5},
    ),
    "collapse": (
        {SPREAD: [0.9, 0.2, 0.2]},
        {SPREAD: [0.9, 0.2]},  # too few looks
        {SPREAD: [0.1, 0.2, 0.28]},  # a generator that has just begun
        {SPREAD: [0.2, 0.31, 0.29]},
    ),
    "critic_clipped": ({AT_BOUNDS: [0.95]}, {AT_BOUNDS: [0.9]}, {}),
    "critic_won": (
        {"critic_loss": [1e-3] * 5, "real_score": [9.0] * 5, "fake_score": [-9.0] * 5},
        {"critic_loss": [1e-3] * 5},  # the scores are close: not won, but at a loss's zero
        {"critic_loss": [0.02] * 5, "real_score": [9.0] * 5, "fake_score": [-9.0] * 5},
        {  # Wasserstein's loss may pass 0
            "critic_loss": [1e-3] * 5,
            "real_score": [9.0] * 5,
            "fake_score": [-9.0] * 5,
            "wasserstein": [18.0] * 5,
        },
    ),
    "exploding_gradients": (
        {"critic_gradient_norm": [40.0] * 5},
        {"critic_gradient_norm": [40.0]},  # one odd batch
        {"critic_gradient_norm": [25.0] * 5},
    ),
    "turned_worse": (
        {QUALITY: [0.2, 0.1, 0.15, 0.16, 0.14]},
        {QUALITY: [0.2, 0.1, 0.15, 0.16]},  # two looks since
        {QUALITY: [0.2, 0.1, 0.15, 0.12, 0.14]},  # one of the last three is within a quarter
        {QUALITY: [0.02, 0.01, 0.035, 0.036, 0.037]},  # within a floor of the best
    ),
}


@pytest.mark.parametrize("name", doctor.SIGNS)
def test_a_sign_is_seen_and_not_where_it_only_comes_near(name):
    ill, *near = CASES[name]
    found = doctor.examine(rows(**ill), QUALITY, 0.03)
    assert set(found) == {name} and found[name].endswith(doctor.SIGNS[name].advice)
    for numbers in near:
        assert not doctor.examine(rows(**numbers), QUALITY, 0.03)


def test_nothing_is_seen_in_no_time():
    for count in range(1, 7):
        assert not doctor.examine(rows(count), QUALITY, None)
    gone = rows(**{name: [None] * 20 for name in HEALTHY})
    assert not doctor.examine(gone, QUALITY, None)


def test_a_metric_that_is_not_of_this_row_has_not_turned():
    found = rows(**{QUALITY: [0.1, 0.3, 0.3, 0.3]})
    assert doctor.examine(found, QUALITY, None)
    assert not doctor.examine([*found, {"step": 210, **HEALTHY}], QUALITY, None)


def test_a_run_says_a_warning_once_and_keeps_it_in_its_rows(tmp_path, capfd):
    ill = {SPREAD: 0.1, QUALITY: 0.5}
    with logs.open_logs(tmp_path, 0, 60) as written:
        for step in (10, 20, 30, 40):
            written.scalars(step, ill, (QUALITY, None))
        written.scalars(45, {})
    with logs.open_logs(tmp_path, 45, 60) as written:  # resumed
        written.scalars(50, ill, (QUALITY, None))
    kept = logs.read_metrics(tmp_path / logs.METRICS)
    assert [list(row.get("warnings", ())) for row in kept] == [[]] * 2 + [["collapse"]] * 2 + [
        [],
        ["collapse"],
    ]
    told = [line for line in capfd.readouterr().err.splitlines() if "Warning" in line]
    assert told == [f"Warning at step 30: {kept[2]['warnings']['collapse']}"]
