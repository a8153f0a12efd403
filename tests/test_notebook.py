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
    steps.source = "STEPS = 600"
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    printed = "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )
    modes, good = re.search(
        r"WGAN-GP: (\d) of 8 modes, (\d+)% of the samples good", printed
    ).groups()
    # Chance: 8 discs of radius 3 * 0.02 in a square of side 2 hold 2 % of it.
    assert int(modes) >= 6 and int(good) >= 10
    assert re.search(r"plain GAN: \d of 8 modes", printed)
