"""Orders as a pod has them mounted."""

from pathlib import Path

from mainstream.messages.packed_orders import OrdersText, pack_orders
from mainstream.messages.runner_orders import Wanted
from mainstream.messages.runner_plan import RunnerPlan


def write_orders(folder: Path, plan: RunnerPlan | None = None, wanted: Wanted | None = None) -> None:
    """Have the runner told this."""
    write_texts(
        folder, OrdersText((wanted or Wanted()).model_dump_json(), None if plan is None else plan.model_dump_json())
    )


def write_texts(folder: Path, text: OrdersText) -> None:
    """The same, whatever the texts spell."""
    for name, data in reversed(pack_orders(text).items()):
        hidden = folder / f".{name}"
        hidden.write_bytes(data)
        hidden.replace(folder / name)
