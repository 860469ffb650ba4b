"""The note at the top of the document: what was measured less of than the figures' commands fix."""

from collections.abc import Mapping, Sequence

from cells import (
    ABLATION_WORKLOADS,
    FROZEN_BASES,
    FROZEN_TASKS,
    HEADLINE_WORKLOADS,
    LIVE_WORKLOADS,
    THROUGHPUT_APPS,
    THROUGHPUT_DEPTHS,
    TRAINER_APPS,
    TRAINER_SEEDS,
    Cell,
    all_cells,
)
from document_words import NAMES
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reading import open_published, published_references
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.settings import TrainingSettings
from make_all import FIGURES
from packages import STORE
from results import QUICK, read_figure


def cut_short() -> str:
    """The note; empty where everything was made whole, and in a quick run, which says so by its name."""
    if QUICK:
        return ""
    found = [*_older_packages(), *_missing(), *_cells(), *_others()]
    if not found:
        return ""
    listed = "\n".join(f"> - {each}" for each in found)
    return (
        "> **Cut short by time.** Every figure here was made by the commands named, with this code, but with less\n"
        f"> than they measure when they run to their end:\n>\n{listed}\n>\n"
        "> The next `make bench-evidence` goes on from there and writes this page anew, without this note; where\n"
        "> packages are older it has to begin from nothing (remove `out/evidence`)."
    )


def _older_packages() -> list[str]:
    """Packages of a trainer that did not know all that today's may be told."""
    if not STORE.exists():
        return []
    store = FolderStore(STORE)
    opened = [open_published(store, reference) for reference in published_references(store)]
    return older_trainer([each.training.settings for each in opened if isinstance(each, Manifest)])


def older_trainer(settings: Sequence[Mapping[str, object]]) -> list[str]:
    """What packages with these settings lack, in words; nothing where they are today's trainer's."""
    unknown = sorted({name for each in settings for name in TrainingSettings.model_fields if name not in each})
    names = ", ".join(f"`{name}`" for name in unknown)
    return [f"packages are those of an earlier trainer, which knew nothing of {names}"] if unknown else []


def _missing() -> list[str]:
    names = [name for name in FIGURES if read_figure(name) is None]
    return [f"not made yet: {', '.join(f'`{name}`' for name in names)}"] if names else []


def _cells() -> list[str]:
    data = read_figure("event_f1")
    if data is None:
        return []
    wanted = all_cells(data["pools"])
    said = []
    left_out = [cell for cell in wanted if cell.name not in data["cells"]]
    for apps in sorted({cell.apps for cell in left_out}):
        pools = [cell.pool for cell in left_out if cell.apps == apps]
        said.append(f"cells of {apps} apps are left out ({', '.join(sorted(set(pools)))})")
    fewer: dict[tuple[int, int], list[Cell]] = {}
    for cell in wanted:
        made = data["cells"].get(cell.name, {}).get("workloads", cell.workloads)
        if made < cell.workloads:
            fewer.setdefault((made, cell.workloads), []).append(cell)
    for (made, of), cells in sorted(fewer.items()):
        where = "of the abstract's regime" if of == HEADLINE_WORKLOADS else "outside the abstract's regime"
        said.append(f"{made} workloads instead of {of} in {len(cells)} of the cells {where}")
    said += [
        f"{each['workloads']} workloads instead of {HEADLINE_WORKLOADS} with all policies as published ({name})"
        for name, each in data["published"].items()
        if each["workloads"] < HEADLINE_WORKLOADS
    ]
    return said


def _others() -> list[str]:
    said = []
    ablations = read_figure("ablations")
    if ablations is not None:
        said += [
            f"{each['workloads']} workloads instead of {ABLATION_WORKLOADS} where ideas are left out ({pool})"
            for pool, each in ablations["ideas"].items()
            if each["workloads"] < ABLATION_WORKLOADS
        ]
    frozen = read_figure("frozen_share")
    if frozen is not None:
        bases, tasks = ({each[what] for each in frozen["curves"]} for what in ("base", "task"))
        if len(tasks) < FROZEN_TASKS or len(bases) < FROZEN_BASES:
            said.append(
                f"accuracy over the frozen share: {len(bases)} of {FROZEN_BASES} networks, {len(tasks)} of "
                f"{FROZEN_TASKS} tasks"
            )
    throughput = read_figure("throughput")
    if throughput is not None:
        points, wanted = len(throughput["points"]), THROUGHPUT_DEPTHS * len(THROUGHPUT_APPS)
        said += [f"throughput at {points} points instead of {wanted}"] if points < wanted else []
    live = read_figure("live_runs")
    if live is not None:
        runs, wanted = len(live["runs"]), LIVE_WORKLOADS * len(NAMES) * len(live["pools"])
        said += [f"{runs} live runs instead of {wanted}"] if runs < wanted else []
    trainer = read_figure("trainer_quality")
    if trainer is not None:
        made = (trainer["seeds"], len(trainer["quality"]))
        whole = (len(TRAINER_SEEDS), len(TRAINER_APPS))
        if made[0] < whole[0] or made[1] < whole[1]:
            said.append(
                f"{made[0]} seeds of {made[1]} apps instead of {whole[0]} of {whole[1]} for the trainer's quality"
            )
    return said
