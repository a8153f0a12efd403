"""Every notebook runs from top to bottom, in any folder, and what it teaches is true."""

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"

nbformat = pytest.importorskip("nbformat", reason="the extra `test` brings it")
nbclient = pytest.importorskip("nbclient", reason="the extra `test` brings it")

pytestmark = pytest.mark.filterwarnings("ignore")  # those of the Jupyter packages


def numbers(text):
    """All numbers of a text, in order; of "10 %" and "10%" 10."""
    return [float(found) for found in re.findall(r"-?\d+\.?\d*(?:e[-+]?\d+)?", text)]


def line(told, start):
    """The rest of the first printed line that begins so."""
    (found, *_) = re.findall(rf"^ *{re.escape(start)}(.*)$", told, re.MULTILINE)
    return found


def median(told, start):
    """The first number behind the start of a printed line: a median over seeds."""
    return numbers(line(told, start))[0]


def close(found, wanted, by):
    assert abs(found - wanted) <= by, (found, wanted)


def the_game(told):
    """V(D*) = 2 JS - log 4; KL's Gaussian has the moments of the data; Neyman and Pearson."""
    p, q = (0.7, 0.2, 0.1), (0.2, 0.3, 0.5)
    pairs = list(zip(p, q, strict=True))
    by_hand = sum(a * math.log(a / (a + b)) + b * math.log(b / (a + b)) for a, b in pairs)
    close(numbers(line(told, "V(D*)        ="))[0], by_hand, 1e-4)
    close(numbers(line(told, "2 JS - log 4 ="))[0], by_hand, 1e-4)
    assert numbers(line(told, "the best of "))[1] < by_hand
    assert numbers(line(told, "0  ")) == [-1.386, -1.386, 0]  # p = q: -log 4
    for mean in (1, 3, 5):
        value, by_js, js = numbers(line(told, f"{mean}  "))
        close(value, by_js, 1e-3)
        assert -math.log(4) < value < 0 < js < math.log(2)
    # (1/2, 1/4, 1/4, 0, 0) and (0, 1/4, 1/2, 1/4, 0): one has mass, both and equally, both, one.
    both = (math.log(2 / 3) / 4 + math.log(4 / 3) / 2) / 2
    shares = [math.log(2) / 4, 0, both, math.log(2) / 8, 0]
    assert numbers(line(told, "shares of JS:")) == pytest.approx(shares, abs=1e-4)
    for name in ("least KL", "most likely"):
        mean, std = numbers(line(told, f"{name}: "))
        close(mean, 1.01, 0.2)  # the likelihood's are of a few examples
        close(std, 1.83, 0.15)
    close(numbers(line(told, "least KL: "))[0], 1.01, 0.06)  # the moments of the mixture, to the
    close(numbers(line(told, "least KL: "))[1], 1.83, 0.06)  # width of the grid
    # Of N(0, 1) and N(1, 1) half of 1 - TV is the chance of N(0, 1) beyond 1/2.
    normal = NormalDist()
    close(numbers(line(told, "D*: least sum of errors"))[0], 2 * normal.cdf(-0.5), 2e-3)
    close(numbers(line(told, "1 - TV ="))[0], 2 * normal.cdf(-0.5), 2e-3)
    assert numbers(line(told, "nearness to 0: least sum of errors"))[0] > 0.7
    passed = numbers(line(told, "if at most 5 % of the real may be refused,"))[0]
    close(passed, 100 * normal.cdf(normal.inv_cdf(0.95) - 1), 2)


