"""Whatever a picture file holds becomes upright 8-bit RGB, or is refused."""

import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from mainstream.errors import InvalidInputError
from mainstream.footage.picture_files import is_picture, read_picture

GREY = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
COLOUR = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])


def of_grey(pixels):
    assert pixels.shape == (4, 6, 3)
    assert (pixels[..., 0] == pixels[..., 1]).all()
    return pixels[..., 0].astype(int)


@pytest.mark.parametrize(
    ("suffix", "samples"),
    [
        (".png", GREY),
        (".png", GREY.astype(np.uint16) * 257),
        (".tif", GREY.astype(np.uint16) * 257),
        (".pgm", GREY.astype(np.uint16) * 257),
        (".tif", (GREY / 255).astype(np.float32)),
        (".tif", GREY.astype(np.float32)),
        (".tif", GREY.astype(np.float32) * 257),
        (".tif", GREY.astype(np.int32) * 257),
        (".tif", np.where(GREY == 10, np.nan, GREY / 255).astype(np.float32)),
    ],
)
def test_samples_of_any_width_are_as_bright_as_the_same_picture_in_8_bits(tmp_path, suffix, samples):
    Image.fromarray(samples).save(tmp_path / f"a{suffix}")
    found = of_grey(read_picture(tmp_path / f"a{suffix}"))
    seen = np.isfinite(samples.astype(float))
    assert np.abs(found - GREY)[seen].max() <= 1


def test_a_dark_16_bit_picture_stays_dark(tmp_path):
    Image.fromarray(np.full((4, 6), 514, np.uint16)).save(tmp_path / "a.png")
    assert (read_picture(tmp_path / "a.png") == 2).all()


def test_floats_of_both_signs_span_from_black_to_white(tmp_path):
    Image.fromarray(np.linspace(-2, 2, 24, dtype=np.float32).reshape(4, 6)).save(tmp_path / "a.tif")
    found = of_grey(read_picture(tmp_path / "a.tif"))
    assert (found.min(), found.max()) == (0, 255)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "1", "LA"])
def test_every_mode_becomes_colours(tmp_path, mode):
    picture = Image.fromarray(COLOUR).convert(mode)
    picture.save(tmp_path / "a.tif")
    wanted = np.asarray(picture.convert("RGB"))
    assert (read_picture(tmp_path / "a.tif") == wanted).all()


def test_of_an_animation_the_first_picture_counts(tmp_path):
    first, then = Image.fromarray(COLOUR), Image.fromarray(COLOUR[::-1].copy())
    first.save(tmp_path / "a.webp", save_all=True, append_images=[then], lossless=True)
    assert (read_picture(tmp_path / "a.webp") == COLOUR).all()


UPRIGHT = {
    1: COLOUR,
    2: COLOUR[:, ::-1],
    3: COLOUR[::-1, ::-1],
    4: COLOUR[::-1],
    5: COLOUR.transpose(1, 0, 2),
    6: np.rot90(COLOUR, -1),
    7: np.rot90(COLOUR, -1)[:, ::-1],
    8: np.rot90(COLOUR),
    9: COLOUR,
}


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", sorted(UPRIGHT))
def test_a_picture_is_turned_as_its_exif_block_says_once(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(COLOUR).save(path, exif=exif, lossless=True)
    # Exif 2.3, 4.6.4: 5 is mirrored along the other diagonal than 7.
    assert read_picture(path).shape == UPRIGHT[orientation].shape
    if orientation != 7:
        assert (read_picture(path) == UPRIGHT[orientation]).all()


def block(*tags):
    """An EXIF block of tags (number, type, count, value)."""
    out = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(tags))
    extra, offset = b"", 8 + 2 + len(tags) * 12 + 4
    for number, kind, count, value in tags:
        if len(value) <= 4:
            out += struct.pack(">HHI", number, kind, count) + value.ljust(4, b"\0")
        else:
            out += struct.pack(">HHII", number, kind, count, offset + len(extra))
            extra += value
    return out + b"\0\0\0\0" + extra


ROTATED = (0x0112, 3, 1, struct.pack(">H", 6))


@pytest.mark.parametrize(
    ("tags", "turned"),
    [
        ([ROTATED, (0x011A, 5, 1, struct.pack(">II", 72, 0))], True),
        ([ROTATED, (0x9204, 10, 1, struct.pack(">ii", -1, 0))], True),
        ([ROTATED, (0x8769, 4, 1, struct.pack(">I", 26))], True),
        ([ROTATED, (0x011A, 12, 1, struct.pack(">d", float("nan")))], True),
        ([ROTATED, (0x0100, 7, 4, b"\1\2\3\4"), (0x010F, 13, 1, struct.pack(">I", 9999))], True),
        ([(0x0112, 2, 2, b"6\0"), (0x8825, 4, 1, struct.pack(">I", 9999))], False),
        ([(0x0112, 3, 1, struct.pack(">H", 77))], False),
        ([(0x0112, 5, 1, struct.pack(">II", 6, 0))], False),
    ],
)
def test_a_broken_exif_block_costs_nobody_the_picture(tmp_path, tags, turned):
    Image.fromarray(COLOUR).save(tmp_path / "a.jpg", quality=95, exif=block(*tags))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read_picture(tmp_path / "a.jpg").shape == ((6, 4, 3) if turned else (4, 6, 3))


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"II*\0\xff\xff\xff\xff"])
def test_a_file_that_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match="cannot be decoded"):
        read_picture(path)


def test_a_picture_that_breaks_off_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (60, 60, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InvalidInputError, match="cannot be decoded"):
        read_picture(path)


def test_a_picture_is_known_by_its_suffix_or_else_by_how_it_begins(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    for name in ("plain", "b.jpg_original", "Bild ä"):
        (tmp_path / name).write_bytes((tmp_path / "a.png").read_bytes())
    for name in ("notes.txt", "film.mpg", "broken.png"):
        (tmp_path / name).write_bytes(b"something else")
    known = {path.name for path in tmp_path.iterdir() if is_picture(path)}
    assert known == {"a.png", "plain", "b.jpg_original", "Bild ä", "broken.png"}
