"""Weights from files and URLs: what fits is used, all else is refused with what to do."""

import hashlib
import pickle
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mainstream.errors import InvalidInputError
from mainstream.files.download import DownloadError, download
from mainstream.nn.registry import load_architecture, load_base_network
from mainstream.nn.weights_file import GivenWeights, read_weights


@pytest.fixture(scope="module")
def weights():
    """A state dict of torchvision's resnet18, classifier and all."""
    torch.manual_seed(1)
    return {
        name: torch.rand_like(tensor) if tensor.is_floating_point() else tensor
        for name, tensor in load_architecture("resnet-18").make().state_dict().items()
    }


@pytest.fixture(params=["safetensors", "pth"])
def file(request, tmp_path, weights):
    path = tmp_path / f"weights.{request.param}"
    save_file(weights, path) if request.param == "safetensors" else torch.save(weights, path)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_network_takes_its_weights_from_a_file(file, weights):
    network = load_base_network("resnet-18", GivenWeights(str(file), sha256(file)))
    first = dict(network.segments[0].state_dict())
    assert torch.equal(first["network.conv1.weight"], weights["conv1.weight"])
    assert not any("fc." in name for segment in network.segments for name in segment.state_dict())


def test_a_file_with_another_sha256_is_refused_naming_both(file):
    with pytest.raises(InvalidInputError, match=rf"has sha256 {sha256(file)}, not {'0' * 64}"):
        load_base_network("resnet-18", GivenWeights(str(file), "0" * 64))


def test_weights_of_another_network_are_refused_naming_tensors(tmp_path, weights):
    path = tmp_path / "weights.safetensors"
    save_file({**weights, "conv1.weight": torch.zeros(1)}, path)
    with pytest.raises(InvalidInputError, match=r"does not fit resnet-18: 1 of \d+ tensors .*conv1\.weight"):
        load_base_network("resnet-18", GivenWeights(str(path)))


def test_classifier_and_counters_may_be_missing(tmp_path, weights):
    path = tmp_path / "weights.safetensors"
    save_file({n: t for n, t in weights.items() if not n.startswith("fc.") and "num_batches" not in n}, path)
    assert load_base_network("resnet-18", GivenWeights(str(path))).depth == 9


class Surprise:
    def __reduce__(self):
        return (Path("/tmp/mainstream-surprise").touch, ())  # noqa: S108


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"rubbish", "neither safetensors nor"),
        (b"", "neither safetensors nor"),
        (b"PK\x03\x04rubbish", "can't be read as weights alone"),
        (pickle.dumps(Surprise(), protocol=2), "can't be read as weights alone"),
    ],
)
def test_what_is_no_state_dict_is_refused_and_never_run(tmp_path, content, match):
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=match):
        read_weights(GivenWeights(str(path)))
    assert not Path("/tmp/mainstream-surprise").exists()  # noqa: S108


def test_a_list_of_tensors_is_no_state_dict(tmp_path):
    torch.save([torch.zeros(1)], tmp_path / "weights")
    with pytest.raises(InvalidInputError, match="holds no state dict"):
        read_weights(GivenWeights(str(tmp_path / "weights")))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(InvalidInputError, match=r"nowhere\.pth: cannot be read"):
        read_weights(GivenWeights("nowhere.pth", "0" * 64))


def test_a_url_needs_the_sha256_that_it_must_have():
    with pytest.raises(InvalidInputError, match="need the sha256"):
        read_weights(GivenWeights("https://127.0.0.1:9/w.pth"))


class Answers(BaseHTTPRequestHandler):
    """The first two requests fail or are cut short, the third is answered."""

    def __init__(self, content: bytes, asked: list[str], *args: object) -> None:
        self.content, self.asked = content, asked
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/gone") or len(self.asked) == 1:
            self.send_error(404 if self.path.startswith("/gone") else 503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content[: 2 if len(self.asked) == 2 else None])

    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.fixture
def web():
    asked: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), partial(Answers, b"content", asked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_download_is_tried_again_checked_and_kept(web, tmp_path):
    url, asked = web
    wanted = hashlib.sha256(b"content").hexdigest()
    pauses: list[float] = []
    path = download(f"{url}/w", wanted, tmp_path, pause=pauses.append)
    assert path.read_bytes() == b"content"
    assert pauses == [1.0, 2.0]
    assert download(f"{url}/w", wanted, tmp_path) == path
    assert len(asked) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_download_with_another_sha256_leaves_nothing_behind(web, tmp_path):
    url, _ = web
    with pytest.raises(InvalidInputError, match=rf"has sha256 {hashlib.sha256(b'content').hexdigest()}, not 00"):
        download(f"{url}/w", "0" * 64, tmp_path, pause=lambda pause_s: None)
    assert list(tmp_path.iterdir()) == []


def test_a_url_that_answers_no_is_not_asked_again(web, tmp_path):
    url, asked = web
    with pytest.raises(DownloadError, match=r"/gone: answers 404"):
        download(f"{url}/gone?signature=1", "0" * 64, tmp_path)
    assert len(asked) == 1


def test_a_url_that_nobody_answers_is_an_error_without_its_secrets(tmp_path):
    with pytest.raises(DownloadError, match="4 times") as error:
        download("http://user:word@127.0.0.1:9/w?signature=1", "0" * 64, tmp_path, pause=lambda pause_s: None)
    assert "word" not in str(error.value)
    assert "signature" not in str(error.value)
