"""What `mainstream plan` says of apps and streams beside the plan."""

from types import SimpleNamespace

import pytest

from mainstream.api.video_stream import Crop
from mainstream.cli.stream_notices import print_stream_notices
from mainstream.mpackage.manifest import TrainedView


def test_an_app_on_another_view_than_was_trained_on_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    trained = TrainedView(width=320, height=240, crop=Crop(x=0, y=0, width=64, height=64))
    app = SimpleNamespace(name="plaza/door", stream="plaza/gate", view="whole", trained_view=trained)
    plan = SimpleNamespace(apps=(app,), streams=(SimpleNamespace(name="plaza/gate", crops={"whole": None}),))
    spec = SimpleNamespace(url="rtsp://camera.example.org/", views=[], frames_per_second=10.0)
    print_stream_notices([SimpleNamespace(key="plaza/gate", spec=spec)], plan)
    said = capsys.readouterr().err
    assert said.startswith(
        "VideoApp plaza/door: the view is the whole picture, but the package was trained on 0,0,64,64"
    )
    assert "name the view that it was trained on, or train it on this one" in said
