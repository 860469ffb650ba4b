import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mainstream.errors import InvalidInputError
from mainstream.mpackage.reading import verify_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.data.declared import declare, read_declared
from mainstream_trainer.data.pictures import check_event_classes, inspect_pictures
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.request import PictureData, TrainingRequest
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import Resources, train_apps

STATISTICS = declare("test", length_s=2.0, frequency=0.1, correlation=0.3)
QUICK = TrainingSettings(
    variants=2, prune=False, epochs=1, least_steps=1, frozen_epochs=3, heads=("pooled",), taps=(9,), micro_steps=2
)
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200)}


def write_pictures(folder, count=20, size=(40, 30), colours=tuple(COLOURS)):
    """A folder a colour, with noisy pictures of it."""
    rng = np.random.default_rng(0)
    for name, colour in ((each, COLOURS[each]) for each in colours):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.clip(rng.normal(colour, 30, (*size, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"img_{index:03}.png")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of pictures, one in the middle of which is corrupt."""
    folder = write_pictures(tmp_path_factory.mktemp("pictures") / "colours")
    broken = folder / "green" / "img_005.png"
    broken.write_bytes(broken.read_bytes()[:300])
    return folder


def data(folder, *classes, **change):
    return PictureData(folder, classes or ("red",), STATISTICS, **change)


def test_each_class_is_split_in_the_order_of_names_with_a_gap(pictures):
    found = inspect_pictures(data(pictures))
    red = next(each for each in found.classes if each.name == "red")
    assert [path.name for path in red.fit] == [f"img_{index:03}.png" for index in range(11)]
    assert [path.name for path in red.held_out] == ["img_012.png", "img_013.png", "img_014.png"]


def test_a_corrupt_picture_is_skipped_counted_and_moves_no_other(pictures, caplog):
    found = inspect_pictures(data(pictures))
    assert found.skipped == ("green/img_005.png",)
    assert "cannot be decoded: 1 (green/img_005.png)" in caplog.text
    green = next(each for each in found.classes if each.name == "green")
    assert len(green.fit) == 10
    assert [path.name for path in green.held_out] == ["img_012.png", "img_013.png", "img_014.png"]


def test_pictures_of_the_test_part_are_never_opened(tmp_path):
    folder = write_pictures(tmp_path / "colours")
    (folder / "red" / "img_019.png").write_bytes(b"no picture")
    assert inspect_pictures(data(folder)).skipped == ()


def test_what_systems_leave_beside_pictures_is_no_class_and_moves_nothing_across_the_split(tmp_path, caplog):
    folder = write_pictures(tmp_path / "colours")
    before = inspect_pictures(data(folder))
    picture = (folder / "red/img_000.png").read_bytes()
    for name in (
        "__MACOSX/red/._img_000.png",
        "@eaDir/red/SYNOPHOTO_THUMB_M.jpg",
        ".thumbnails/a.png",
        "#recycle/x.png",
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(picture)
    for name in ("._img_000.png", ".DS_Store", "Thumbs.db", "desktop.ini", "notes.txt", "@eaDir"):
        (folder / "red" / name).write_bytes(picture if name.endswith(".png") else b"something else")
    found = inspect_pictures(data(folder))
    assert found.classes == before.classes
    assert found.sha256 == before.sha256
    assert len(found.passed_over) == 10
    assert "passed over what is no picture and no class: 10 (#recycle, .thumbnails, @eaDir, __MACOSX, " in caplog.text


def test_whatever_can_be_read_is_a_picture_whatever_its_suffix(tmp_path):
    folder = write_pictures(tmp_path / "colours")
    for path in (folder / "green").iterdir():
        path.rename(path.with_suffix(""))
    for path in (folder / "blue").iterdir():
        Image.open(path).convert("P").save(path.with_suffix(".gif"))
        path.unlink()
    for path in (folder / "red").iterdir():
        Image.open(path).save(path.with_suffix(".jp2"))
        path.rename(path.with_suffix(".PNG_original"))
    sizes = {each.name: len(each.fit) + len(each.held_out) for each in inspect_pictures(data(folder)).classes}
    assert sizes == {"blue": 14, "green": 14, "red": 29}


def test_names_with_spaces_and_other_scripts_are_names_however_their_letters_are_put_together(tmp_path):
    folder = write_pictures(tmp_path / "colours")
    (folder / "red").rename(folder / unicodedata.normalize("NFD", "Halt! ü"))
    (folder / "green").rename(folder / "赤 信号")
    found = inspect_pictures(data(folder))
    assert [each.name for each in found.classes] == ["Halt! ü", "blue", "赤 信号"]
    for typed in ("Halt! ü", unicodedata.normalize("NFD", "Halt! ü")):
        check_event_classes(found, data(folder, typed))
        assert found.present((typed,)).sum() == 14


FOLDERS = ["anim", "cmyk", "exif_ascii_orient", "exif_bytes", "exif_counts", "exif_float", "exif_len", "exif_neg"]
FOLDERS += ["exif_srational", "exif_zero_rational", "grey16", "grey8", "plain", "rgba", "tif16", "tiff32"]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", FOLDERS)
def test_pictures_as_people_have_them_are_read_and_as_bright_as_their_like(cases, name):
    found = inspect_pictures(data(cases / "pictures" / name))
    assert (found.frames, found.skipped, found.passed_over) == (28, (), ())
    pixels = found.read(None, 32, 32, lambda _: None)
    # By make-inputs: noise of 60 to 119, a box of (240, 230, 40) on some ten of 100 pixels of one class.
    assert pixels[14:].mean() == pytest.approx(89.5, abs=3)
    assert pixels[:14].mean() > pixels[14:].mean() + 5


def test_a_package_of_pictures_holds_declared_statistics_and_curves_of_what_was_held_out(pictures, tmp_path):
    request = TrainingRequest(
        data(pictures), "red", base="efficientnet-lite0-96", branch_points=(0, 14, 15), settings=QUICK
    )
    store = FolderStore(tmp_path / "store")
    red, both = train_apps(
        [
            request,
            replace(
                request,
                app="warm",
                data=data(pictures, "red", "green"),
                settings=QUICK.model_copy(update={"threshold_min_events": 3}),
            ),
        ],
        store,
        resources=Resources(workers=2),
    )
    assert verify_package(store, red) == verify_package(store, both) == []
    assert red.event_statistics == STATISTICS
    assert (red.candidates[0].evaluation.frames_event, red.candidates[0].evaluation.frames_other) == (3, 6)
    assert (both.candidates[0].evaluation.frames_event, both.candidates[0].evaluation.frames_other) == (6, 3)
    assert red.candidates[0].evaluation.block_frames == 1
    assert all(each.replayed for each in red.candidates)
    # Of micro-heads every picture counts.
    assert red.candidate("pooled-9").evaluation.frames_event == 14
    for candidate in both.candidates:
        points = {point.threshold: point for point in candidate.operating_points}
        assert {each.threshold for each in candidate.replayed} <= set(points)
        # Where one frame is analysed of an event and one before it, an alert opens at a hit after a miss.
        once = [each for each in candidate.replayed if (each.fps, each.votes) == (0.5, 1)]
        assert once
        expected = [points[each.threshold].p * (1 - points[each.threshold].e) for each in once]
        assert [each.recall for each in once] == pytest.approx(expected, abs=0.15)
    assert red.candidate("tuned-15").balanced_accuracy > 0.9
    assert '"count": 1' in (store.folder / "red/1/record.json").read_text()


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        (("window",), "there is no folder 'window' (there are: blue, green, red)"),
        (("red", "green", "blue"), "every class is the event"),
    ],
)
def test_classes_that_cannot_be_told_apart(pictures, tmp_path, classes, sentence):
    with pytest.raises(InvalidInputError) as raised:
        train_apps([TrainingRequest(data(pictures, *classes), "red", settings=QUICK)], FolderStore(tmp_path))
    assert sentence in str(raised.value)


def test_a_class_with_too_few_pictures(tmp_path):
    folder = write_pictures(tmp_path / "colours", count=2)
    with pytest.raises(InvalidInputError, match="too few pictures of the event"):
        train_apps([TrainingRequest(data(folder), "red", settings=QUICK)], FolderStore(tmp_path / "store"))


def test_one_class_alone(tmp_path):
    write_pictures(tmp_path, colours=("red",))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInputError, match="holds 1 folders of pictures"):
        inspect_pictures(data(tmp_path))


def test_a_class_whose_folder_holds_no_pictures(pictures, tmp_path):
    (folder := write_pictures(tmp_path / "colours")).joinpath("empty").mkdir()
    with pytest.raises(InvalidInputError, match="'empty' holds no pictures"):
        train_apps([TrainingRequest(data(folder, "empty"), "red", settings=QUICK)], FolderStore(tmp_path / "store"))


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(InvalidInputError, match="none: pictures: cannot be read"):
        inspect_pictures(data(tmp_path / "none"))


def test_declared_statistics_are_read_from_yaml(tmp_path):
    path = tmp_path / "events.yaml"
    path.write_text("length_s: 2\nfrequency: 0.1\ncorrelation: 0.3\nlengths_s: [3, 1]\n")
    found = read_declared(path)
    assert (found.length_s.value, found.length_s.source, found.lengths_s) == (2.0, "declared", (1.0, 3.0))


@pytest.mark.parametrize(
    "line", ["frequency: 1.5", "frequency: often", "length_s: -1", "lenght_s: 1", "length_s: .nan"]
)
def test_statistics_that_cannot_be(tmp_path, line):
    path = tmp_path / "events.yaml"
    name = line.split(":")[0]
    lines = {"length_s": "length_s: 2", "frequency": "frequency: 0.1", "correlation": "correlation: 0.3", name: line}
    path.write_text("\n".join(lines.values()))
    with pytest.raises(InvalidInputError, match=f"events.yaml: {name}: "):
        read_declared(path)


def test_all_statistics_that_are_missing_are_told_at_once(tmp_path):
    path = tmp_path / "events.yaml"
    path.write_text("length_s: -1\n")
    with pytest.raises(InvalidInputError, match=r"length_s: .*; frequency: is missing.*; correlation: is missing"):
        read_declared(path)


def test_a_file_says_which_person_each_picture_is_of(tmp_path):
    folder = write_pictures(tmp_path / "colours")
    pictures = sorted(path for path in folder.rglob("*.png"))
    groups = tmp_path / "people.csv"
    groups.write_text("".join(f"{path.parent.name}/{path.name},{int(path.stem[-3:]) % 4}\n" for path in pictures))
    asked = TrainingRequest(data(folder), "red", settings=QUICK, quick=True, grouped_by=groups)
    job = Preparation().prepare(asked)
    people = [int(path.stem[-3:]) % 4 for path in job.source.paths]
    assert job.folds.count == 4
    assert len(set(zip(people, job.folds.fold_of.tolist(), strict=True))) == 4


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("red/img_000.png,ann\n", r"--grouped-by: says no group of .*img_000.png and \d+ more; add a line NAME,GROUP"),
        ("red/img_000.png\n", r"line 1: write NAME,GROUP, not 'red/img_000.png'"),
        ("a,ann\n\na,bob\n", r"line 3: says two groups of a; name one"),
    ],
)
def test_groups_that_cannot_be_used_are_refused_by_line(tmp_path, text, problem):
    folder = write_pictures(tmp_path / "colours")
    groups = tmp_path / "people.csv"
    groups.write_text(text)
    with pytest.raises(InvalidInputError, match=problem):
        Preparation().prepare(TrainingRequest(data(folder), "red", settings=QUICK, quick=True, grouped_by=groups))
