"""How numbers and conditions look in every table."""

from collections.abc import Sequence

from mainstream.api.conditions import ABNORMAL, Condition


def number(value: float | None) -> str:
    """Three digits, or a dash where there is none."""
    return "-" if value is None else f"{value:.3g}"


def ready(conditions: Sequence[Condition]) -> str:
    """`yes`, or the reason why not; a reason beside `yes` where it is a special one, `-` where nothing is known."""
    found = next((each for each in conditions if each.type == "Ready"), None)
    if found is None:
        return "-"
    return "yes" if found.status == "True" else found.reason


def is_well(condition: Condition) -> bool:
    """Whether the condition says that all is as it should be."""
    return condition.status == ("False" if condition.type in ABNORMAL else "True")
