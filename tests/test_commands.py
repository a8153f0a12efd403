"""``jaxgan``, its help, ``jaxgan sample``; and the real thing in processes of their own."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from jaxgan import cli, data, defaults, sample
from jaxgan.build.run import prepare
from jaxgan.run import checkpoint, directory

ROOT = Path(__file__).parents[1]


def test_help(capsys):
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert out == "" and "usage: jaxgan COMMAND" in err
    assert cli.main(["--help"]) == 0
    assert capsys.readouterr() == (err, "")
    for name in cli.COMMANDS:
        assert f"  jaxgan {name} " in err
        with pytest.raises(SystemExit) as left:
            cli.main([name, "--help"])
        out, nothing = capsys.readouterr()
        assert left.value.code == 0 and nothing == ""
        assert out.startswith(f"usage: jaxgan {name} ")
        assert "--workdir DIR" in out or name in ("lab", "list", "tune")  # which write nothing
        assert all(len(line) <= 80 for line in out.splitlines())


def test_an_unknown_command(mistake):
    known = ", ".join(sorted(cli.COMMANDS))
    assert mistake(cli.main, ["trian"]) == f"unknown command 'trian'; known: {known}."
    assert "jaxgan train --help" in mistake(cli.main, ["train", "--confg"])


# What stands for a path in the help; --data=FORM:PATH is read where data are.
OF_A_PATH = ("DIR", "FILE", "FILE.png", "PICTURES", "RECIPE")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_path_begins_at_home_and_nothing_else_does(name, monkeypatch):
    """Behind ``=``, where a shell leaves ``~`` alone."""
    monkeypatch.setenv("HOME", "/home/of")
    parser = importlib.import_module(cli.COMMANDS[name][0]).parser()
    for action in parser._actions:
        action.required = False  # one at a time
    found = [action for action in parser._actions if action.type is None and action.nargs != 0]
    options = {action.dest: action for action in found if action.option_strings}
    for dest, action in options.items():
        flags, _ = parser.parse_known_args([f"{action.option_strings[0]}=~/of/"])
        value = getattr(flags, dest)
        if dest == "first":
            (value,) = map(str, cli.workdirs_of(flags))
            assert value == "/home/of/of"
            continue
        path = action.metavar in OF_A_PATH or dest in ("out", "mask")
        assert value in ("/home/of/of/", ["/home/of/of/"]) if path else "~/of/" in value, dest


@pytest.mark.parametrize(
    "words",
    [
        "sample --workdir=run --num=N",
        "sample --workdir=run --seed=N",
        "sample --workdir=run --label=N",
        "sample --workdir=run --member=N",
        "sample --workdir=run --step=N",
        "sample --workdir=run --step=\u00b2",
        "evaluate --workdir=run --num=N",
        "evaluate --workdir=run --seed=N",
        "evaluate --real=a --fake=a --size=N",
        "evaluate --real=a --fake=a --channels=N",
        "train --config=configs/gan.py --workdir=run --processes=localhost:1,N,0",
    ],
)
@pytest.mark.parametrize("run", ["unconditional"], indirect=True)
def test_no_number_is_too_wild_for_a_sentence(mistake, run, monkeypatch, words):
    """The one of the option that is wrong, though the files beside it are missing too."""
    monkeypatch.chdir(ROOT)
    argv = words.replace("=N", "=" + "9" * 20).replace(",N,", f",{'9' * 20},").split()
    argv = [word.replace("=run", f"={run}") for word in argv]
    told = mistake(cli.main, argv)
    assert argv[-1].split("=")[0].removeprefix("--") in told
    assert "9" * 20 in told or "no label" in told or "\u00b2" in told


FLAGS = {
    "sample --workdir=run --out": ("x", "1e20", "9" * 999, "/"),
    "sample --workdir=run --num": ("1e20", "nan", "", "None", "2147483647", "-1"),
    "sample --workdir=run --step": ("nan", "-1", "9" * 999, ""),
    "evaluate --workdir=run --out": ("..", ".", "/", "a.npz/e.json", "9" * 999),
    "evaluate --workdir=run --features": ("1e20", "None"),
    "evaluate --real=a --fake": ("9" * 999, "b", "."),
    "film --workdir=run --out": ("x", "1e20", "9" * 999, "/", "..", ".png"),
    "film --workdir=run --steps": ("", "x", "1e20", "5", "4,", "-4", "9" * 999, "9" * 9999),
    "film --workdir=run --epochs": ("", "x", "nan", "inf", "-1", "9" * 999),
    "film --workdir=run --out=a.gif --frame_ms": ("0", "1e20", "9" * 99),
    "film --workdir": ("", ",", "9" * 999, "nowhere,"),
    "report --workdir=run --out": ("x", "1e20", "9" * 999, "/", "..", "9" * 999 + ".html"),
    "report --workdir": ("", "9" * 999, "nowhere"),
    "translate --workdir=run --out=o --input": ("9" * 999, "", "nowhere", "*.jpg", "a.npz"),
    "translate --workdir=run --input=a.npz --out": ("9" * 999, "a.npz", "a.npz/o", ""),
    "train --workdir=r --config": ("9" * 999, "None", "", "."),
    "train --config=configs/gan.py --workdir": ("9" * 999, ""),
}


@pytest.mark.parametrize("words", FLAGS)
@pytest.mark.parametrize("run", ["unconditional"], indirect=True)
def test_no_flag_takes_nonsense(mistake, run, monkeypatch, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.npz").touch()
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    argv = words.replace("=run", f"={run}").split()
    for text in FLAGS[words]:
        assert mistake(cli.main, [*argv[:-1], f"{argv[-1]}={text}"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "configs"]


TOLD = {
    "jaxgan.main --config={root}/configs/gan.py --config.loss=none": "unknown loss 'none'; known: ",
    "jaxgan.sample": "{run}/config.json cannot be read",
}


@pytest.mark.parametrize("words", TOLD)
def test_a_process_of_its_own(words, tmp_path):
    """A mistake is all that a real command says: no warning, no log, no traceback."""
    run = tmp_path / "run"
    argv = [sys.executable, "-m", *words.format(root=ROOT).split(), f"--workdir={run}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"jaxgan: {TOLD[words].format(run=run)}")
    assert ended.stderr.count("\n") == 1 and not run.exists()


def test_the_console_command():
    """What the package's metadata call ``jaxgan``."""
    code = "import sys; from jaxgan.cli import main; sys.exit(main())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-X", "importtime", "-c", code, "--help"]
    ended = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0 and ended.stdout.startswith("usage: jaxgan COMMAND")
    assert not any(line.endswith(" jax") for line in ended.stderr.splitlines())  # help is quick


