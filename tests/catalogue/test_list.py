"""``jaxgan list``: every row of every table is told in a line, and one row with its source."""

import pytest

from jaxgan import defaults
from jaxgan.catalogue import command
from jaxgan.catalogue.kinds import KINDS


def said(words, capsys):
    assert command.main(words.split()) == 0
    out, err = capsys.readouterr()
    assert err == "" and "``" not in out
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_says_in_a_line_what_it_is(kind, capsys):
    """The contract of every table: a row without a docstring shows here."""
    for name, told in KINDS[kind].rows().items():
        sentence, *below = told.doc.splitlines()
        assert len(sentence) > 5 and not (below and below[0].strip()), name
        assert kind == "keys" or sentence.endswith("."), name
        assert not sentence.startswith("partial("), name
    assert all(f"\n  {name} " in said(kind, capsys) for name in KINDS[kind].rows())


def test_all_tables_of_a_config_are_told():
    told = {tuple(kind.rows()) for kind in KINDS.values()}
    tables = [group.table for group in defaults.GROUPS.values()] + [*defaults.WEIGHTED.values()]
    assert all(tuple(table) in told for table in tables)


def test_one_row_has_its_source_and_its_options(capsys, monkeypatch):
    hinge = said("losses hinge", capsys)
    assert "--config.loss=hinge" in hinge and "Miyato et al. 2018, eq. 16" in hinge
    assert "The generator minimises\n\n-f(fake)" in hinge and "It has no options." in hinge
    assert "\n  real_target=1.0\n" in said("losses least_squares", capsys)
    assert "\n  alpha=0.5\n" in said("losses f_alpha", capsys)
    metric = said("metrics fd", capsys).splitlines()[0]
    assert metric == "metric fd: --config.evaluation.metrics=fd"
    assert "The critic is given x, and tells label." in said("games auxiliary", capsys)
    assert "The default is 64.\n" in said("keys batch_size", capsys)
    assert "learning_rate=0.0002" in said("optimizers adam", capsys)
    monkeypatch.setenv("COLUMNS", "60")
    for words in ("", "recipes wgan", "generators unet", "losses f_gan"):
        text = said(words, capsys)
        assert not [line for line in text.splitlines() if len(line) > 60 and " " in line.strip()]


def test_what_is_not_there(mistake):
    assert mistake(command.main, ["los"]).startswith("unknown kind 'los'; known: augments, capti")
    assert mistake(command.main, ["losses", "hing"]).startswith("unknown loss 'hing'; known: f_al")
