import numpy as np
import pytest

from jaxgan import data
from jaxgan.core.errors import UserError
from jaxgan.data.source import from_arrays
from jaxgan.evaluation import choice, encode, ranking
from jaxgan.evaluation.examples import Examples, split
from jaxgan.evaluation.facts import facts as present_facts
from jaxgan.evaluation.judge import judge

pytestmark = pytest.mark.filterwarnings("ignore:.*fewer than")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "jaxgan" / "features"


RING = data.load("ring", options={"points": 4000})
RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (40, 28, 28, 1), np.uint8)


def grey(images):
    return from_arrays("grey", images, np.arange(len(images)) % 10)


def trained_on_all(source):
    return Examples((source,), False, (source,))


def choose(source, count, seed):
    return data.read((source,), np.random.default_rng(seed).permutation(source.size)[:count])


def facts(source, features="", **more):
    return present_facts(source, encode.network_name(source, features), **more)


def test_real_points_reach_the_floor_and_noise_does_not():
    names = choice.chosen("", RING, facts(RING))
    looks = judge(trained_on_all(RING), names, num=2000, seed=0)
    names = {"fd_points", "kid_points", "precision_points", "recall_points", "coverage_points"}
    assert names <= set(looks.floor) and looks.count == 2000 and looks.network["name"] == "points"
    more = data.load("ring", options={"points": 2000, "seed": 5}).arrays()["x"]
    good, bad = looks.score(more), looks.score(more + 0.3 * RNG.normal(size=more.shape))
    assert good.keys() == bad.keys() == looks.floor.keys()
    # 8 modes, 1 - exp(-4.5) of high quality; binomial error of 2000 samples: .0023
    assert good["modes"] == looks.floor["modes"] == 8
    np.testing.assert_allclose(good["high_quality"], 0.9889, atol=0.01)
    np.testing.assert_allclose(good["fd_points"], looks.floor["fd_points"], atol=0.005)
    # Noise of .3 in both coordinates adds .09 to both variances of .5: 2 (sqrt .59 - sqrt .5)^2.
    np.testing.assert_allclose(bad["fd_points"], 2 * (0.59**0.5 - 0.5**0.5) ** 2, atol=0.005)
    assert bad["high_quality"] < 0.1


def test_the_two_real_sets_share_nothing_and_are_mixed():
    source = grey(np.arange(40, dtype=np.uint8).repeat(28 * 28).reshape(40, 28, 28, 1))
    parts = split(trained_on_all(source), 1000, seed=3)
    first, second = parts.real, parts.other
    assert parts.given is second and parts.origin["reference"] == "train: none are held out"
    seen = [np.round((part["x"][:, 0, 0, 0] + 1) * 127.5) for part in (first, second)]
    assert sorted(np.concatenate(seen)) == list(range(40)) and len(seen[0]) == 20
    assert np.any(np.diff(seen[0]) < 0)  # sets are stored by class, and splits of it must not be
    for part, values in zip((first, second), seen, strict=True):
        np.testing.assert_array_equal(part["label"], values % 10)
    again = split(trained_on_all(source), 1000, seed=3)
    np.testing.assert_array_equal(again.real["x"], first["x"])


def test_where_some_are_held_out_they_are_the_reference_and_the_floor_is_of_training():
    values = np.arange(70, dtype=np.uint8).repeat(28 * 28).reshape(70, 28, 28, 1)
    train, held = grey(values[:40]), grey(values[40:])
    parts = split(Examples((held,), True, (train,)), 25, seed=0)

    def seen(part):
        return np.round((part["x"][:, 0, 0, 0] + 1) * 127.5)

    assert seen(parts.real).min() >= 40 > seen(parts.other).max()
    assert len(seen(parts.real)) == len(seen(parts.other)) == 25 and parts.given is parts.real
    assert parts.origin == {"reference": "held out", "floor": "train", "given": "held out"}


