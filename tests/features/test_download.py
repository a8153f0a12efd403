import hashlib

import pytest

from jaxgan.core import files
from jaxgan.core.errors import UserError
from jaxgan.features import download

CONTENT = bytes(range(256)) * 5


@pytest.fixture(autouse=True)
def source(tmp_path, monkeypatch):
    """A file as the source, its hash as the right one, an empty cache."""
    file = tmp_path / "source"
    file.write_bytes(CONTENT)
    monkeypatch.setattr(download, "URL", file.as_uri())
    monkeypatch.setattr(download, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(download, "BLOCK", 1000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return file


def cached():
    return sorted(file.name for file in files.cache().glob("*"))


def test_the_name_tells_the_hash(monkeypatch):
    monkeypatch.undo()
    assert len(download.SHA256) == 64
    assert download.NAME.endswith(f"-{download.SHA256[:8]}.pth")
    assert download.URL.endswith(f"/{download.NAME}")


def test_downloaded_once_then_from_the_cache(source):
    calls = []
    data = download.weights(progress=lambda *counts: calls.append(counts))
    assert data == CONTENT and cached() == [download.NAME]
    assert calls == [(1000, 1280), (1280, 1280)]
    source.unlink()
    assert download.weights() == CONTENT


def test_a_file_of_the_users_is_read_where_it_is(source):
    assert download.weights(str(source)) == CONTENT and cached() == []


def test_no_network(source):
    source.unlink()
    with pytest.raises(UserError, match="could not be downloaded .*--inception_weights=FILE"):
        download.weights()
    assert cached() == []


def test_what_arrives_damaged_never_becomes_the_file(source):
    source.write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match="another SHA-256"):
        download.weights()
    assert cached() == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(UserError, match="could not be downloaded"):
        download.weights()


def test_damaged_and_missing_files_are_named(tmp_path):
    file = tmp_path / "mine.pth"
    with pytest.raises(UserError, match=r"cannot read the Inception weights .*mine\.pth: No such"):
        download.weights(str(file))
    file.write_bytes(CONTENT + b"!")
    with pytest.raises(UserError, match=r"mine\.pth is damaged, or not pt_inception.* begins with"):
        download.weights(str(file))
