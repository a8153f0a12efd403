import ast
import subprocess
import sys
from pathlib import Path

import pytest

import jaxgan

PACKAGE = Path(jaxgan.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))

# The pure rooms, each with all that it may import of the package beside itself. Whatever is not
# here belongs to the host, and the host is nobody's business.
PURE = {
    "errors": set(),
    "noise": set(),
    "table": set(),
    "theory": {"errors"},
    "losses": {"errors", "noise", "table", "theory"},
    "metrics": {"errors"},
    "models": {"errors"},
    "data": {"errors", "noise"},
    "networks": {"errors"},
    "state": set(),
    "optim": {"errors"},
    "parallel": {"errors"},
    "features": {"errors", "models", "table"},
    "games": {"errors", "noise", "table", "losses"},
    "step": {"noise", "parallel", "state", "games"},
}
# Other people's packages that only these rooms may import.
OWNERS = {
    "orbax": {"checkpoint"},
    "matplotlib": {"plot"},
    "PIL": {"plot", "data"},
    "tensorflow_datasets": {"data"},
    "grain": {"data"},
    "tensorboardX": {"report"},
    "tqdm": {"report"},
    "ml_collections": {"main", "defaults", "check"},
    "tensorflow": set(),
    "torch": set(),
}
DEVICE_WORDS = {
    *("pmap", "shard_map", "pmean", "psum", "all_gather", "axis_index", "axis_size"),
    *("Mesh", "NamedSharding", "PartitionSpec", "devices", "local_devices"),
    *("device_count", "local_device_count"),
}


def room(file):
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file):
    """Full names of all that a file imports, wherever in it: "jaxgan.errors.choose"."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_tables_are_of_rooms_that_exist():
    rooms = {room(file) for file in FILES}
    assert set(PURE) | set().union(*OWNERS.values()) <= rooms
    assert {room(file) for file in FILES if file.parent != PACKAGE} <= set(PURE)


@EVERY_FILE
def test_no_arrow_points_back(file):
    found = {name.split(".")[1] for name in imports(file) if name.startswith("jaxgan.")}
    assert room(file) not in PURE or found <= PURE[room(file)] | {room(file)}


@EVERY_FILE
def test_every_package_has_its_room(file):
    for name in imports(file):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or room(file) in owners, f"{name} in {file.name}"


@EVERY_FILE
def test_devices_are_named_in_one_file(file):
    words = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # jax.devices() counts them; devices.count is what parallel.py says of them.
            words |= {node.attr} if node.value.id in ("jax", "lax") else set()
    words |= {name.split(".")[-1] for name in imports(file) if name.startswith("jax.")}
    assert room(file) == "parallel" or not words & DEVICE_WORDS


def test_importing_every_module_is_light():
    code = (
        "import importlib, pkgutil, sys, jaxgan\n"
        "for module in pkgutil.walk_packages(jaxgan.__path__, 'jaxgan.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    loaded = {name.split(".")[0] for name in ran.stdout.split()}
    heavy = OWNERS.keys() - {"ml_collections"}
    assert {"jaxgan", "jax"} <= loaded and not loaded & heavy
