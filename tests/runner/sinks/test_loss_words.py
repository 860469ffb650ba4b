"""What is said of deliveries that will never be made."""

from mainstream_runner.sinks.loss_words import loss_sentence, said_together
from mainstream_runner.spool.alert_ledger import Losses


def test_nothing_is_said_where_nothing_is_lost() -> None:
    assert loss_sentence(Losses(), None) is None


def test_a_refusal_is_told_as_what_the_destination_said_and_not_as_a_full_disk() -> None:
    said = loss_sentence(Losses(alerts=3, refused=6), "the webhook answered 400; see its log")
    assert said == "6 deliveries are lost so far: 6 refused (the webhook answered 400; see its log)"


def test_each_cause_is_told_apart() -> None:
    assert loss_sentence(Losses(refused=1, pushed_out=2, unwritten=3), None) == (
        "6 deliveries are lost so far: 1 refused (the log of the destination says why); "
        "2 pushed out by newer ones, as the spool was full; 3 never written, as the node's disk was full"
    )


def test_one_delivery_is_told_in_the_singular() -> None:
    assert (
        loss_sentence(Losses(unwritten=1), None)
        == "1 delivery is lost so far: 1 never written, as the node's disk was full"
    )


def test_what_several_say_alike_is_said_once_and_within_bounds() -> None:
    assert said_together(["a", None, "b", "a"]) == "a; b"
    assert said_together([None]) is None
    assert len(said_together(["x" * 400, "y" * 400]) or "") == 512
