import ast
import subprocess
import sys
from pathlib import Path

import pytest

import jaxgan

PACKAGE = Path(jaxgan.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))

# Every room of the package, in the order of imports: a file imports from its own room and from
# rooms of the lines above. ``__init__`` of the package stands alone.
ORDER = (
    {"core"},
    {"theory", "metrics", "models", "step"},
    {"text"},
    {"losses", "data", "features"},
    {"games"},
    {"defaults", "evaluation"},
    {"build", "cli", "run"},
    {"inference", "report"},
    {"catalogue", "train", "sample", "translate", "film", "evaluate", "lab", "tuning"},
    {"export", "rehearsal"},
    {"main"},
)
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}
FLAT = 9  # files beside the folders, at most
# Other people's packages that only these rooms may import.
OWNERS = {
    "orbax": {"run/storage"},
    "matplotlib": {"evaluation/plot", "evaluation/grid"},
    "PIL": {"evaluation/grid", "data"},
    "tensorflow_datasets": {"data"},
    "grain": {"data"},
    "tensorboardX": {"run/events"},
    "tqdm": {"run/progress"},
    "ml_collections": {"build", "defaults"},
    "jax2onnx": {"export/forms"},
    "starlette": {"lab"},
    "uvicorn": {"lab"},
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


def test_every_room_has_its_place_in_the_order():
    assert {room(file) for file in FILES} - {"__init__"} == set(LEVEL)
    assert len([file for file in FILES if file.parent == PACKAGE]) <= FLAT


@EVERY_FILE
def test_no_arrow_points_back(file):
    found = {name.split(".")[1] for name in imports(file) if name.startswith("jaxgan.")}
    above = {name for name in found if LEVEL[name] >= LEVEL.get(room(file), 0)}
    assert above <= {room(file)}, f"{file.name} imports {above - {room(file)}}"


@EVERY_FILE
def test_every_package_has_its_room(file):
    own = file.relative_to(PACKAGE).with_suffix("").as_posix()
    for name in imports(file):
        owners = OWNERS.get(name.split(".")[0])
        assert owners is None or {own, room(file)} & owners, f"{name} in {file.name}"


@EVERY_FILE
def test_devices_are_named_in_one_file(file):
    words = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # jax.devices() counts them; devices.count is what parallel.py says of them.
            words |= {node.attr} if node.value.id in ("jax", "lax") else set()
    words |= {name.split(".")[-1] for name in imports(file) if name.startswith("jax.")}
    own = file.relative_to(PACKAGE).as_posix()
    assert own == "step/parallel.py" or not words & DEVICE_WORDS


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
    heavy = {name for name in OWNERS if name != "ml_collections"}
    assert {"jaxgan", "jax"} <= loaded and not loaded & heavy
