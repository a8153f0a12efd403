"""The notebook runs from top to bottom, and what it teaches is true."""

import re
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "toy_ring.ipynb"

nbformat = pytest.importorskip("nbformat", reason="the extra `test` brings it")
nbclient = pytest.importorskip("nbclient", reason="the extra `test` brings it")


@pytest.mark.filterwarnings("ignore")  # those of the Jupyter packages
def test_the_ring_is_covered():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are stripped"
    (steps,) = (cell for cell in notebook.cells if cell.source.startswith("STEPS = "))
    steps.source = "STEPS = 500\nSEED = 1"
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    told = re.findall(r"(.+): (\d) of 8 modes, (\d+)% of the samples good", printed)
    modes, good = ({name: int(row[i]) for name, *row in told} for i in (0, 1))
    assert list(modes) == ["WGAN-GP", "plain GAN", "plain GAN with momentum"]
    # Chance: 8 discs of radius 3 * 0.02 in a square of side 2 hold 2 % of it.
    assert modes["WGAN-GP"] >= 7 and good["WGAN-GP"] >= 10
    assert good["plain GAN with momentum"] < good["WGAN-GP"]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 4  # the data, and a row a game
