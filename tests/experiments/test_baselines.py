from experiments import baselines


def test_a_run_is_judged_on_its_way_and_at_its_end():
    assert baselines.stops(1500, 4) == [375, 750, 1125, 1500]
    assert baselines.stops(10, 4) == [3, 6, 9, 10] and baselines.stops(1, 4) == [1]
    assert baselines.stops(5, 4) == [2, 4, 5] and baselines.stops(5, 1) == [5]


def test_best_and_last_over_seeds():
    """Two seeds, two quarters; lower is better of a distance, higher of a precision."""

    def record(fd, precision):
        ema = {"fd_x": fd, "precision_x": precision}
        return {
            "values": {"ema": ema, "raw": {"fd_x": 9.0, "precision_x": 0.5}},
            "floor": {"fd_x": 0.25, "precision_x": 0.75},
        }

    records = [[record(2.0, 0.5), record(4.0, 0.25)], [record(None, 0.5), record(6.0, 0.5)]]
    fd, precision = baselines.rows_of("r", records)
    # best 2 and 6, last 4 and 6: the error of two is half of their difference
    assert fd == (
        "fd_x",
        "r",
        *(
            f"{m} ± {e}"
            for m, e in (
                ("4.000", "2.000"),
                ("5.000", "1.000"),
                ("9.000", "0.000"),
                ("0.250", "0.000"),
            )
        ),
    )
    assert precision[2:4] == ("0.500 ± 0.000", "0.375 ± 0.125")
