"""Which clip an export of Label Studio means: uploads, storage in a bucket and on a disk, and names that look alike."""

import pytest

from mainstream_trainer.data.labels.video_names import clip_of

CLIPS = ("clip.mp4", "my-clip.mp4", "Tür eins (2).mp4", "人.mp4")


@pytest.mark.parametrize(
    ("video", "clip"),
    [
        ("clip.mp4", "clip.mp4"),
        ("/data/upload/1/0a1b2c3d-clip.mp4", "clip.mp4"),
        ("/data/upload/1/0a1b2c3d-my-clip.mp4", "my-clip.mp4"),
        ("/data/upload/1/0a1b2c3d-Tür_eins_2.mp4", "Tür eins (2).mp4"),
        ("s3://media/gate/T%C3%BCr%20eins%20(2).mp4", "Tür eins (2).mp4"),
        ("https://media.example.org/gate/clip.mp4?X-Amz-Signature=0f&part=other.mp4", "clip.mp4"),
        ("/data/local-files/?d=gate/%E4%BA%BA.mp4", "人.mp4"),
        ("/data/upload/1/0a1b2c3d-myclip.mp4", None),
        ("", None),
    ],
)
def test_a_video_of_an_export_is_found_among_clips(video: str, clip: str | None) -> None:
    assert clip_of(video, CLIPS) == clip