def divergences(told):
    """Each row: integral, D_f and the best bound are one; KL covers, reverse KL seeks."""
    rows = re.findall(r"^([a-z_]+) +(-?\d\.\d{3}) +(\S+) +(\S+) +(\S+)$", told, re.MULTILINE)
    assert len(rows) == 11
    for name, at_one, *values in rows:
        integral, divergence, bound = map(float, values)
        assert integral == divergence == bound, name
        assert float(at_one) == (-1.386 if name == "gan" else 0)
    p, q = (0.7, 0.2, 0.1), (0.2, 0.3, 0.5)
    by_hand = {
        "kl": sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)),
        "pearson": sum((a - b) ** 2 / b for a, b in zip(p, q, strict=True)),
        "neyman": sum((a - b) ** 2 / a for a, b in zip(p, q, strict=True)),
    }
    for name, *_, value in rows:
        close(float(value), by_hand.get(name, float(value)), 1e-4)
    assert numbers(line(told, "largest difference of formula and brute force:"))[0] < 5e-3
    assert "11 of 11 curves are lowest at" in told
    assert float(re.search(r"all bounds hold, the nearest by (\S+)", told)[1]) > 0
    # Modes of N(-3, .7^2) and N(3, .7^2) with the weights .6 and .4: mean, deviation of the whole.
    mean, std, _ = numbers(line(told, "kl                 mean"))
    close(mean, -0.6, 2e-3)
    close(std, math.sqrt(0.7**2 + 9 - 0.6**2), 2e-3)
    mean, std, least = numbers(line(told, "reverse_kl         mean"))
    close(mean, -3, 1e-2)
    close(std, 0.7, 1e-2)
    close(least, -math.log(0.6), 1e-3)
    dial = re.findall(r"^alpha +(\S+): mean +(\S+), standard deviation (\S+)$", told, re.MULTILINE)
    assert float(dial[0][2]) < 0.8 and float(dial[-1][2]) > 2.8  # from seeking to covering


def vanishing_gradients(told):
    """A sure critic leaves the minimax generator nothing; equal sets are told apart; plans."""
    sure = 1 / (1 + math.exp(10))
    close(numbers(line(told, "minimax         slope"))[0], -sure, 1e-6)
    close(numbers(line(told, "non_saturating  slope"))[0], -1, 1e-3)
    at_six = re.findall(r"^(\w+) +slope (\S+) at x = 6", told, re.MULTILINE)
    at_six = {name: float(value) for name, value in at_six}
    close(at_six["minimax"], 6 / (1 + math.exp(18)), 1e-9)
    assert at_six["non_saturating"] == 6 and at_six["wasserstein"] == 1
    first, _, _, last, _, high = numbers(line(told, "minimax            |slope in theta|"))
    assert high < 1e-2 * first and last > 0
    first, _, _, last, low, _ = numbers(line(told, "non_saturating     |slope in theta|"))
    assert low > 10 * first
    learned, right, fresh, chance = re.search(
        r"of the (\d+) learned: (\S+)%.*\nof (\d+) fresh ones: (\S+)%", told
    ).groups()
    assert learned == fresh and float(right) > 85
    close(float(chance), 50, 150 / math.sqrt(float(fresh)))  # three deviations of so many tosses
    assert [line(told, name) for name in ("d0     ", "d1     ", "there  ")] == [
        "distance 5: JS 0.6931, W1 5.0",
        "distance 2: JS 0.6931, W1 2.0",
        "distance 0: JS 0.0000, W1 0.0",
    ]
    assert line(told, "JS apart: ") == "0.6931 to 0.6931; log 2 = 0.6931"
    assert float(line(told, "largest | W1 - |theta| |: ")) < 1e-9
    assert numbers(line(told, "strategy 1:")) == [1, 2]
    assert numbers(line(told, "strategy 2:")) == [1.4142, 2.8284]
    # Quantile to quantile: .2 from 0 to 2, .1 from 0 to 3, .2 from 1 to 4, .1 from 6 to 4, .4 from
    # 7 to 5.
    by_hand = 0.2 * 2 + 0.1 * 3 + 0.2 * 3 + 0.1 * 2 + 0.4 * 2
    assert numbers(line(told, "best plan")) == pytest.approx([by_hand, by_hand, 1])
    close(numbers(line(told, "by quantiles:"))[0], by_hand, 1e-4)


def clipping_and_penalty(told):
    """K follows the box; weights meet its walls; the penalty holds the slope; three penalties."""
    kinds = dict(re.findall(r"^(c = \S+|penalty) +(\d\S* \(.*)$", told, re.MULTILINE))
    read = {
        name: [float(cell) for cell in re.findall(r"(\S+) \(", row)] for name, row in kinds.items()
    }
    boxes = [name for name in read if name != "penalty"]
    steepest = {name: row[0] for name, row in read.items()}
    assert steepest[boxes[0]] < 0.01 and steepest[boxes[-1]] > 10
    for steep, bound, _, _, per_slope in read.values():
        assert 0 < steep <= bound
        assert 0 < per_slope < numbers(line(told, "W1 ="))[0]
    close(read["penalty"][2], 1, 0.15)  # the mean slope between real and made points
    largest = line(told, boxes[-1] + "   at the walls:")
    start, _, _, end, low, _ = numbers(largest)
    assert start == 0 and low > 10
    smallest, most = (median(told, f"{name:9} a factor of") for name in (boxes[0], boxes[-1]))
    assert smallest < 0.2 and most > 2
    close(median(told, f"{'penalty':9} a factor of"), 1, 0.3)
    # Of slopes .5, 1, 1.5 and 3: (s - 1)^2, max(0, s - 1)^2, max(0, s - 1).
    values = {
        "gradient_penalty ": [0.25, 0, 0.25, 4],
        "gradient_penalty_one_sided": [0, 0, 0.25, 4],
        "gradient_penalty_linear": [0, 0, 0.5, 2],
    }
    for name, wanted in values.items():
        assert numbers(line(told, name))[::2] == wanted


