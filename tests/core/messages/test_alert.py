"""What users' programs read: the JSON of an alert, byte for byte."""

from dataclasses import replace

import pytest

from mainstream.messages.alert import Alert, AlertMessage, alert_message, decode_alert, encode_alert

ALERT = Alert("closed", "an-id", "plaza/crossing", 1_764_398_061.12345, 100.0, 103.5, 0.91, 7)
# Written down from the JSON that version 0.1 made (docs/events.md).
PLAIN = (
    b'{"event":"closed","id":"an-id","app":"plaza/crossing","start_s":1764398061.123,"end_s":1764398064.623,'
    b'"peak_score":0.91,"frames":7,"node":"n1","stream":"plaza/hall","view":"door"}'
)


def message(files: tuple[str, str] | None = None) -> AlertMessage:
    return alert_message(ALERT, node="n1", stream="plaza/hall", view="door", files=files)


def test_an_alert_is_written_as_the_documentation_says() -> None:
    assert encode_alert(message()) == PLAIN


def test_names_of_clip_and_picture_follow_and_an_interrupted_alert_says_so_last() -> None:
    written = encode_alert(replace(message(("a.mp4", "a.jpg")), interrupted=True))
    assert written == PLAIN[:-1] + b',"clip":"a.mp4","picture":"a.jpg","interrupted":true}'


@pytest.mark.parametrize("files", [None, ("a.mp4", "a.jpg")])
def test_what_was_written_is_read_again_unchanged(files: tuple[str, str] | None) -> None:
    assert decode_alert(encode_alert(message(files))) == message(files)


def test_opening_and_closing_are_two_messages_of_one_alert() -> None:
    opened = replace(message(), phase="opened")
    assert (opened.message_id, message().message_id) == ("an-id.opened", "an-id.closed")


def test_what_is_no_alert_is_refused() -> None:
    with pytest.raises(ValueError, match="frames"):
        decode_alert(PLAIN.replace(b'"frames":7,', b""))
