"""Where the weights of FID's network come from: a file of the user's, the cache, or its source."""

import hashlib
import tempfile
from pathlib import Path

from jaxgan.core.errors import UserError
from jaxgan.core.files import cache, expand

NAME = "pt_inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{NAME}"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"

BLOCK = 2**20  # bytes read at a time
TIMEOUT = 30  # seconds without a byte


def weights(path="", progress=None):
    """The verified bytes of pytorch-fid's weight file (96 MB).

    Args:
      path: the file; "" is the copy in the user's cache, downloaded if there is none.
      progress: called with (done, total) bytes of a download; total is 0 where it is unknown.

    Raises:
      UserError: no such file, another or a damaged file, or no way to download it.
    """
    file = expand(path) if path else cache() / NAME
    if not path and not file.exists():
        fetch(URL, SHA256, file, progress)
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the Inception weights {file}: {error.strerror}.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise UserError(
            f"{file} is damaged, or not {NAME}: its SHA-256 begins with {found[:8]} and must begin "
            f"with {SHA256[:8]}; delete it, or give the right one as --inception_weights=FILE, "
            "when training as --config.evaluation.inception_weights=FILE."
        )
    return data


def fetch(url, sha256, file, progress=None):
    """Download ``url`` to ``file``, which appears only when it is whole and has the ``sha256``.

    Raises:
      UserError: no network, a folder that cannot be written to, or other bytes than expected.
    """
    from http.client import HTTPException
    from urllib.request import urlopen

    part = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as out:
            part, digest, done = Path(out.name), hashlib.sha256(), 0
            with urlopen(url, timeout=TIMEOUT) as response:
                total = int(response.headers.get("Content-Length") or 0)
                while block := response.read(BLOCK):
                    out.write(block)
                    digest.update(block)
                    done += len(block)
                    if progress is not None:
                        progress(done, total)
        if digest.hexdigest() != sha256:
            raise OSError(f"what came has another SHA-256, {digest.hexdigest()[:8]}...")
        part.replace(file)
    except (OSError, HTTPException) as error:
        raise UserError(
            f"the Inception weights could not be downloaded ({error}); fetch {url} by other means "
            "and give the file as --inception_weights=FILE, when training as "
            "--config.evaluation.inception_weights=FILE."
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
