"""`mainstream init`: manifests that can be applied, from a clip or a camera and packages."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "core" / "mpackage"))

from s3_server import KEYS, S3Server, versitygw
from small_package import make_package

from mainstream.api.manifests.load import Manifests, load_manifests
from mainstream.api.store_access import StoreAccess
from mainstream.api.video_stream import Crop
from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.footage.stream_fit import DeliveredPicture
from mainstream.mpackage.layout import manifest_key
from mainstream.mpackage.manifest import Manifest, TrainedView
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.workload.first_manifests import FirstApp, FirstNames, first_manifests, object_name, scaled_crop

CLIP = Path(__file__).parents[2] / "examples/plaza/plaza.mp4"
WALKWAYS = TrainedView(width=768, height=576, crop=Crop(x=192, y=140, width=576, height=288))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    made = FolderStore(tmp_path / "store")
    for name, view in (("door", WALKWAYS), ("gate", WALKWAYS), ("sky", None)):
        manifest, blobs = make_package(name)
        for digest, content in blobs.items():
            made.put(f"blobs/{digest}", content)
        plain = manifest.model_dump(mode="json")
        plain["training"]["view"] = None if view is None else view.model_dump(mode="json", by_alias=True)
        made.put(manifest_key(name, "1"), Manifest.model_validate(plain).canonical())
    return tmp_path / "store"


def init(tmp_path: Path, store: Path | str, source: str, *words: str) -> Manifests:
    packages = [word for name in ("door", "gate", "sky") for word in ("--package", f"{store}/{name}@1")]
    line = ["init", source, *packages, "--out", str(tmp_path / "made"), *words]
    result = CliRunner().invoke(command, line, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return load_manifests(tmp_path / "made")


def test_a_clip_and_packages_make_manifests_with_rate_crop_and_node(tmp_path: Path, store: Path) -> None:
    made = init(tmp_path, store, str(CLIP), "--node", "edge-1", "--webhook", "http://127.0.0.1:8088/")
    (node,), (stream,) = made.nodes, made.streams
    assert (node.metadata.name, stream.spec.node.name) == ("edge-1", "edge-1")
    assert (stream.metadata.name, stream.spec.url, stream.spec.frames_per_second) == ("plaza", f"file:{CLIP}", 10)
    # Two apps that were trained on one part of the picture share a view, and so its work.
    assert [(view.name, view.crop) for view in stream.spec.views] == [("door", WALKWAYS.crop)]
    assert [(app.metadata.name, app.spec.stream.view) for app in made.apps] == [
        ("door", "door"),
        ("gate", "door"),
        ("sky", "full"),
    ]
    assert made.apps[0].spec.package.reference == f"file:{store}/door@1"
    assert made.apps[0].spec.sinks[0].wants_picture()


def test_of_packages_in_s3_the_manifest_says_how_the_cluster_reaches_them(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = S3Server(versitygw(tmp_path), tmp_path)
    server.start()
    try:
        for file in (each for each in store.rglob("*") if each.is_file()):
            server.store("apps").put(str(file.relative_to(store)), file.read_bytes())
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_access_key)
        words = ("--endpoint", server.endpoint, "--store-secret", "store-keys")
        made = init(tmp_path, "s3://packages/apps", str(CLIP), *words)
    finally:
        server.kill()
    package = made.apps[0].spec.package
    assert package.reference == "s3://packages/apps/door@1"
    assert package.store == StoreAccess(endpoint=server.endpoint, secret_name="store-keys")  # noqa: S106 - a name
    written = (tmp_path / "made/apps.yaml").read_text()
    assert KEYS.secret_access_key not in written


def test_how_a_store_is_reached_is_asked_of_stores_in_s3_alone(tmp_path: Path, store: Path) -> None:
    for option in ("--endpoint", "--region", "--store-secret"):
        with pytest.raises(InvalidInputError, match=f"{option}: is for packages in S3"):
            init(tmp_path, store, str(CLIP), option, "x")


def test_a_camera_is_looked_at_as_a_clip_is(tmp_path: Path, store: Path, real_camera: Callable[[Path], str]) -> None:
    made = init(tmp_path, store, real_camera(CLIP), "--stream", "hall", "--namespace", "plaza", "--secret", "login")
    (stream,) = made.streams
    assert (stream.key, stream.spec.credentials_secret_name) == ("plaza/hall", "login")
    assert 5 < stream.spec.frames_per_second < 30
    assert stream.spec.url.startswith("rtsp://")


def test_what_is_there_already_is_left_alone(tmp_path: Path, store: Path) -> None:
    init(tmp_path, store, str(CLIP))
    with pytest.raises(InvalidInputError, match=r"--out: holds node.yaml already"):
        init(tmp_path, store, str(CLIP))


def test_a_source_that_is_none_is_named_without_the_login(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAINSTREAM_CAMERA_USER", "viewer")
    monkeypatch.setenv("MAINSTREAM_CAMERA_PASSWORD", "hidden")
    with pytest.raises(InvalidInputError, match="cannot be looked at") as raised:
        init(tmp_path, store, "rtsp://127.0.0.1:9/none")
    assert "hidden" not in str(raised.value)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--node", "Edge 1"), "--node: 'Edge 1' is no name: .*say 'edge-1'"),
        (("--stream", "Front Door"), "--stream: .*say 'front-door'"),
        (("--namespace", "A B"), "--namespace: .*say 'a-b'"),
        (("--secret", "_"), "--secret: '_' is no name"),
        (("--webhook", "ftp://x"), "--webhook: .*give http://host:port/"),
    ],
)
def test_a_word_that_manifests_cannot_hold_is_named_and_nothing_is_written(
    tmp_path: Path, store: Path, words: tuple[str, str], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        init(tmp_path, store, str(CLIP), *words)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("rtsp://viewer:hidden@127.0.0.1:9/hall", "SOURCE: holds a login.*MAINSTREAM_CAMERA_USER"),
        ("http://127.0.0.1:9/hall", "SOURCE: is http://.*rtsp://host/path"),
        ("nowhere.mp4", "nowhere.mp4: is no file"),
    ],
)
def test_a_source_that_no_stream_can_have_is_refused_before_it_is_opened(
    tmp_path: Path, store: Path, source: str, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said) as raised:
        init(tmp_path, store, source)
    assert "hidden" not in str(raised.value)


def test_a_node_keeps_the_dots_of_its_name(tmp_path: Path, store: Path) -> None:
    (node,) = init(tmp_path, store, str(CLIP), "--node", "ip-10-0-0-1.internal").nodes
    assert node.metadata.name == "ip-10-0-0-1.internal"


def test_the_crop_follows_a_picture_of_another_size_and_stays_in_it() -> None:
    assert scaled_crop(WALKWAYS, (1536, 1152)) == Crop(x=384, y=280, width=1152, height=576)
    odd = scaled_crop(WALKWAYS, (639, 359))
    assert odd is not None
    assert odd.problem_in(639, 359) is None


def test_a_camera_without_a_rate_and_packages_of_one_name_are_told() -> None:
    app = FirstApp("door", "file:s/door@1", None)
    with pytest.raises(InvalidInputError, match="give --fps"):
        first_manifests("rtsp://a/", DeliveredPicture(640, 480, None), [app], FirstNames("n", "s"))
    with pytest.raises(InvalidInputError, match="two packages are named 'door'"):
        first_manifests("rtsp://a/", DeliveredPicture(640, 480, 10.0), [app, app], FirstNames("n", "s"))
    assert [object_name(text) for text in ("Front Door_2", "192.168.1.7", "--")] == [
        "front-door-2",
        "192-168-1-7",
        "camera",
    ]
