"""What is said of deliveries that are late or lost: each sentence says what is so. Pure."""

from collections.abc import Iterable

from mainstream.messages.status_report import said
from mainstream_runner.spool.alert_ledger import Losses


def loss_sentence(losses: Losses, refusal: str | None) -> str | None:
    """What became of deliveries that are lost, by cause; `refusal` is what a destination said last."""
    parts = [
        f"{losses.refused} refused ({refusal or 'the log of the destination says why'})" if losses.refused else None,
        f"{losses.pushed_out} pushed out by newer ones, as the spool was full" if losses.pushed_out else None,
        f"{losses.unwritten} never written, as the node's disk was full" if losses.unwritten else None,
    ]
    causes = said_together(parts)
    return None if causes is None else said(f"{_deliveries(losses.deliveries)} lost so far: {causes}")


def said_together(texts: Iterable[str | None]) -> str | None:
    """Each text once, in order; None where there is none."""
    given = list(dict.fromkeys(text for text in texts if text is not None))
    return said("; ".join(given)) if given else None


def _deliveries(number: int) -> str:
    return "1 delivery is" if number == 1 else f"{number} deliveries are"