@pytest.fixture(scope="module", params=["unconditional", "conditional"])
def run(request, tmp_path_factory):
    """A run directory with a checkpoint of step 4, its networks all zeros: nothing is compiled."""
    workdir = tmp_path_factory.mktemp(request.param)
    config = defaults.get_config()
    config.game = defaults.game(request.param, z_dim=4)
    config.generator = defaults.generator("mlp", features=(8,))
    config.critic = defaults.critic("mlp", features=(8,))
    state = jax.eval_shape(prepare(config).create)
    state = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), state)
    entries = data.load("mnist10k").entries
    directory.write_config(workdir, config.to_dict(), entries)
    with checkpoint.open_checkpoints(workdir / "checkpoints") as checkpoints:
        checkpoints.save(4, state)
    return workdir


MISTAKES = {
    "--num=0": "num is 0; it must lie in [1, 2147483648).",
    "--num=few": "argument --num: not a whole number: 'few'; jaxgan sample --help tells",
    "--seed=-1": "seed is -1; it must lie in [0, 2147483648).",
    "--out=grid.jpg": "cannot write grid.jpg: it must end in .png (a picture), .npz (the array",
    "--step=5": "there is no checkpoint of step 5 in {run}/checkpoints; known: 4.",
    "--step=last": "there is no checkpoint of step last in {run}/checkpoints; known: 4.",
    "--step=best": "there is no checkpoint with a metric in {run}/checkpoints; known: 4.",
    "--wordkir=here": "unrecognized arguments: --wordkir=here; jaxgan sample --help tells",
}


@pytest.mark.parametrize("word", MISTAKES)
def test_mistakes_in_sampling(mistake, run, tmp_path, monkeypatch, word):
    monkeypatch.chdir(tmp_path)
    assert MISTAKES[word].format(run=run) in mistake(sample.main, [f"--workdir={run}", word])
    assert not list(tmp_path.iterdir())


def test_labels_of_samples(mistake, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "unconditional" in run.name:
        told = f"{run} is an unconditional run; it takes no label."
        assert mistake(sample.main, [f"--workdir={run}", "--label=1"]) == told
    else:
        known = ", ".join("0123456789")
        for label in (10, -1):
            told = mistake(sample.main, [f"--workdir={run}", f"--label={label}"])
            assert told == f"label {label} is unknown; known: {known} (numbers 0 to 9)."
    assert not list(tmp_path.iterdir())


def test_directories_without_a_run(mistake, tmp_path):
    assert "arguments are required: --workdir" in mistake(sample.main, [])
    told = mistake(sample.main, [f"--workdir={tmp_path}"])
    assert told.startswith(f"{tmp_path}/config.json cannot be read (No such file or directory)")
    entries = data.load("mnist10k").entries
    directory.write_config(tmp_path, defaults.get_config().to_dict(), entries)
    told = mistake(sample.main, [f"--workdir={tmp_path}"])
    assert told == f"there is no checkpoint in {tmp_path}/checkpoints; known: none."
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_place_that_cannot_be_written(run, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    argv = [f"--workdir={run}", "--num=1", f"--out={tmp_path}/file/a.npz"]
    assert sample.main(argv) == 2
    told = f"jaxgan: cannot write {tmp_path}/file/a.npz: {tmp_path}/file is no folder.\n"
    assert capsys.readouterr().err == told
