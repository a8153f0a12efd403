"""``jaxgan export``: files that give back the generator's numbers where there is no jaxgan."""

import dataclasses
import json
import re
import subprocess
import sys

import jax
import numpy as np
import pytest

from jaxgan import defaults, sample, translate
from jaxgan.build.run import prepare
from jaxgan.cli import main
from jaxgan.core.errors import UserError
from jaxgan.data import entries
from jaxgan.export import forms
from jaxgan.export.card import READERS, card
from jaxgan.export.generator import load
from jaxgan.run import checkpoint, directory

pytest.importorskip("safetensors", reason="the extra `export` brings it")
pytest.importorskip("flatbuffers", reason="the extra `export` brings it")


def small():
    """A conditional DCGAN: strided convolutions, batch statistics."""
    config = defaults.get_config()
    config.game = defaults.game("conditional", z_dim=3)
    config.data.size = 8
    config.generator = defaults.generator("dcgan", channels=(4,))
    config.critic = defaults.critic("mlp", features=(4,))
    return config


def drawn(config, workdir):
    """A run directory as training leaves it at step 4, whose numbers are drawn."""
    built = prepare(config)
    rng = np.random.default_rng(0)
    state = jax.tree.map(
        lambda leaf: abs(rng.normal(size=leaf.shape)).astype(leaf.dtype),
        jax.eval_shape(built.create),
    )
    directory.write_config(workdir, config.to_dict(), entries(built.sources))
    with checkpoint.open_checkpoints(workdir / "checkpoints") as kept:
        kept.save(4, state)
    row = {"step": 4, "sliced_wasserstein": 0.5, "warnings": {"collapse": "Samples are alike."}}
    (workdir / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    return workdir


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return drawn(small(), tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(1)
    label = np.eye(10, dtype=np.float32)[rng.integers(10, size=5)]
    return {"z": rng.normal(size=(5, 3)).astype(np.float32), "label": label}


@pytest.fixture(scope="module")
def made(run, given):
    exported = load(run)
    return np.asarray(exported.apply(exported.variables, given))


def card_of(file):
    return file.with_name(f"{file.name}.md").read_text()


def alone(code, cwd):
    """What a program prints that finds the packages of this environment, and no jaxgan."""
    hidden = "import sys\nsys.modules['jaxgan'] = None\n"  # an editable one would be found
    argv = [sys.executable, "-I", "-c", hidden + code]
    ended = subprocess.run(argv, capture_output=True, text=True, cwd=cwd, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def check_drawn(run, file, atol):
    """A file is drawn from as its run is, row by row."""
    mine, theirs = sample.load(run), sample.load(file)
    assert (theirs.step, theirs.class_names) == (4, mine.class_names)
    np.testing.assert_allclose(mine(2, label="7"), theirs(2, label="7"), atol=atol)


def test_stablehlo_where_there_is_no_jaxgan(run, given, made, tmp_path, capsys):
    assert main(["export", f"--workdir={run}", f"--out={tmp_path}/g.stablehlo"]) == 0
    assert "The generator of step 4: " in capsys.readouterr().out
    np.savez(tmp_path / "given.npz", **given)
    read = READERS[".stablehlo"][1].format(file="g.stablehlo", arguments="**np.load('given.npz')")
    told = alone(f"{read}print(*generator.platforms)\nnp.save('x.npy', x)", cwd=tmp_path)
    assert told.split() == ["cpu", "cuda", "tpu"]
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), made, atol=1e-6)
    check_drawn(run, tmp_path / "g.stablehlo", atol=1e-6)


@pytest.mark.parametrize("other", ["cuda", "tpu"])
def test_what_other_platforms_run_gives_the_same_numbers_here(other, run, given, made, tmp_path):
    """Where the names change places, a CPU takes the branch of the other: XLA's own convolutions.

    No call but those that check shapes leaves StableHLO, so that nothing in it is a CPU's alone.
    """
    forms.stablehlo(tmp_path / "g.stablehlo", load(run))
    exported = jax.export.deserialize(bytearray((tmp_path / "g.stablehlo").read_bytes()))
    assert exported.platforms == ("cpu", "cuda", "tpu")
    called = set(re.findall(r"custom_call @(\w+)", exported.mlir_module()))
    assert called <= {"shape_assertion"}
    names = {"cpu": other, other: "cpu"}
    swapped = tuple(names.get(name, name) for name in exported.platforms)
    branch = dataclasses.replace(exported, platforms=swapped).call
    np.testing.assert_allclose(branch(**given), made, atol=1e-5)
    native, own = (jax.jit(f).lower(**given).compile().as_text() for f in (branch, exported.call))
    assert " convolution(" in native and " convolution(" not in own


def test_onnx_where_there_is_no_jaxgan(run, given, made, tmp_path):
    pytest.importorskip("jax2onnx", reason="no extra brings it: it wants an older orbax-checkpoint")
    pytest.importorskip("onnxruntime")
    assert main(["export", f"--workdir={run}", f"--out={tmp_path}/g.onnx"]) == 0
    np.savez(tmp_path / "given.npz", **given)
    read = READERS[".onnx"][1].format(file="g.onnx", arguments="np.load('given.npz')")
    alone(f"{read}np.save('x.npy', x)", cwd=tmp_path)
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), made, atol=1e-5)
    check_drawn(run, tmp_path / "g.onnx", atol=1e-5)


