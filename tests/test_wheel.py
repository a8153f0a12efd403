"""What is installed holds the recipes, and all that the package reads beside its code."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIMIT = 20e6  # bytes: nearly all of it is data, which are compressed already


def test_the_wheel_is_whole():
    """Every file of the package that is in version control has its place, and no other."""
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="the extra `test` brings it")
    listed = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run([*listed, "jaxgan", "configs"], capture_output=True, text=True)
    if files.returncode:
        pytest.skip("no version control here, whose files these are")
    packed = list(wheel.WheelBuilder(str(ROOT)).recurse_included_files())
    assert {file.distribution_path for file in packed} == {
        f"jaxgan/{name}" if name.startswith("configs/") else name
        for name in files.stdout.splitlines()
    }
    assert "jaxgan/configs/wgan.py" in {file.distribution_path for file in packed}
    assert sum(Path(file.path).stat().st_size for file in packed) < LIMIT
