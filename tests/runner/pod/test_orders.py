"""Orders as mounted files, and their copy on the disk."""

from pathlib import Path

from order_files import write_orders, write_texts

from mainstream.messages.packed_orders import OrdersText, part_file
from mainstream.messages.runner_orders import CREDENTIALS_FILE, TOKEN_FILE, Wanted
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.pod.orders import OrdersReader, read_token

LITE = Wanted(bases=("lite",))
PLAN = RunnerPlan(node="n1", sharing=True, budget=1.0, cost=0.0, streams=(), apps=())


def folders(tmp_path: Path) -> tuple[Path, Path]:
    orders, secret = tmp_path / "orders", tmp_path / "secret"
    orders.mkdir()
    secret.mkdir()
    return orders, secret


def test_nothing_there_is_no_order_and_no_token(tmp_path: Path) -> None:
    read = OrdersReader(*folders(tmp_path), tmp_path / "kept").read()
    assert read.plan is None
    assert read.wanted == Wanted()
    assert read_token(tmp_path / "secret") == ""


def test_orders_are_read_when_they_change_and_only_then(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    reader = OrdersReader(orders, secret, tmp_path / "kept")
    write_orders(orders, wanted=LITE)
    first = reader.read()
    assert first.wanted.bases == ("lite",)
    assert reader.read() is first
    write_orders(orders, PLAN, LITE)
    assert reader.read().plan == PLAN
    write_orders(orders, wanted=LITE)
    assert reader.read().plan is None


def test_a_plan_that_makes_no_sense_leaves_the_last_one_standing(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    reader = OrdersReader(orders, secret, tmp_path / "kept")
    write_orders(orders, PLAN)
    assert reader.read().plan == PLAN
    write_texts(orders, OrdersText(LITE.model_dump_json(), '{"node": 7}'))
    read = reader.read()
    assert (read.plan, read.wanted) == (PLAN, LITE)


def test_orders_of_which_a_part_is_not_there_yet_leave_the_last_ones_standing(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    reader = OrdersReader(orders, secret, tmp_path / "kept")
    write_orders(orders, PLAN)
    before = (orders / part_file(0)).read_bytes()
    assert reader.read().plan == PLAN
    write_orders(orders, PLAN.model_copy(update={"budget": 2.0}))
    after = (orders / part_file(0)).read_bytes()
    for part in (before, b"", after[:-1]):
        (orders / part_file(0)).write_bytes(part)
        assert reader.read().plan == PLAN
    (orders / part_file(0)).unlink()
    assert reader.read().plan == PLAN
    (orders / part_file(0)).write_bytes(after)
    read = reader.read().plan
    assert read is not None
    assert read.budget == 2.0


def test_logins_and_token_come_from_the_secret(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    (secret / TOKEN_FILE).write_text("word\n")
    (secret / CREDENTIALS_FILE).write_text('{"logins": {"plaza/plaza": {"username": "u", "password": "p"}}}')
    login = OrdersReader(orders, secret, tmp_path / "kept").read().credentials.logins["plaza/plaza"]
    assert (login.username, login.password) == ("u", "p")
    assert read_token(secret) == "word"
    (secret / TOKEN_FILE).write_bytes(b"\xff\xfe word")
    assert read_token(secret) == "", "what is no text opens nothing"


def test_a_secret_that_changes_alone_leaves_the_plan_the_object_that_it_was(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    reader = OrdersReader(orders, secret, tmp_path / "kept")
    write_orders(orders, PLAN, LITE)
    before = reader.read()
    (secret / CREDENTIALS_FILE).write_text('{"logins": {"plaza/plaza": {"username": "u", "password": "p"}}}')
    after = reader.read()
    assert after.credentials != before.credentials
    assert after.plan is before.plan
    assert after.wanted is before.wanted


def test_where_nothing_is_mounted_the_last_good_orders_on_the_disk_are_used(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    write_orders(orders, PLAN, LITE)
    (secret / CREDENTIALS_FILE).write_text('{"logins": {"plaza/plaza": {"username": "u", "password": "hush"}}}')
    OrdersReader(orders, secret, tmp_path / "kept").read()
    for file in (*orders.iterdir(), *secret.iterdir()):
        file.unlink()
    read = OrdersReader(orders, secret, tmp_path / "kept").read()
    assert read.plan == PLAN
    assert read.wanted.bases == ("lite",)
    assert not any("hush" in file.read_text() for file in (tmp_path / "kept").iterdir())


def test_broken_orders_at_a_start_give_way_to_the_copy_on_the_disk(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    write_orders(orders, PLAN, LITE)
    OrdersReader(orders, secret, tmp_path / "kept").read()
    write_texts(orders, OrdersText("{", "{"))
    assert OrdersReader(orders, secret, tmp_path / "kept").read().plan == PLAN


def test_a_plan_that_was_taken_back_does_not_come_back_with_a_restart(tmp_path: Path) -> None:
    orders, secret = folders(tmp_path)
    write_orders(orders, PLAN)
    reader = OrdersReader(orders, secret, tmp_path / "kept")
    assert reader.read().plan == PLAN
    write_orders(orders)
    assert reader.read().plan is None
    assert OrdersReader(orders, secret, tmp_path / "kept").read().plan is None
