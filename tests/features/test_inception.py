"""The network of FID: by hand where it can be, and against pytorch-fid's own where that is."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan.core.errors import UserError
from jaxgan.features import FEATURES, convert, download, inception


def grid(values):
    return jnp.asarray(values, jnp.float32)[None, :, :, None]


def test_the_average_leaves_the_padding_out():
    # 0..8 in a square. A corner sees four pixels, 0 1 3 4; an edge six, 0 to 5; the centre all.
    pooled = inception.average(grid(np.arange(9).reshape(3, 3)))[0, :, :, 0]
    np.testing.assert_allclose(pooled, [[2, 2.5, 3], [3.5, 4, 4.5], [5, 5.5, 6]], rtol=1e-6)


def test_maxima():
    square = grid(-np.arange(25.0).reshape(5, 5))  # negative: zeros from the padding would win
    np.testing.assert_array_equal(inception.shrink(square)[0, :, :, 0], [[0, -2], [-10, -12]])
    assert inception.maximum(square).shape == square.shape
    np.testing.assert_array_equal(inception.maximum(square)[0, 4, :, 0], [-15, -15, -16, -17, -18])


def test_an_image_is_enlarged_between_the_centres_of_its_pixels():
    # Of two pixels 0 and 1: pixel i looks at (i + 1/2) 2/299 - 1/2, which ends at the outer ones.
    small = grid([[0, 1], [0, 1]])
    places = np.clip((np.arange(299) + 0.5) * 2 / 299 - 0.5, 0, 1)
    big = inception.resized(small)
    assert big.shape == (1, 299, 299, 3)
    np.testing.assert_allclose(big, np.tile(places[:, None], (1, 299, 1, 3)), atol=1e-6)
    np.testing.assert_allclose(
        inception.resized(small.swapaxes(1, 2)), big.swapaxes(1, 2), atol=1e-6
    )


def test_an_image_is_shrunk_without_antialiasing():
    # 1196 = 4 * 299: pixel i looks at 4 i + 3/2, the mean of pixels 4 i + 1 and 4 i + 2 alone.
    column = np.tile([9.0, 1.0, 2.0, 9.0], 299)[:, None]
    np.testing.assert_allclose(inception.resized(grid(column)), 1.5, atol=1e-5)


def test_colours_stay_in_their_channels():
    colour = jnp.asarray([0.1, 0.2, 0.3])[None, None, None]
    np.testing.assert_allclose(inception.resized(colour)[0, 7, 9], [0.1, 0.2, 0.3], rtol=1e-6)


def test_the_sizes_of_the_network():
    x = jax.ShapeDtypeStruct((2, 299, 299, 3), jnp.float32)
    init = inception.Inception().init_with_output
    (depths, logits), variables = jax.eval_shape(init, jax.random.key(0), x)
    assert [depth.shape for depth in depths] == [(2, 64), (2, 192), (2, 768), (2, 2048)]
    assert logits.shape == (2, 1008)
    leaves = jax.tree.leaves(variables)
    # Keras counts 21 802 784 without classifier: kernels, and 3 numbers for each of 17 216 filters.
    kernels = 21_802_784 - 3 * 17_216
    assert sum(leaf.size for leaf in leaves) == kernels + 17_216 + 2048 * 1008
    assert len(leaves) == 2 * 94 + 1


def test_two_channels_are_refused():
    extract = inception.from_variables("random", "", {}, 2)
    with pytest.raises(UserError, match="1 or 3 channels, not 2"):
        extract.run(np.zeros((1, 8, 8, 2), np.float32))


def test_only_the_right_weights_are_called_inception(tmp_path):
    file = tmp_path / "other.pth"
    file.write_bytes(b"other weights")
    with pytest.raises(UserError, match="must begin with 6726825d"):
        FEATURES["inception"](weights=str(file))


@pytest.fixture
def reference(monkeypatch, torchvision):
    """pytorch-fid's network with random weights: its state dict and four depths as a function."""
    torch = pytest.importorskip("torch")
    fid = pytest.importorskip("pytorch_fid.inception", reason="the extra `parity` brings it")
    net = random_network(torch, fid, monkeypatch).eval()
    monkeypatch.setattr(fid, "fid_inception_v3", lambda: net)
    twin = fid.InceptionV3(output_blocks=[0, 1, 2, 3]).eval()

    def depths(x):  # uint8 [B, H, W, 3], as pytorch-fid's command reads files
        with torch.no_grad():
            blocks = twin(torch.from_numpy(x).permute(0, 3, 1, 2) / 255)
        return [block.mean((2, 3)).numpy() for block in blocks]

    file = io.BytesIO()
    torch.save(net.state_dict(), file, _use_new_zipfile_serialization=False)
    return file.getvalue(), depths


def random_network(torch, fid, monkeypatch):
    """The weights keep the size of what flows through; no statistic is 0 or 1."""
    monkeypatch.setattr(fid, "load_state_dict_from_url", lambda *args, **options: {})
    monkeypatch.setattr(fid.torchvision.models.Inception3, "load_state_dict", lambda *args: None)
    net, generator = fid.fid_inception_v3(), torch.Generator().manual_seed(0)
    for layer in net.modules():
        if isinstance(layer, torch.nn.Conv2d):
            deviation = (2 / layer.weight[0].numel()) ** 0.5
            layer.weight.data.normal_(0, deviation, generator=generator)
        if isinstance(layer, torch.nn.BatchNorm2d):
            for values in (layer.weight.data, layer.running_var):
                values.uniform_(0.6, 1.4, generator=generator)
            for values in (layer.bias.data, layer.running_mean):
                values.normal_(0, 0.2, generator=generator)
    return net


def test_every_depth_agrees_with_pytorch_fid(reference):
    file, reference_depths = reference
    state = convert.read_pth(file)
    variables = convert.inception(state)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 40, 3)).astype(np.uint8)
    expected = reference_depths(pixels)
    x = (pixels / 127.5 - 1).astype(np.float32)

    @jax.jit
    def shallow(variables, x):
        return inception.Inception().apply(variables, inception.resized(x))[0][:3]

    features, logits = inception.from_variables("random", "", variables, 2).run(x)
    got = [*shallow(variables, x), features, logits]
    expected = [*expected, expected[-1] @ state["fc.weight"].T]
    for ours, theirs in zip(got, expected, strict=True):
        # Two images of noise are alike: what tells them apart must agree too.
        assert theirs.std(0).mean() > 1e-3 * np.abs(theirs).mean()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


def test_the_pinned_file_is_what_the_row_reads(monkeypatch):
    asked = []
    monkeypatch.setattr(download, "weights", lambda *given: asked.append(given) or b"")
    monkeypatch.setattr(convert, "read_pth", lambda data: {"fc.weight": np.zeros((1008, 2048))})
    extract = FEATURES["inception"](weights="FILE")
    assert asked == [("FILE", None)]
    assert (extract.name, extract.hash) == ("inception", download.SHA256)
    assert (extract.width, extract.classes) == (2048, 1008)
