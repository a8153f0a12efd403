"""Words, letters, vectors of sentences, and the joint embedding by hand and in PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxgan import data, text
from jaxgan.core.errors import UserError
from jaxgan.data import feed
from jaxgan.features import joint as seen
from jaxgan.metrics import caption_retrieval
from jaxgan.text import char_cnn_rnn, joint
from jaxgan.text.words import bag_of_words

KNOWN = ("a", "cat", "dark", "red", "réunion")


def test_words_and_those_that_nobody_has_learned():
    assert text.words("Man: DARK skin-tone, Réunion!") == [
        *("man", "dark", "skin", "tone", "réunion")
    ]
    assert text.vocabulary(["red cat", "a cat"]) == ("a", "cat", "red")
    assert text.unknown("a red dog, a big cat", KNOWN) == ["dog", "big"]
    assert text.unknown("dark", KNOWN) == []


@pytest.mark.parametrize(
    "sentence, told",
    [
        ("", "the text has no word; write a sentence"),
        (" ,!", "the text has no word"),
        ("kat", "no word of 'kat' is in any caption of training; near ones: cat"),
        ("zzz", "known are a, cat, dark, red, réunion"),
    ],
)
def test_a_text_without_a_known_word_is_refused(sentence, told):
    with pytest.raises(UserError, match=told):
        text.unknown(sentence, KNOWN)


def test_bag_of_words_by_hand():
    """Counts 1, 2 of "a", "cat": (1, 2) / 5^1/2."""
    found = bag_of_words(["a cat, a Cat cat", "dog", "red"], KNOWN[:4])
    expected = np.zeros((3, 4), np.float32)
    expected[0, :2], expected[2, 3] = np.array([2, 3]) / 13**0.5, 1
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_letters():
    found = char_cnn_rnn.letters(["aB 9", "é" + "z" * 200])
    assert found.shape == (2, char_cnn_rnn.LENGTH) and found.dtype == np.int32
    assert found[0, :5].tolist() == [1, 2, len(char_cnn_rnn.ALPHABET), 36, 0]
    assert found[1, :2].tolist() == [0, 26] and found[1, -1] == 26


def test_reeds_network_is_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch is the reference implementation here")
    torch.manual_seed(0)
    nn, channels, letters = torch.nn, (5, 4, 6), len(char_cnn_rnn.ALPHABET)
    convolutions = [
        nn.Conv1d(i, o, 4) for i, o in zip((letters, *channels), channels, strict=False)
    ]
    gru, out = nn.GRU(6, 6, batch_first=True), nn.Linear(6, 3)
    # Flax has one bias of both of the reset's and of the update's.
    with torch.no_grad():
        gru.bias_hh_l0[:12] = 0
    captions = char_cnn_rnn.letters(["woman firefighter: dark skin tone", "a cat"])
    one_hot = np.eye(letters + 1)[captions][:, :, 1:]

    def twin(x):
        for i, convolution in enumerate(convolutions):
            x = nn.functional.max_pool1d(x, 3, 3) if i else x
            x = nn.functional.relu(convolution(x))
        return out(gru(x.transpose(1, 2))[0].mean(axis=1))

    for module in (*convolutions, gru, out):
        module.double()
    expected = twin(torch.from_numpy(one_hot).transpose(1, 2))

    def numpy(p):
        return p.detach().numpy()

    def dense(weight, bias=None):
        return {"kernel": weight.T} | ({} if bias is None else {"bias": bias})

    params = {
        f"conv_{i}": {
            "kernel": numpy(c.weight).transpose(2, 1, 0).reshape(-1, c.out_channels),
            "bias": numpy(c.bias),
        }
        for i, c in enumerate(convolutions)
    }
    into, state = np.split(numpy(gru.weight_ih_l0), 3), np.split(numpy(gru.weight_hh_l0), 3)
    bias, last = np.split(numpy(gru.bias_ih_l0), 3), np.split(numpy(gru.bias_hh_l0), 3)[2]
    cell = {f"i{n}": dense(w, b) for n, w, b in zip("rzn", into, bias, strict=True)}
    cell |= {f"h{n}": dense(w) for n, w in zip("rzn", state, strict=True)}
    cell["hn"]["bias"] = last
    params |= {"GRUCell_0": cell, "out": dense(numpy(out.weight), numpy(out.bias))}
    params = jax.tree.map(np.float32, params)  # Flax begins the states of a GRU in float32
    network = char_cnn_rnn.CharCNNRNN(channels, 3)
    made = jax.jit(lambda p: network.apply({"params": p}, captions))(params)
    np.testing.assert_allclose(made, numpy(expected), rtol=1e-4, atol=1e-6)


def test_joint_embedding_loss_by_hand_and_its_slopes():
    """Scores v . t = [[2, 0.5], [1.5, 1]]: of images max(0, 1 - 1.5), max(0, 1 + .5), of captions
    max(0, 1 + .5 - 1), max(0, 1 + 1.5 - 2): (0 + 1.5 + .5 + .5) / 4."""
    v, t = jnp.array([[2.0, 0.0], [1.5, 1.0]]), jnp.array([[1.0, 0.0], [0.25, 0.625]])
    same = jnp.eye(2, dtype=bool)
    loss = char_cnn_rnn.joint_embedding_loss
    np.testing.assert_allclose(loss(v, t, same), 2.5 / 4, rtol=1e-6)
    # Those that count: + s10 - s11, + s01 - s11, + s10 - s00.
    by_scores = np.array([[-1, 1], [2, -2]]) / 4
    by_images, by_captions = jax.grad(loss, argnums=(0, 1))(v, t, same)
    np.testing.assert_allclose(by_images, by_scores @ t, rtol=1e-6)
    np.testing.assert_allclose(by_captions, by_scores.T @ v, rtol=1e-6)
    np.testing.assert_array_equal(loss(v, t, jnp.ones((2, 2), bool)), 0)


def test_retrieval_of_captions_by_hand():
    """The first and second fit best; of the third both of the others, which are one, fit better."""
    captions = np.array([[1.0, 0], [1, 0], [0, 1]])
    images = np.array([[1.0, 0.5], [2, 1], [3, 1]])
    assert caption_retrieval(images, captions, (1, 2)) == {1: pytest.approx(2 / 3), 2: 1.0}


def test_the_bundled_encoders_know_emoji():
    captions = ["woman firefighter: dark skin tone", "man cook: light skin tone", "hot dog"]
    found = text.encoder("char_cnn_rnn")(captions, ())
    assert found.shape == (3, char_cnn_rnn.WIDTH) and found.dtype == np.float32
    np.testing.assert_allclose(joint.encode(captions[1:2]), found[1:2], atol=1e-4)
    source = data.load("emoji", captions=True, part="held_out")
    x = feed.to_float(source.arrays(np.arange(40)))["x"]
    told = text.encoder("char_cnn_rnn")(source.captions[:40].tolist(), ())
    assert caption_retrieval(seen.see(x), told)[10] > 0.7


def test_a_file_of_ones_own(tmp_path):
    file = tmp_path / "own.npz"
    np.savez(file, captions=["a cat", "a dog"], vectors=np.eye(2))
    encode = text.encoder(str(file))
    np.testing.assert_array_equal(encode(["a dog"], ()), [[0, 1]])
    with pytest.raises(UserError, match="has no vector of 'a cow', and 1 others; add it"):
        encode(["a cow", "a cat", "a rat"], ())


@pytest.mark.parametrize(
    "arrays, sentence",
    [
        ({"captions": ["a"]}, "no sound .npz file of captions and vectors"),
        ({"captions": ["a"], "vectors": np.ones((2, 3))}, "captions must be words \\[K\\]"),
        ({"captions": [1], "vectors": np.ones((1, 3))}, "captions must be words \\[K\\]"),
        ({"captions": ["a"], "vectors": np.full((1, 3), np.nan)}, "not all finite"),
    ],
)
def test_a_file_of_another_form(tmp_path, arrays, sentence):
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(UserError, match=sentence):
        text.encoder(str(tmp_path / "own.npz"))


def test_a_damaged_file_is_told_in_one_sentence(tmp_path):
    file = tmp_path / "own.npz"
    np.savez_compressed(file, captions=["a cat"], vectors=np.ones((1, 99)))
    whole = file.read_bytes()
    for position in range(0, len(whole), 7):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 255]) + whole[position + 1 :])
        try:
            text.encoder(str(file))
        except UserError as error:
            assert "own.npz: " in str(error)


def test_unknown_encoders():
    with pytest.raises(UserError, match="known: bag_of_words, char_cnn_rnn, and FILE.npz"):
        text.encoder("bert")
    with pytest.raises(UserError, match="no sound .npz file"):
        text.encoder("nowhere.npz")
