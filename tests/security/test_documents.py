"""Files that are small to send and would be large, or lie outside, where they are read."""

import json
import struct
from pathlib import Path

import pytest

from mainstream.api.manifests.load import load_manifests
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.messages.status_report import StatusReport
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import StoreError, check_key
from mainstream.nn.tensors import unpack_tensors

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
)
MERGES = "\n".join(
    ["a0: &a0 {k: v}"] + [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 12)]
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LAUGHS, "fewer aliases"),
        (MERGES, "fewer aliases"),
        ("a: &a [*a]", "alias of itself"),
        ("a: &a {b: *a}", "alias of itself"),
        ("[" * 100_000, "nested too deeply"),
        ("!!python/object/apply:os.system [id]", "is not YAML"),
        ("x" * ((1 << 20) + 1), "larger than"),
    ],
    ids=["aliases", "merges", "cycle", "cycle-in-mapping", "depth", "python", "size"],
)
def test_a_yaml_bomb_is_an_error_that_names_the_file(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "app.yaml").write_text(text)
    with pytest.raises(InvalidInputError, match=words) as caught:
        load_manifests(tmp_path)
    assert "app.yaml" in str(caught.value)


def test_a_few_aliases_are_nobodys_harm(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("a: &a {kind: x}\nb: {<<: *a, c: [*a, *a]}\n")
    assert load_manifests(tmp_path).apps == ()


@pytest.mark.parametrize(
    "prefix", ["plaza/../harbour", "..", "../harbour", "plaza/./x", "plaza//x", "/plaza", "plaza/.hidden", "pla%2e%2e"]
)
def test_a_reference_cannot_lead_out_of_its_prefix(prefix: str) -> None:
    reference = parse_reference(f"s3://packages/{prefix}/door@1")
    assert reference.store is not None
    with pytest.raises(MainstreamError):
        S3Store(reference.store, client=None)


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a//b", ".hidden", "a/.hidden", "a\\b", "a\n", ""])
def test_a_key_cannot_lead_out_of_its_store(key: str) -> None:
    with pytest.raises(StoreError):
        check_key(key)


@pytest.mark.parametrize("name", ["../door", "..", "do/or", "door\n", "DOOR"])
def test_a_manifest_cannot_be_named_out_of_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        Manifest.model_validate({"name": name, "version": "1"})


@pytest.mark.parametrize("digest", ["../../etc/passwd", "A" * 64, "a" * 63, "a" * 65])
def test_a_blob_has_a_digest_for_a_name_and_nothing_else(digest: str) -> None:
    from mainstream.mpackage.manifest import Blob

    with pytest.raises(ValueError, match="sha256"):
        Blob.model_validate({"sha256": digest, "size_bytes": 1})


@pytest.mark.parametrize("shape", [[1 << 60], [1 << 30, 1 << 30], [1 << 63, 2], [1 << 32, 1 << 32]])
def test_a_tensor_of_2_to_the_60_elements_is_an_error_before_anything_is_allocated(shape: list[int]) -> None:
    header = json.dumps({"weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, 16]}}).encode()
    data = struct.pack("<Q", len(header)) + header + bytes(16)
    with pytest.raises(InvalidInputError, match="is not a safetensors file"):
        unpack_tensors(data, source="head")


def test_a_header_that_announces_more_than_there_is_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="is not a safetensors file"):
        unpack_tensors(struct.pack("<Q", 1 << 60) + b"{}", source="head")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"apps":' * 10_000, "{" + '"a":1,' * 10 + '"streams": [' * 9999])
def test_a_report_that_is_nested_without_end_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        StatusReport.model_validate_json(text)