def two_answers(told):
    """The mean, the median, one answer without z, and both with it, in the shares z can have."""
    assert numbers(line(told, "l2: least at y =")) == [0.2, 0.96]  # of -1 and 1, .4 and .6
    assert numbers(line(told, "l1: least at y =")) == [1, 0.8]
    right, drivers = numbers(line(told, "turning right:"))
    close(right, 60, 300 * math.sqrt(0.6 * 0.4 / drivers))  # three deviations of so many tosses
    kinds = ("L2", "L1", "no z", "z of 0 and 1", "normal z", "normal z, 10 L2")
    names = [name if name in ("L1", "L2") else f"game, {name}" for name in kinds]
    cells = [re.split("  +", line(told, f"{name:22}").strip()) for name in names]
    medians = [[(numbers(cell) or [None])[0] for cell in row] for row in cells]
    (l2, l1, without, ones, normal, far) = medians  # near one, both, of these right, x at s = 1
    assert l2[:3] == [0, 0, None] and l1[:3] == [100, 0, 100]
    close(l2[3], 0.2, 0.03)
    close(l1[3], 1 + 0.05 * NormalDist().inv_cdf(1 / 6), 0.02)  # of the .6, .1 lie below
    assert without[1] == 0 and without[0] < 60
    assert ones[0] > 90 and ones[1] > 90
    close(ones[2], 50, 2)
    close(ones[3], 0, 0.1)
    assert normal[0] > 85 and normal[1] > 90
    close(normal[2], 60, 5)
    close(normal[3], 0.2, 0.12)
    assert far[0] < 15 and far[1] < 10
    close(far[3], 0.2, 0.1)
    close(median(told, "z at which the answer changes sides"), NormalDist().inv_cdf(0.6), 0.1)


def judging(told):
    """Which metric sees which fault; fd falls as 1 / n; noise costs a likelihood log 100."""
    names = ("others, real", "noise", "blurred", "brighter", "classes 0 to 4")
    names += ("30 digits, repeated", "copies")
    rows = {name: numbers(line(told, f"{name:20}")) for name in names}
    rows = {
        name: dict(zip(("fd", "kid", "is", "precision", "recall", "auc"), row, strict=True))
        for name, row in rows.items()
    }
    real, copies = rows.pop("others, real"), rows.pop("copies")
    for name, row in rows.items():
        assert row["fd"] > 3 * real["fd"] and row["kid"] > 10 * abs(real["kid"]), name
        assert row["recall"] < real["recall"] - 0.2 and row["auc"] > 0.35, name
    assert copies["fd"] < real["fd"] and copies["precision"] == 1 and copies["auc"] == 0
    assert copies["recall"] > real["recall"] - 0.1
    close(copies["kid"], 0, 1)
    close(copies["is"], real["is"], 0.3)
    assert real["auc"] == 0.5  # against itself
    close(real["is"], 10, 0.6)  # a classifier that is nearly always right
    close(rows["classes 0 to 4"]["is"], 5, 0.3)
    close(rows["30 digits, repeated"]["recall"], 0, 0.05)
    for name in ("noise", "brighter", "30 digits, repeated"):
        assert rows[name]["is"] < real["is"] - 0.3
    for name in rows:  # all within the real ones' balls
        assert rows[name]["precision"] > 0.7
    assert numbers(line(told, "copies         auc")) == [0, 100]
    assert numbers(line(told, "others, real   auc"))[0] == 0.5
    assert numbers(line(told, "blurred        auc"))[1] < 2
    times = [float(each) for each in re.findall(r"^n = .* times n (\S+)$", told, re.MULTILINE)]
    fd = [float(each) for each in re.findall(r"^n = .* fd (\S+),", told, re.MULTILINE)]
    assert len(fd) >= 3 and fd == sorted(fd, reverse=True)
    assert max(times) < 1.5 * min(times)
    (lost,) = numbers(line(told, "99 of 100 samples are noise: at most"))
    close(lost, math.log(100), 1e-3)
    close(numbers(line(told, "that is"))[0], math.log(100) / 784, 1e-4)


