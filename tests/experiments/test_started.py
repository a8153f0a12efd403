"""Every experiment starts by the command that it names."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STARTED = sorted(
    path.stem for path in ROOT.glob("experiments/*.py") if "def main(" in path.read_text()
)


@pytest.mark.parametrize("name", STARTED)
def test_its_command_line_answers(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    monkeypatch.delitem(sys.modules, f"experiments.{name}", raising=False)
    with pytest.raises(SystemExit) as left:
        runpy.run_module(f"experiments.{name}", run_name="__main__")
    assert left.value.code == 0 and capsys.readouterr().out.startswith("usage: ")
