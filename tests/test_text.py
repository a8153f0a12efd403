"""Sentences to pictures as a run: captions as data, training, samples of one's own sentences."""

import shutil
from functools import partial

import jax
import numpy as np
import pytest
from PIL import Image

from jaxgan import data, defaults, evaluate, sample
from jaxgan.build.run import prepare
from jaxgan.core.errors import UserError
from jaxgan.data.describe import describe
from jaxgan.data.held_out import composition
from jaxgan.features import categories
from jaxgan.run import identity, logs
from jaxgan.text import words
from jaxgan.train import train


def tiny(**changes):
    """People among the emoji, 8x8, and their names; plain gradients, and batches of four."""
    config = defaults.get_config()
    config.data.name, config.data.size = "emoji", 8
    config.data.options = {"x": "twemoji", "source": ""}
    config.data.where, config.data.captions = "gender=woman|man", "char_cnn_rnn"
    config.game = defaults.game("text", z_dim=3, between=True)
    config.generator = defaults.generator("text", width=2, code=3, augmented=True)
    config.critic = defaults.critic("text", width=2, code=3)
    config.batch_size = config.steps = 4
    config.steps_per_call = config.checkpoint_every = 2
    config.log_every, config.sample_every, config.keep_checkpoints = 1, 4, 9
    config.parallel = "jit"
    config.update(changes)
    return config


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("text")
    return workdir, train(tiny(), workdir)


def compositions(source):
    """Who, in words, and in which tone, by the categories of the set."""
    tones = [source.entries["tone"].names[tone] for tone in source.categories["tone"]]
    return {
        (" ".join(words(caption.replace(f"{tone} skin tone", ""))), tone)
        for caption, tone in zip(source.captions.tolist(), tones, strict=True)
    }


def test_captions_are_data_and_compositions_are_held_out():
    (x, other), (held_out,) = data.load_parts(tiny().data)
    assert (x.size, held_out.size, other.size) == (924, 83, 924)
    assert other.entries.keys() == {"other_caption"}
    assert x.entries["caption"].shape == (128,) and "firefighter" in x.entries["caption"].names
    assert held_out.entries == x.entries
    seen = set(x.captions)
    assert "woman firefighter" in seen and "man: dark skin tone, beard" in {
        *seen,
        *held_out.captions,
    }
    assert all(composition(held_out.key(i)) for i in range(held_out.size))
    # No person in that tone is in training; the person in others, and the tone on others, are.
    new, old = compositions(held_out), compositions(x)
    assert len(new) == 83 and not new & old
    for of_new, of_old in zip(zip(*new, strict=True), zip(*old, strict=True), strict=True):
        assert set(of_new) <= set(of_old)
    # Without captions the set is what it was.
    plain = data.load("emoji", part="held_out")
    assert plain.size == 360 and not len(plain.captions) and "caption" not in plain.entries


def test_a_run_is_resumed_to_the_same_bits(run, tmp_path):
    workdir, expected = run
    row = logs.read_metrics(workdir / "metrics.jsonl")[-1]
    assert {"wrong_score", "between_loss", "augmentation_divergence"} <= row.keys()
    # 16 held-out captions, two in a row: made and true.
    with Image.open(workdir / "samples" / "00000004.png") as picture:
        assert picture.size == (4 * 68, 8 * 68)
    shutil.copytree(workdir, tmp_path / "resumed")
    shutil.rmtree(next((tmp_path / "resumed" / "checkpoints").glob("*4")))
    found = train(tiny(), tmp_path / "resumed")
    for got, want in zip(leaves(found), leaves(expected), strict=True):
        assert got.tobytes() == want.tobytes()


def test_samples_of_ones_own_sentences(run, tmp_path, capsys):
    workdir, _ = run
    generate = sample.load(workdir)
    # Of several sentences each is told to the same noise, and each alone is the same.
    texts = ["woman firefighter: dark skin tone", "man firefighter: dark skin tone"]
    both = generate.described(6, text=texts, seed=3)
    assert both.x.shape == (6, 8, 8, 3) and both.class_names == tuple(texts)
    assert both.label.tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_allclose(generate(3, text=texts[1], seed=3), both.x[3:], atol=1e-5)
    assert not np.array_equal(both.x[:3], both.x[3:])
    made = generate.described(90)  # of the 83 captions that training did not see, and 7 again
    assert made.x.shape == (90, 8, 8, 3) and len(made.class_names) == 83
    assert made.label.tolist() == [*range(83), *range(7)]
    assert set(made.class_names) == set(data.load_parts(tiny().data)[1][0].captions)
    assert len(generate(3, text=texts)) == 4  # as many of each
    with pytest.raises(UserError, match="the list of texts is empty"):
        generate(3, text=[])
    # What is told needs no data.
    bare = sample.load(workdir)

    def gone():
        raise AssertionError("the data were asked for")

    bare = bare._replace(sampler=bare.sampler._replace(examples=gone))
    again = bare.described(6, text=texts, seed=3, truncation=0.5, standing=1)
    assert again.x.shape == (6, 8, 8, 3) and not np.array_equal(again.x, both.x)
    command = [f"--workdir={workdir}", "--num=4", f"--out={tmp_path}/a.png"]
    assert sample.main([*command, *(f"--text={text}" for text in texts)]) == 0
    assert sample.main([*command, "--text=A purple woman, surfing"]) == 0
    told = capsys.readouterr()
    assert "No caption of training has a, purple, of 'A purple woman, surfing'." in (
        told.out + told.err
    )
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize(
    "more, sentence",
    [
        (["--text="], "the text has no word; write a sentence"),
        (["--text=woman", "--text=qqq zzz"], "no word of 'qqq zzz' is in any caption of training"),
        (["--text=woman", "--label=1"], "takes no label; ask by --text"),
        (["--text=woman/man", "--out={}/a/"], "class 'woman/man' cannot name a folder"),
    ],
)
def test_what_is_asked_for_must_be_known(run, tmp_path, mistake, more, sentence):
    command = [f"--workdir={run[0]}", f"--out={tmp_path}/a.png"]
    more = [each.format(tmp_path) for each in more]
    assert sentence in mistake(sample.main, [*command, *more])


