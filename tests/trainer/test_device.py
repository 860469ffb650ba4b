"""Which device trains. Nothing here runs on a GPU."""

import json
from dataclasses import replace

import pytest
import torch

from mainstream.errors import InvalidInputError
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.device import mixed_precision, resolve_device
from mainstream_trainer.pack.packing import training_of


@pytest.mark.parametrize(
    ("there", "asked", "device"),
    [(True, "auto", "cuda"), (False, "auto", "cpu"), (True, "cpu", "cpu"), (True, "cuda", "cuda")],
)
def test_auto_is_a_gpu_where_there_is_one(monkeypatch, there, asked, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert resolve_device(asked) == device


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_trained(monkeypatch, quick_request):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidInputError, match="device: no GPU that torch can use is here"):
        Preparation().prepare(replace(quick_request, device="cuda"))


def test_a_package_says_that_a_gpu_trained_it_and_keeps_its_digest_on_a_cpu(monkeypatch, quick_request):
    job = Preparation().prepare(replace(quick_request, device="cpu"))
    assert "cuda" not in training_of(job).versions
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert "cuda" in training_of(Preparation().prepare(replace(quick_request, device="auto"))).versions


def test_a_cpu_computes_in_single_precision_unless_asked(monkeypatch):
    weights = torch.ones(2, 2)
    with mixed_precision(torch.device("cpu"), asked=False):
        assert (weights @ weights).dtype == torch.float32
    with mixed_precision(torch.device("cpu"), asked=True):
        assert (weights @ weights).dtype == torch.bfloat16


def test_the_record_names_the_device(trained):
    store, (manifest, _), _ = trained
    record = json.loads((store.folder / f"{manifest.name}/1/record.json").read_text())
    assert record["device"] == "cpu"