WHEN = ("before", "after")


def mode_collapse(told):
    """What a missing mode costs, the peak of V moves, G alone runs to the largest D, and cures."""
    worth = {name: numbers(line(told, f"{name}:")) for name in ("KL(q, p)", "JS")}
    assert line(told, "KL(p, q):").split() == ["inf"] * 7 + ["0.000"]
    for k, (reverse, js) in enumerate(zip(*worth.values(), strict=True), 1):
        close(reverse, math.log(8 / k), 6e-4)
        # Against (p + q) / 2, which is (1 + k / 8) / 2k on k modes and 1 / 16 on the others.
        mean = (1 + k / 8) / (2 * k)
        close(
            js,
            (k / 8 * math.log(1 / 8 / mean) + (1 - k / 8) * math.log(2)) / 2
            + math.log(1 / k / mean) / 2,
            6e-4,
        )
    for mean in ("2", "1", "0.5"):
        at, value, *_, by_js = numbers(line(told, f"G at {mean}: "))
        close(at, float(mean), 1e-6)
        close(value, by_js, 2e-3)
    frozen = re.findall(r"^(D after \d+ updates), before G alone", told, re.MULTILINE)
    young, learned = (
        {w: numbers(line(told, f"{name}, {w:6} G alone: modes")) for w in WHEN} for name in frozen
    )
    assert young["after"][3] > max(0.8, young["before"][3])  # D(G(z)), the median
    assert young["after"][0] < young["before"][0]
    if frozen[-1] != "D after 1500 updates":
        return  # too short to tell methods apart
    assert learned["before"][0] >= 7 and learned["after"][0] >= 7 and learned["after"][3] < 0.6
    lost = {name: numbers(line(told, f"{name:7} collapsed"))[0] for name in ("GAN", "DRAGAN")}
    assert lost["DRAGAN"] < lost["GAN"]
    close(numbers(line(told, "DRAGAN  lesser mode's share"))[3], 1, 0.1)  # the slope at the data
    turns = re.findall(r"^n_generator = (\d+) +modes (\d+)", told, re.MULTILINE)
    found = [int(modes) for _, modes in turns]
    assert found == sorted(found, reverse=True) and found[-1] <= 2 < 5 <= found[0]
    gan = numbers(line(told, f"{'GAN':16} modes"))
    cured = ("DRAGAN", "RpGAN + R1 + R2", "instance noise", "MAD-GAN", "WGAN-GP")
    assert all(median(told, f"{name:16} modes") >= gan[0] for name in cured)


def to_images(told):
    """Who is told what; colours and typefaces; without pairs the identity picks the right map."""
    kinds = dict(re.findall(r"^(\w+) +(G\(.*)$", told, re.MULTILINE))
    assert kinds["translation"].split() == ["G(source)", "D(x,", "source)"]
    assert kinds["cycle"].split() == ["G(source)", "D(x)", "no", "pairs"]
    names = ("game alone", "and back again", "and identity")
    rows = [re.findall(r"(-?\d\S*) \(", line(told, f"{name:15} at a group of B")) for name in names]
    (_, far, *_), (_, near, *_), identity = ([float(x.strip("%")) for x in row] for row in rows)
    assert near < far / 3 and identity[1] < far / 3
    assert identity[3] > 80


def curves_of_digits(told):
    """Convolutions and norms are ahead; W tells how far under a penalty, and not in a box."""
    assert 0 < numbers(line(told, "fd of real digits:"))[0] < 40
    if "WGAN-GP  " not in told:
        return  # too short to tell systems apart
    loss = {name: numbers(line(told, f"{name:5} critic's loss")) for name in ("GAN", "DCGAN")}
    close(loss["GAN"][3], math.log(4), 0.2)
    assert loss["DCGAN"][3] < loss["GAN"][3]  # and yet it is the better one
    assert numbers(line(told, "DCGAN fd"))[3] < numbers(line(told, "GAN   fd"))[3]
    for name in ("DCGAN", "WGAN"):
        with_norm = median(told, f"{name:15} fd at the end")
        assert with_norm < 0.7 * median(told, f"{name + ', no norm':15} fd at the end")
    order = "correlation of number and fd:"
    assert median(told, f"{'WGAN-GP':13} {order}") > 0.8
    assert median(told, f"{'WGAN, no norm':13} {order}") < 0.6