def test_weights_where_there_is_no_jaxgan_and_where_there_is(run, tmp_path):
    file = tmp_path / "g.safetensors"
    assert main(["export", f"--workdir={run}", f"--out={file}"]) == 0
    read = READERS[".safetensors"][1].format(file="g.safetensors")
    told = alone(f"{read}print(*[f'{{n}}:{{w.size}}' for n, w in weights.items()])", cwd=tmp_path)
    sizes = dict(each.split(":") for each in told.split())
    exported = load(run)
    leaves = jax.tree_util.tree_leaves_with_path(exported.variables)
    assert sizes == {"/".join(key.key for key in path): str(leaf.size) for path, leaf in leaves}
    check_drawn(run, file, atol=0)


def test_the_card_tells_data_licence_and_metrics(run, tmp_path):
    (tmp_path / "g.safetensors.json").mkdir()  # where functions alone have something beside them
    assert main(["export", f"--workdir={run}", f"--out={tmp_path}/g.safetensors"]) == 0
    text = (tmp_path / "g.safetensors.md").read_text()
    for words in (
        "CC BY-SA 3.0",
        '`sample.load("g.safetensors")`',
        "sliced_wasserstein",
        "| `z` | [B, 3] |",
        "one-hot: 0, 1, 2",
    ):
        assert words in text
    assert "collapse" not in text


@pytest.mark.parametrize(
    "of, told",
    [
        ({"run": {"step": 4}}, "samples against as many real examples, features net"),
        ({"run": {"step": 3}}, "What the run wrote down"),
        ({"folders": {}}, "What the run wrote down"),
    ],
)
def test_the_card_has_the_evaluation_of_its_step(run, of, told, tmp_path):
    found = {"values": {"ema": {"fd": 3.25}}, "floor": {"fd": 0.5}, "counts": {"samples": 7}}
    found |= {"network": "net", "reference": "7 of the 14", **of}
    (tmp_path / "evaluation.json").write_text(json.dumps(found))
    (tmp_path / "metrics.jsonl").write_text('{"step": 4, "fd": 3.0}\n')
    exported = load(run)
    assert told in card(tmp_path / "g.safetensors", exported, tmp_path)


def test_a_member_is_exported_as_a_run_of_its_own(tmp_path):
    config = small()
    config.population.members = 2
    config.population.vary = "critic.optimizer.learning_rate=0.25,0.5 penalties.r1.weight=0,2"
    config.seed = 5
    workdir = drawn(config, tmp_path / "two")
    exported = load(workdir, member=1)
    own = exported.content["config"]
    assert own["population"] == {"members": 1, "vary": ""} and own["seed"] == 6
    assert own["critic"]["optimizer"]["learning_rate"] == 0.5
    assert own["penalties"]["r1"]["weight"] == 2
    assert "at this step, medians of 2 members." in card(tmp_path / "g.onnx", exported, workdir)