def test_the_network_and_its_name_follow_the_data():
    named = {
        "points": RING,
        "mnist10k_cnn": grey(NOISE),
        "mnist10k_cnn_per_channel": data.load("stacked_digits", options={"points": 4}),
        "inception": from_arrays("colour", np.zeros((4, 28, 28, 3), np.uint8)),
    }
    for name, source in named.items():
        assert encode.network_name(source) == name
    assert encode.network_name(grey(np.zeros((4, 30, 30, 1), np.uint8))) == "inception"
    assert encode.network_name(from_arrays("fashion_mnist", NOISE)) == "fashion_cnn"
    assert encode.network_name(grey(NOISE), "fashion_cnn") == "fashion_cnn"
    with pytest.raises(UserError, match="sees grey images of 28x28 or 32x32"):
        encode.make_encoder(named["inception"], "mnist10k_cnn")
    with pytest.raises(UserError, match="unknown feature network 'mnist10k_cnn_per_channel'"):
        encode.make_encoder(named["inception"], "mnist10k_cnn_per_channel")
    with pytest.raises(UserError, match="takes no file of them"):
        encode.make_encoder(named["mnist10k_cnn"], weights="file")


def test_checkpoints_are_ranked_by_what_is_measured():
    stacked = data.load("stacked_digits", options={"points": 4})
    for rank_by, source, name in (
        ("sliced_wasserstein", RING, "sliced_wasserstein"),
        ("reverse_kl", RING, "reverse_kl"),
        ("fd", RING, "fd_points"),
        ("kid", grey(NOISE), "kid_mnist10k_cnn"),
        ("modes_kl", stacked, "modes_kl_mnist10k_cnn_per_channel"),
    ):
        assert (
            ranking.ranking(
                {"rank_by": rank_by, "metrics": "", "features": ""}, source, facts(source)
            )
            == name
        )
    for rank_by, metrics, source, sentence in (
        ("is", "", RING, "unknown evaluation.rank_by 'is'; known: fd, kid"),
        ("fd", "pr", RING, "rank_by=fd is none of the metrics pr of ring; known: sliced_wass"),
        ("reverse_kl", "", grey(NOISE), "rank_by=reverse_kl is none of the metrics fd, kid"),
        ("modes_kl", "", RING, "rank_by=modes_kl is none"),
        ("reverse_kl", "", stacked, "rank_by=reverse_kl is none"),
    ):
        with pytest.raises(UserError, match=sentence):
            asked = {"rank_by": rank_by, "metrics": metrics, "features": ""}
            ranking.ranking(asked, source, facts(source))


@pytest.mark.filterwarnings("ignore:.*covariance is singular")  # of twenty digits a class
def test_digits_by_the_bundled_classifier(own_cache):
    source, seen = data.load("mnist10k"), []
    looks = judge(
        trained_on_all(source),
        ["fd", "accuracy", "fd_of_a_class"],
        num=200,
        seed=0,
        labelled=True,
        progress=lambda *a: seen.append(a),
    )
    assert looks.network["name"] == "mnist10k_cnn" and len(looks.network["sha256"]) == 64
    assert looks.floor["accuracy_mnist10k_cnn"] > 0.95
    assert seen[-1] == (200, 200)
    other = choose(source, 200, seed=9)
    right = looks.score(other["x"], other["label"])
    wrong = looks.score(-other["x"], (other["label"] + 1) % 10)
    assert right["accuracy_mnist10k_cnn"] > 0.95 and wrong["accuracy_mnist10k_cnn"] < 0.5
    assert wrong["fd_mnist10k_cnn"] > 3 * right["fd_mnist10k_cnn"]
    # Right digits under wrong labels are as near as a set, and far as classes.
    moved = looks.score(other["x"], (other["label"] + 1) % 10)
    assert moved["fd_mnist10k_cnn"] == right["fd_mnist10k_cnn"]
    of_classes = "fd_of_a_class_mnist10k_cnn"
    assert moved[of_classes] > 5 * right[of_classes] > 0
    # The real examples are remembered: by their content, and to the same numbers.
    assert len(list(own_cache.iterdir())) == 2
    seen.clear()
    again = judge(
        trained_on_all(source),
        ["fd", "accuracy", "fd_of_a_class"],
        num=200,
        seed=0,
        labelled=True,
        progress=seen,
    )
    assert again.floor == looks.floor and not seen
    for file in own_cache.iterdir():
        file.write_bytes(b"torn")
    assert (
        judge(
            trained_on_all(source),
            ["fd", "accuracy", "fd_of_a_class"],
            num=200,
            seed=0,
            labelled=True,
        ).floor
        == again.floor
    )