def listening(told):
    """What a label is worth to the best critic, and which critics find out."""
    k = 10
    rows = {name: numbers(line(told, f"{name}:"))[:2] for name in ("x and c", "x alone")}
    right, ignored = 1 / k, 1 / k**2  # a cell of the diagonal
    mean = (right + ignored) / 2
    other = k * (k - 1) * ignored * math.log(2) / 2  # cells that the data do not have
    by_hand = k * (right * math.log(right / mean) + ignored * math.log(ignored / mean)) / 2 + other
    close(rows["x and c"][0], by_hand, 1e-4)
    assert rows["x and c"][1] == 0 and rows["x alone"] == [0, 0]
    names = ("GAN", "cGAN", "cGAN-CLS", "AC-GAN")
    if any(f"{name:9} accuracy" not in told for name in names):
        return  # too short to tell systems apart
    rows = {name: numbers(line(told, f"{name:9} accuracy")) for name in names}
    right, fd, far = ({name: row[i] for name, row in rows.items()} for i in (0, 3, 6))
    close(right["GAN"], 0.1, 0.05)
    assert right["cGAN"] < 0.7 < right["cGAN-CLS"] and fd["cGAN-CLS"] < fd["cGAN"]
    assert right["AC-GAN"] > 0.5
    close(max(far.values()), min(far.values()), 0.03)
    heard = {name: numbers(line(told, f"{name:9} score, own")) for name in ("cGAN", "cGAN-CLS")}
    assert heard["cGAN-CLS"][3] > 3 * heard["cGAN"][3] > 0


def sentences(told):
    """A bag of words by hand, real drawings found again; who is shown wrong pairs listens."""
    by_hand = [4 / 5, 4 / 5, 1, 3 / math.sqrt(5 * 3), 4 / 5]  # words in common, of 5, or of 3 known
    bag, letters = (
        numbers(line(told, f"{name:16} the first sentence against the others:"))
        for name in ("bag of words", "letter by letter")
    )
    assert bag == pytest.approx(by_hand, abs=6e-3)
    assert letters[0] > letters[1] > letters[4]  # a gender, a tone, an activity
    first, ten = (numbers(line(told, "real drawings "))[i] for i in (1, 3))
    _, other_first, _, other_ten = numbers(line(told, "others' sentences "))
    assert first > 5 * other_first and ten > 90 > 2 * other_ten
    assert numbers(line(told, "guessing "))[1::2] == [round(100 / 83), round(1000 / 83)]
    paid, amiss = re.search(r"the loss of these \d+: (\S+), .* order (\S+)", told).groups()
    assert float(paid) < float(amiss) / 20
    for mean in (0, 1, 2):
        assert numbers(line(told, f"mean {mean}: least at a deviation of")) == [1, mean**2 / 2]
    assert numbers(line(told, "largest difference from the integral:"))[0] < 1e-5
    if "GAN, no wrong pairs" not in told:
        return  # too short to tell systems apart
    names = ("GAN-CLS", "GAN, no wrong pairs", "GAN-CLS, bag of words")
    names += ("GAN-CLS, others' sentences", "real, as small")
    ten = {name: numbers(line(told, f"{name:26} R@1"))[4:] for name in names}  # median, quartiles
    assert all(ten["GAN-CLS"][1] > ten[name][2] for name in names[1:4])
    assert ten["real, as small"][0] > ten["GAN-CLS"][0] > 2 * ten[names[3]][0]
    assert all(numbers(line(told, f"{name:26} darker by"))[1] > 0.03 for name in names[:3])


