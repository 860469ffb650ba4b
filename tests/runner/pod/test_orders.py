"""Orders as mounted files, and logins in URLs."""

from pathlib import Path

from mainstream.runner_orders import CREDENTIALS_FILE, PLAN_FILE, TOKEN_FILE, WANTED_FILE, Login, Wanted
from mainstream.runner_plan import RunnerPlan
from mainstream_runner.pod.camera import with_login
from mainstream_runner.pod.orders import OrdersReader, read_token

PLAN = RunnerPlan(node="n1", sharing=True, budget=1.0, cost=0.0, streams=(), apps=())


def folders(tmp_path: Path) -> tuple[Path, Path]:
    orders, secret = tmp_path / "orders", tmp_path / "secret"
    orders.mkdir()
    secret.mkdir()
    return orders, secret


def test_nothing_there_is_no_order_and_no_token(tmp_path: Path) -> None:
    read = OrdersReader(*folders(tmp_path)).read()
    assert read.plan is None
    assert read.wanted == Wanted()
    assert read_token(tmp_path / "secret") == ""


def test_orders_are_read_when_they_change_and_only_then(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    reader = OrdersReader(orders, secret)
    (orders / WANTED_FILE).write_text(Wanted(bases=("lite",)).model_dump_json())
    first = reader.read()
    assert first.wanted.bases == ("lite",)
    assert reader.read() is first
    (orders / PLAN_FILE).write_text(PLAN.model_dump_json())
    assert reader.read().plan == PLAN
    (orders / PLAN_FILE).unlink()
    assert reader.read().plan is None


def test_a_plan_that_makes_no_sense_leaves_the_last_one_standing(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    reader = OrdersReader(orders, secret)
    (orders / PLAN_FILE).write_text(PLAN.model_dump_json())
    assert reader.read().plan == PLAN
    (orders / PLAN_FILE).write_text('{"node": 7}')
    assert reader.read().plan == PLAN


def test_logins_and_token_come_from_the_secret(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    (secret / TOKEN_FILE).write_text("word\n")
    (secret / CREDENTIALS_FILE).write_text('{"logins": {"plaza/plaza": {"username": "u", "password": "p"}}}')
    assert OrdersReader(orders, secret).read().credentials.logins["plaza/plaza"] == Login(username="u", password="p")  # noqa: S106
    assert read_token(secret) == "word"


def test_a_login_is_percent_encoded_and_shows_in_no_text() -> None:
    login = Login(username="us/er", password="p@ss:w/rd")  # noqa: S106
    assert with_login("rtsp://host:554/s?x=1", login) == "rtsp://us%2Fer:p%40ss%3Aw%2Frd@host:554/s?x=1"
    assert with_login("rtsp://host/s", None) == "rtsp://host/s"
    assert "p@ss" not in repr(login)
