import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream.review.links import VALID_S, ReviewLink, app_key, open_link, sign_link

OPERATORS = b"k" * 32
APP = "plaza/crossing"
KEY = app_key(OPERATORS, APP, "uid-1")
TOKEN = sign_link(KEY, APP, "alert-1", 1000.0)


def _keys(app: str) -> bytes | None:
    return {APP: KEY, "shop/door": app_key(OPERATORS, "shop/door", "uid-2")}.get(app)


def test_a_link_opens_its_alert_for_fourteen_days() -> None:
    assert open_link(TOKEN, _keys, 1000.0 + VALID_S - 1) == ReviewLink(APP, "alert-1", 1000.0 + VALID_S)
    with pytest.raises(InvalidInputError, match="older than 14 days"):
        open_link(TOKEN, _keys, 1000.0 + VALID_S)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABab01-_."))
def test_a_link_that_was_altered_anywhere_opens_nothing(place: int, character: str) -> None:
    altered = TOKEN[:place] + character + TOKEN[place + 1 :]
    if altered == TOKEN:
        return
    with pytest.raises(InvalidInputError, match="opens nothing"):
        open_link(altered, _keys, 1001.0)


@given(st.text(max_size=300))
def test_what_is_no_link_opens_nothing(text: str) -> None:
    with pytest.raises(InvalidInputError, match="opens nothing"):
        open_link(text, _keys, 1001.0)


def test_a_key_of_one_app_signs_for_no_other() -> None:
    other = app_key(OPERATORS, "shop/door", "uid-2")
    with pytest.raises(InvalidInputError, match="opens nothing"):
        open_link(sign_link(other, APP, "alert-1", 1000.0), _keys, 1001.0)


def test_an_app_that_was_made_again_has_another_key() -> None:
    assert app_key(OPERATORS, APP, "uid-1") != app_key(OPERATORS, APP, "uid-2")


def test_an_app_that_is_gone_and_a_claim_signed_with_no_key_say_the_same() -> None:
    claim = json.dumps(["shop/gone", "alert-1", 9999999999], separators=(",", ":")).encode()
    mac = hmac.digest(b"nobody's", claim, hashlib.sha256)
    token = ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (claim, mac))
    with pytest.raises(InvalidInputError, match="opens nothing"):
        open_link(token, _keys, 1001.0)


def test_a_link_fits_into_a_path() -> None:
    token = sign_link(KEY, APP, "6f9619ff-8b86-d011-b42d-00cf4fc964ff", 1.7e9)
    assert len(token) < 200
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