def next_frame(told):
    """The mean is a quarter away and what L2 asks for; a critic chooses; PSNR prefers a blur."""
    assert numbers(line(told, "one of the two   near a future")) == [100, 0]
    assert numbers(line(told, "their mean       near a future")) == [0, 0.25]
    assert numbers(line(told, "the last frame   near a future"))[1] > 0.25
    paid = {
        name: numbers(line(told, f"{name:20} one future"))
        for name in ("l2", "l1", "gradient difference")
    }
    assert paid["l2"] == [1, 0.25**2 + 0.75**2, 0.5] and paid["l1"] == [1, 1, 1]
    assert 1 < paid["gradient difference"][1] < paid["gradient difference"][2]
    names = ("the last frame", "blurred", "blurred four times", "one pixel aside")
    rows = (re.search(rf"^{name} +(0\..*)$", told, re.MULTILINE)[1] for name in names)
    mse, decibels, ssim, sharp = zip(*map(numbers, rows), strict=True)
    assert mse[1] < mse[2] < mse[3] < mse[0]  # a strong blur before one pixel aside,
    assert decibels[1] > decibels[2] > decibels[3] > decibels[0]
    assert ssim[1] > max(ssim[2:]) and sharp[1] > sharp[3] > sharp[2] > sharp[0]  # but not in edges
    last, same = (
        numbers(line(told, f"{name:18} PSNR frame 1 "))
        for name in ("the last frame", "one image for all")
    )
    assert last[0] > same[0] and last[-1] < same[-1]
    if "141 held-out clips" not in told:
        return  # too short to learn anything
    l2, game = (
        numbers(re.search(rf"^{name} +near a future (.*)$", told, re.MULTILINE)[1])
        for name in ("L2 alone", "L2, then the game")
    )
    assert l2[0] == 0 and game[1] > 25  # the lower quartile of seeds
    close(l2[3], 0.25, 0.02)
    assert game[3] < 0.12
    made = numbers(line(told, "made of made ones  PSNR frame 1 "))
    assert made[0] > last[0] + 1 and made[-1] < made[0] - 1
    contrast = re.search("contrast of what is made, of the truth's: (.*)$", told, re.MULTILINE)
    values = [float(each) for each in re.findall(r"frame \d+ (\d+)%", contrast[1])]
    assert values == sorted(values, reverse=True) and values[0] < 100


class Chapter(NamedTuple):
    """A chapter's notebook: its constants in small, the exercise's answers, what must be true."""

    small: dict
    right: str
    wrong: str
    true: Callable


CHAPTERS = {
    "01_the_game": Chapter(
        {"POINTS": 1501, "OTHERS": 50, "EXAMPLES": 2000}, "-0.75 * np.log(4)", "-1.386", the_game
    ),
    "02_divergences": Chapter(
        {"ROUND": 20, "MEANS, STDS": (25, 17), "ALPHAS": (0.1, 2.0)},
        "np.log(1 / 0.8)",
        "0.8",
        divergences,
    ),
    "03_vanishing_gradients": Chapter(
        {
            "SEEDS": 3,
            "MARKS": (0, 300),
            "PLAYS": (("minimax", 0.0), ("non_saturating", 0.0)),
            "IMAGES, UPDATES": (128, 100),
        },
        "0.5",
        "1",
        vanishing_gradients,
    ),
    "04_clipping_and_penalty": Chapter(
        {
            "SEEDS": 3,
            "STEPS": 200,
            "DEPTH, DEEP_STEPS": (4, 50),
            "BOXES": (0.01, 0.3),
            "EXAMPLES": 300,
        },
        "0.8 * 6.4 * 0.8",
        "0.001",
        clipping_and_penalty,
    ),
    "05_mode_collapse": Chapter(
        {
            "SEEDS": 3,
            "LINE_STEPS": 100,
            "LOOKS": 4,
            "STEPS": 100,
            "FREEZE": (50, 120),
            "ALONE": 100,
            "ROUNDS": 40,
            "TURNS": (5,),
            "METHODS": ("DRAGAN",),
        },
        "1 / 3",
        "5 / 7",
        mode_collapse,
    ),
    "06_gan_and_dcgan": Chapter(
        {
            "SEEDS": 2,
            "STEPS": 4,
            "LOOKS": 2,
            "SAMPLES": 150,
            "FIRST": ("GAN",),
            "NORMS": ("WGAN, no norm",),
            "PENALTY": (),
        },
        "30",
        "0.012",
        curves_of_digits,
    ),
    "07_conditional": Chapter(
        {"SEEDS": 2, "STEPS": 4, "LOOKS": 2, "SAMPLES": 150, "SYSTEMS": ("cGAN",)},
        "10 / 11",
        "0.5",
        listening,
    ),
    "08_two_answers": Chapter(
        {"SEEDS": 3, "STEPS": 700, "INPUTS": 11, "DRAWS": 60}, "36", "-6", two_answers
    ),
    "09_judging": Chapter(
        {"COUNT": 500, "FLOORS": 2, "SIZES": (200, 400, 800)}, "6", "10", judging
    ),
    "10_from_images_to_images": Chapter(
        {
            "SEEDS": 2,
            "HALVINGS, WIDTH": (2, 4),
            "COLOUR_STEPS": 3,
            "FONT_STEPS": 3,
            "HELD_OUT": 64,
            "CYCLE_SEEDS": 3,
            "CYCLE_STEPS": 700,
        },
        "34",
        "32",
        to_images,
    ),
    "11_text_to_image": Chapter(
        {"SEEDS": 2, "STEPS": 3, "SYSTEMS": ("GAN-CLS",)}, "2 / 3", "0.5", sentences
    ),
    "12_next_frame": Chapter(
        {"SEEDS": 2, "STEPS": 6, "ALONE": 3, "FILM_STEPS": 3, "CLIPS": 200},
        "0.2**2",
        "0.25",
        next_frame,
    ),
}
EVERY_CHAPTER = pytest.mark.parametrize("name", CHAPTERS)


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def reduce(notebook, constants):
    """Replace constants in the first code cell, each where it is assigned."""
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    for name, value in constants.items():
        assigned = rf"^{name} = .*$"
        assert len(re.findall(assigned, first.source, re.MULTILINE)) == 1, name
        first.source = re.sub(assigned, f"{name} = {value}", first.source, flags=re.MULTILINE)


