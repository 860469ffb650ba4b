import pytest

from mainstream.errors import InvalidInputError
from mainstream.mpackage.reference import Reference, parse_reference

DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crossing@1", Reference("crossing", "1", None)),
        (f"crossing@sha256:{DIGEST}", Reference("crossing", None, DIGEST)),
        ("s3://packages/plaza/crossing@1.2", Reference("crossing", "1.2", None, "s3://packages/plaza")),
        ("s3://packages/crossing@1", Reference("crossing", "1", None, "s3://packages")),
        ("file:out/packages/lamp-post@v2", Reference("lamp-post", "v2", None, "file:out/packages")),
        ("out/packages/lamp-post@v2", Reference("lamp-post", "v2", None, "out/packages")),
        ("/home/me@work/crossing@1", Reference("crossing", "1", None, "/home/me@work")),
        ("../crossing@1", Reference("crossing", "1", None, "..")),
        ("/crossing@1", Reference("crossing", "1", None, "/")),
        (f"file:/data/a@sha256:{DIGEST}", Reference("a", None, DIGEST, "file:/data")),
    ],
)
def test_a_reference_is_read_and_spelled_the_same(text, expected):
    assert parse_reference(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crossing",
        "@1",
        "crossing@",
        "s3://crossing@1",
        "s3:/bucket/crossing@1",
        "out\n/crossing@1",
        "crossing@sha256:12",
        "crossing@../1",
        "Crossing@1",
        "crossing@1\n",
        "http://host/crossing@1",
        f"crossing@sha256:{DIGEST.upper()}",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidInputError, match="not a package reference"):
        parse_reference(text)
