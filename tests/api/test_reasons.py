"""The words of conditions: documented, and each with its own meaning."""

from pathlib import Path

import pytest

from mainstream.api.conditions import Condition
from mainstream.api.reasons import DOCUMENT, Reason, reasons_table, with_table

ROOT = Path(__file__).parents[2]


def test_the_documented_table_of_reasons_is_current() -> None:
    document = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert with_table(document) == document, "run `make reasons`"
    assert reasons_table() in document


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_one_word_that_a_condition_takes_and_a_sentence(reason: Reason) -> None:
    assert reason.value.isalpha()
    assert reason.name == "".join(f"_{each}" if each.isupper() else each for each in reason.value)[1:].upper()
    assert len(reason.value) <= next(each.max_length for each in Condition.model_fields["reason"].metadata)
    assert reason.meaning[0].isupper() or reason.meaning[0] == "`"
    assert reason.meaning.endswith(".")


def test_no_two_reasons_mean_the_same() -> None:
    assert len({reason.meaning for reason in Reason}) == len(Reason)


def test_each_condition_is_documented_with_reasons_that_exist() -> None:
    document = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    conditions = document.partition("| object, condition |")[2].partition("\n\n")[0]
    named = set(conditions.split("`")[1::2])
    assert named == {reason.value for reason in Reason}