def test_what_was_told_is_found_again(run, monkeypatch):
    """The floor is of the drawings that belong to the captions, and of real ones unseen."""
    monkeypatch.setattr(categories, "train", partial(categories.train, steps=20))
    found = evaluate.evaluate_run(run[0], names="captions,classified", num=40, of="ema")
    names = {"caption_r1", "caption_r10", "caption_r1_shuffled", "caption_r10_shuffled"}
    names |= {"classified_tone", "classified_gender", "classified_label"}
    values, floor = found["values"]["ema"], found["floor"]
    assert values.keys() == floor.keys() == names
    assert floor["caption_r10"] > 2 * floor["caption_r10_shuffled"]


def folder_of(place, captions):
    place.mkdir()
    for i in range(len(captions)):
        pixels = np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(place / f"{i}.png")
    return place


def test_captions_of_ones_own(tmp_path):
    captions = ["a red cat", "a blue cat", "a dog, red"]
    place = folder_of(tmp_path / "own", captions)
    settings = {"name": f"folder:{place}", "captions": "bag_of_words"}
    with pytest.raises(UserError, match="3 images have no caption: 0.png"):
        data.load_parts(settings)
    for i, caption in enumerate(captions):
        (place / f"{i}.txt").write_text(f"{caption}\n")
    (place / "0.txt").write_bytes(b"\xef\xbb\xbfa red cat")  # as some editors begin
    beside, _ = data.load_parts(settings)
    assert beside[0].captions.tolist() == captions and beside[0].remarks == ()
    (place / "more.txt").write_text("of no picture")
    assert "Not read, by their endings: .txt 1." in data.load_parts(settings)[0][0].remarks
    (place / "more.txt").unlink()
    (place / "1.txt").write_bytes(b"\xff")
    with pytest.raises(UserError, match="1.txt: cannot be read as a text in UTF-8"):
        data.load_parts(settings)
    rows = "".join(f'{i}.png,"{caption}"\n' for i, caption in enumerate(captions))
    (place / "captions.csv").write_text(f"path,caption\n{rows}")
    (x, other), held_out = data.load_parts(settings)
    assert held_out == () and x.captions.tolist() == captions
    names = ("a", "blue", "cat", "dog", "red")
    assert x.entries["caption"].names == names and other.size == 3
    expected = np.array([0.0, 0, 1, 0, 1]) + [1, 0, 0, 0, 0]
    np.testing.assert_allclose(x.arrays()["caption"][0], expected / 3**0.5, rtol=1e-6)
    file = tmp_path / "own.npz"
    np.savez(file, captions=captions, vectors=np.eye(3, 2))
    (x, _), _ = data.load_parts({**settings, "captions": str(file)})
    assert x.entries["caption"].shape == (2,)
    # Where one vector is another, the data are others than those of the run.
    told = {"entries": x.entries, "data": describe((x,))}
    np.savez(file, captions=captions, vectors=np.eye(3, 2) * 2)
    (changed, _), _ = data.load_parts({**settings, "captions": str(file)})
    assert not identity.check_data("runs/own", told, told["data"], x.entries)
    with pytest.raises(UserError, match="is a run on other data"):
        identity.check_data("runs/own", told, describe((changed,)), changed.entries)
    np.savez(file, captions=captions, vectors=np.eye(3, 4))
    with pytest.raises(UserError, match="vectors of 4 numbers, and those of the run have 2"):
        data.load_parts({**settings, "captions": str(file)}, x.entries)
    np.savez(file, captions=captions[:2], vectors=np.eye(2))
    with pytest.raises(UserError, match="has no vector of 'a dog, red'; add it"):
        data.load_parts({**settings, "captions": str(file)})
    (place / "captions.csv").write_text(f"path,caption\n{rows}".replace("a red cat", "!"))
    with pytest.raises(UserError, match="1 captions have no word, as that of 0.png"):
        data.load_parts(settings)
    rows = "".join(f"{i}.png,{caption}\n" for i, caption in enumerate("猫犬马"))
    (place / "captions.csv").write_text(f"path,caption\n{rows}")
    with pytest.raises(UserError, match="char_cnn_rnn: reads all captions of folder:.* alike"):
        data.load_parts({**settings, "captions": "char_cnn_rnn"})


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"data.captions": ""}, "game 'text' needs captions: set data.captions=char_cnn_rnn"),
        ({"data.name": "mnist10k"}, "mnist10k has no captions; emoji has, and folder:DIR with"),
        ({"data.captions": "bert"}, "unknown encoder of captions 'bert'; known: bag_of_words"),
        ({"game": defaults.game("unconditional")}, "are for a game that is told them, text"),
        ({"generator": defaults.generator("dcgan")}, "which is for: text, stackgan"),
        ({"batch_size": 3}, "game.between answers to every other caption, and 3 of a batch"),
        ({"data.unpaired": True}, "data.unpaired and data.captions are views of their own"),
    ],
)
def test_what_does_not_fit(change, sentence):
    config = tiny()
    if "data.name" in change:
        config.data.options, config.data.where = {}, ""
    config.update_from_flattened_dict(change)
    with pytest.raises(UserError, match=sentence):
        prepare(config)