def test_metrics_that_must_be_asked_for():
    """Copies, near copies of them and noise: what each of the unusual metrics says."""
    names = ["fd_infinity", "memorisation", "wasserstein"]
    held = data.load("ring", options={"points": 1000, "seed": 7})
    looks = judge(Examples((held,), True, (RING,)), names, num=1000, seed=0)
    copies = choose(RING, 1000, seed=8)["x"]
    copied, moved = looks.score(copies), looks.score(held.arrays()["x"] + 0.5)
    # Copies of any training example are found, not of those alone that some subset holds.
    assert copied["memorisation_auc_points"] == 0 and copied["memorisation_copies_points"] == 1
    # The reference itself, at its own distances to the training examples, is no copy.
    fresh = looks.score(held.arrays()["x"])
    assert fresh["memorisation_auc_points"] == 0.5
    assert fresh["exact_wasserstein"] < 1e-6
    # Of a shift its length.
    np.testing.assert_allclose(moved["exact_wasserstein"], 0.5**0.5, rtol=1e-5)
    # Its square, but for the noise of the extrapolation.
    np.testing.assert_allclose(moved["fd_infinity_points"], 0.5, atol=0.03)
    grays = judge(trained_on_all(grey(NOISE)), ["ms_ssim"], num=20, seed=0)
    same = np.repeat(choose(grey(NOISE), 1, 0)["x"], 20, axis=0)
    assert grays.score(same)["ms_ssim"] == 1 > grays.floor["ms_ssim"]
    labelled = judge(trained_on_all(grey(NOISE)), ["ms_ssim"], num=20, seed=0, labelled=True)
    assert set(labelled.floor) == {"ms_ssim_of_a_class"}


def test_stacked_digits_count_their_modes():
    source = data.load("stacked_digits", options={"points": 240})
    looks = judge(trained_on_all(source), ["modes"], num=120, seed=0)
    name = "modes_mnist10k_cnn_per_channel"
    truth = len(np.unique(split(trained_on_all(source), 120, 0).other["label"]))
    assert (
        abs(looks.floor[name] - truth) <= 3 and looks.network["name"] == "mnist10k_cnn_per_channel"
    )
    same = np.repeat(choose(source, 1, 0)["x"], 120, axis=0)
    collapsed = looks.score(same)
    assert collapsed[name] == 1
    np.testing.assert_allclose(collapsed[name.replace("modes", "modes_kl", 1)], np.log(1000))


@pytest.mark.parametrize(
    ("names", "source", "sentence"),
    [
        (
            "fid",
            RING,
            "unknown metric 'fid'; known: accuracy, captions, classified, cycle, fd, fd_infinity",
        ),
        ("is", RING, "'is' needs images that the network puts into one class; ring is not that"),
        ("fd,modes", grey(NOISE), "'modes' needs a toy mixture, or stacked_digits"),
        ("accuracy", grey(NOISE), "'accuracy' needs a game with labels"),
        ("wasserstein", grey(NOISE), "'wasserstein' needs points; grey is not that"),
        ("ms_ssim", RING, "'ms_ssim' needs images"),
        ("ms_ssim", grey(NOISE[:, :10]), "'ms_ssim' needs images with sides of 11 pixels or more"),
        ("memorisation", RING, "'memorisation' needs examples that training does not see"),
        ("truth", grey(NOISE), "'truth' needs a game that knows what should have been made"),
        ("cycle", grey(NOISE), "'cycle' needs a game that translates back: cycle, attributes"),
    ],
)
def test_mistakes(names, source, sentence):
    with pytest.raises(UserError, match=sentence):
        choice.chosen(names, source, facts(source))


def test_the_usual_metrics_are_those_that_fit():
    assert choice.chosen("", RING, facts(RING)) == ["fd", "kid", "pr", "modes"]
    source = grey(NOISE)
    assert "accuracy" in choice.chosen("", source, facts(source, labels=True))
    assert "truth" in choice.chosen("", source, facts(source, truth=True))
    with pytest.raises(UserError, match="a classifier of the data: mnist10k_cnn or fashion_cnn"):
        choice.chosen("accuracy", source, facts(source, "inception", labels=True))


def test_against_the_truth_by_hand():
    """Everything .2 too bright: l1 .2, and 10 log10(4 / .04) = 20 dB; itself is perfect."""
    source = grey(NOISE)
    looks = judge(trained_on_all(source), ["truth"], num=20, seed=0)
    truth = np.clip(looks.given["x"], -1, 0.5)
    good, bright = looks.score(truth, None, truth), looks.score(truth + 0.2, None, truth)
    assert good["l1"] == 0 and good["ssim"] == 1 and looks.floor == {}
    np.testing.assert_allclose((bright["l1"], bright["psnr"]), (0.2, 20.0), rtol=1e-5)