def execute(notebook, folder, monkeypatch):
    """Run all cells in a folder that is not the repository's; return what is printed."""
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), known))))
    where = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where).execute()
    return printed(notebook)


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def printed(notebook):
    return "".join(each.text for each in outputs(notebook) if each.output_type == "stream")


def pictures(notebook):
    return [each for each in outputs(notebook) if "image/png" in each.get("data", {})]


def test_every_notebook_is_tested():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == {"toy_ring", *CHAPTERS}


@EVERY_CHAPTER
def test_what_a_chapter_has_stored_is_true(name):
    notebook = read(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(cell.metadata for cell in code)  # as the times at which it was run
    kinds = {(each.output_type, each.get("name")) for each in outputs(notebook)}
    assert kinds <= {("stream", "stdout"), ("display_data", None)}  # neither errors nor warnings
    assert len(pictures(notebook)) >= 4
    assert (FOLDER / f"{name}.ipynb").stat().st_size < 450_000
    assert "not yet answered" in printed(notebook)
    CHAPTERS[name].true(printed(notebook))


@EVERY_CHAPTER
def test_a_chapter_runs_in_small(name, tmp_path, monkeypatch):
    notebook, chapter = read(name), CHAPTERS[name]
    stored = len(pictures(notebook))
    reduce(notebook, chapter.small)
    *_, answer, check = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert answer.source == "answer = None"
    answer.source = f"answer = {chapter.right}"
    for source in (f"answer = {chapter.wrong}", check.source):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    told = execute(notebook, tmp_path, monkeypatch)
    chapter.true(told)
    assert re.findall("^(right|wrong|not yet)", told, re.MULTILINE) == ["right", "wrong"]
    assert len(pictures(notebook)) == stored


@pytest.mark.thorough
@EVERY_CHAPTER
def test_a_chapter_runs_in_full(name, tmp_path, monkeypatch):
    CHAPTERS[name].true(execute(read(name), tmp_path, monkeypatch))


@pytest.mark.parametrize("steps", [100, pytest.param(500, marks=pytest.mark.thorough)])
def test_the_ring_is_covered(steps, tmp_path, monkeypatch):
    notebook = read("toy_ring")
    assert not outputs(notebook), "outputs are stripped"
    reduce(notebook, {"STEPS": steps, "SEED": 1})
    told = execute(notebook, tmp_path, monkeypatch)
    told = re.findall(r"(.+): (\d) of 8 modes, (\d+)% of the samples good", told)
    modes, good = ({name: int(row[i]) for name, *row in told} for i in (0, 1))
    assert list(modes) == ["WGAN-GP", "plain GAN", "plain GAN with momentum"]
    assert len(pictures(notebook)) == 4  # the data, and a row a game
    if steps >= 500:  # chance: 8 discs of radius 3 * 0.02 in a square of side 2 hold 2 % of it
        assert modes["WGAN-GP"] >= 7 and good["WGAN-GP"] >= 10
        assert good["plain GAN with momentum"] < good["WGAN-GP"]
