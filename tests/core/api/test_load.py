import re
from pathlib import Path

import pytest

from mainstream.api.manifests.load import load_manifests
from mainstream.errors import InvalidInputError

PLAZA = Path(__file__).parents[3] / "examples" / "plaza"

APP = """
apiVersion: mainstream.video/v1alpha1
kind: VideoApp
metadata: {name: door}
spec:
  stream: {name: hall}
  package: {reference: "s3://packages/door@1"}
"""


def test_the_plaza_example_declares_one_node_one_stream_and_six_apps() -> None:
    plaza = load_manifests(PLAZA)
    assert (len(plaza.nodes), len(plaza.streams), len(plaza.apps)) == (1, 1, 6)
    assert plaza.streams[0].crop(plaza.apps[0].spec.stream.view) is not None


def test_an_app_may_leave_everything_but_stream_and_package_to_defaults(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP)
    spec = load_manifests(tmp_path).apps[0].spec
    assert (spec.votes, spec.objective.metric, spec.objective.weight, spec.stream.view) == ("auto", "f1", 1.0, "full")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("  votes: 9", "votes"),
        ("  rates: [2, 1]", "rates"),
        ("  rates: [0, 1]", "rates"),
        ("  objective: {weight: -1}", "weight"),
        ("  objective: {minimum: 2}", "minimum"),
        ("  objective: {weight: .nan}", "weight"),
        ("  typo: 1", "typo"),
        ("  event: {lengthSeconds: 0}", "lengthSeconds"),
    ],
)
def test_a_bad_value_is_an_error_that_names_app_field_and_file(tmp_path: Path, line: str, field: str) -> None:
    (tmp_path / "app.yaml").write_text(APP + line + "\n")
    with pytest.raises(InvalidInputError) as caught:
        load_manifests(tmp_path)
    assert "app.yaml" in str(caught.value)
    assert "VideoApp door" in str(caught.value)
    assert field in str(caught.value)


STREAM = """
apiVersion: mainstream.video/v1alpha1
kind: VideoStream
metadata: {name: hall}
spec:
  url: rtsp://camera/1
  framesPerSecond: 10
  node: {name: edge-1}
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  masks: [{points: [[0, 0], [9, 9], [0, 9]]}]", "points.0: has to hold fields, each as `name: value`"),
        (
            "  masks: [{points: [{left: 0, top: 0}, {left: 9, top: 9}]}]",
            "points: needs 3 or more of them, and has 2; add what lacks",
        ),
        ("  active: {timeZone: UTC, windows: []}", "windows: needs 1 or more of them, and has 0; add what lacks"),
        ("  active: {windows: [{from: '08:00'}]}", "active.timeZone: is missing, and needed"),
        (
            "  substream: {url: 'rtsp://camera/2', framesPerSec: 5}",
            "substream.framesPerSec: there is no such field, and framesPerSecond is missing; mend its name",
        ),
        ("  active: {timeZone: UTC, windows: [{days: [Monday]}]}", "days.0: should be 'Mon', 'Tue'"),
        (f"  allowedNamespaces: {['a'] * 257}", "allowedNamespaces: holds 256 of them at most; leave some out"),
    ],
)
def test_what_is_wrong_is_told_in_the_words_of_a_manifest(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "stream.yaml").write_text(STREAM + line + "\n")
    with pytest.raises(InvalidInputError, match=re.escape(told)):
        load_manifests(tmp_path)


def test_two_objects_of_one_name_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP + "---" + APP)
    with pytest.raises(InvalidInputError, match="declared twice"):
        load_manifests(tmp_path)


def test_a_file_that_is_not_yaml_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("{")
    with pytest.raises(InvalidInputError, match=r"app\.yaml: is not YAML"):
        load_manifests(tmp_path)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"nothing\.yaml: cannot be read"):
        load_manifests(tmp_path / "nothing.yaml")


def test_objects_of_other_groups_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
    assert len(load_manifests(tmp_path).apps) == 1


def test_an_unknown_kind_of_our_group_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP.replace("VideoApp", "VideoAp"))
    with pytest.raises(InvalidInputError, match="unknown kind 'VideoAp'"):
        load_manifests(tmp_path)


def test_a_login_in_a_cameras_address_is_refused_and_not_repeated(tmp_path: Path) -> None:
    stream = (PLAZA / "stream.yaml").read_text()
    (tmp_path / "stream.yaml").write_text(stream.replace("file:plaza.mp4", "rtsp://viewer:hidden@camera/hall"))
    with pytest.raises(InvalidInputError, match=r"spec.url: holds a user or password.*credentialsSecretName") as caught:
        load_manifests(tmp_path)
    assert "hidden" not in str(caught.value)