def test_a_run_that_goes_both_ways(mistake, tmp_path):
    config = defaults.get_config()
    config.data.name, config.data.size, config.data.unpaired = "emoji", 8, True
    config.game = defaults.game("cycle")
    config.loss = defaults.loss("least_squares")
    config.terms.l1.weight = 10.0
    config.generator = defaults.generator("unet", halvings=1, width=2, norm="none")
    config.critic = defaults.critic("patch", layers=0, width=2, norm="instance")
    workdir = drawn(config, tmp_path / "both")
    told = mistake(main, ["export", f"--workdir={workdir}", f"--out={tmp_path}/a.stablehlo"])
    assert "name one of AtoB, BtoA" in told
    back = card(tmp_path / "a.onnx", load(workdir, direction="BtoA"), workdir)
    assert "It translates BtoA." in back and "holds both" not in back
    assert '`translate.load("a.onnx")`' in back and "in `a.onnx.json`, which must lie" in back
    assert main(["export", f"--workdir={workdir}", f"--out={tmp_path}/a.safetensors"]) == 0
    assert "holds both AtoB and BtoA" in (tmp_path / "a.safetensors.md").read_text()
    both, back = tmp_path / "a.safetensors", tmp_path / "a.stablehlo"
    assert sample.load(both).shape_of("BtoA") == (8, 8, 3)
    # The function is one of the two networks, and makes pictures of other sizes in tiles.
    assert main(["export", f"--workdir={workdir}", f"--out={back}", "--direction=BtoA"]) == 0
    numbers = {file: re.search(r"\(([\d,]+) numbers\)", card_of(file))[1] for file in (both, back)}
    assert int(numbers[both].replace(",", "")) == 2 * int(numbers[back].replace(",", ""))
    function, weights = translate.load(back), translate.load(both)
    image = np.random.default_rng(2).uniform(-1, 1, (8, 8, 3)).astype(np.float32)
    expected = weights(image, direction="BtoA")
    np.testing.assert_allclose(function(image), expected, atol=1e-6)
    assert function.plan(8, 10).piece == (8, 8) and function(image[:, :7]).shape == (8, 7, 3)
    with pytest.raises(UserError, match="unknown direction 'AtoB'; known: BtoA"):
        function(image, direction="AtoB")


def test_mistakes(run, mistake, tmp_path, monkeypatch):
    known = ".safetensors, .stablehlo, .onnx"
    told = mistake(main, ["export", f"--workdir={run}", "--out=a.h5"])
    assert told == f"cannot write a.h5: it must end in one of {known}."
    (tmp_path / "a.safetensors").write_text("nothing")
    told = mistake(sample.main, [f"--workdir={tmp_path}/a.safetensors"])
    assert "is no generator that jaxgan export wrote" in told
    content = {"step": 4, "direction": "", **directory.read_content(run)}
    (tmp_path / "a.stablehlo").write_text("nothing")
    told = mistake(sample.main, [f"--workdir={tmp_path}/a.stablehlo"])
    assert "is read with a.stablehlo.json beside it" in told
    (tmp_path / "a.stablehlo.json").write_text(json.dumps(content))
    told = mistake(sample.main, [f"--workdir={tmp_path}/a.stablehlo"])
    assert "is no function that jaxgan export wrote" in told
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    for name in ("a.onnx", "a.onnx.json"):
        (tmp_path / name).write_text(json.dumps(content))
    told = mistake(sample.main, [f"--workdir={tmp_path}/a.onnx"])
    assert told == "a .onnx file is read by onnxruntime: pip install onnxruntime."
    monkeypatch.setitem(sys.modules, "jax2onnx", None)
    told = mistake(main, ["export", f"--workdir={run}", f"--out={tmp_path}/b.onnx"])
    assert "pip install --no-deps jax2onnx" in told
    monkeypatch.setitem(sys.modules, "flatbuffers", None)
    told = mistake(main, ["export", f"--workdir={run}", f"--out={tmp_path}/b.stablehlo"])
    assert told == "a .stablehlo file needs flatbuffers: pip install 'jaxgan[export]'."
    assert not list(tmp_path.glob("b.*"))
