"""What a dry run found, in sentences: as `kubectl mainstream what-if` and the console say it."""

from mainstream.api.video_app import DryRun
from mainstream.counting import counted


def dry_run_sentences(name: str, found: DryRun) -> list[str]:
    """What would happen if the app of that name were run; whose F1 would fall, as far as its tenant may know."""
    lines = [f"{name} would not be admitted."]
    if found.would_get is not None:
        got = found.would_get
        lines = [
            f"{name} would run with predicted F1 {got.predicted_f1:.3f}, {got.frames_per_second:g} frames a second, "
            f"candidate {got.candidate}, work shared with {counted(got.shared_with, 'app')}."
        ]
    change = found.mean_f1_after - found.mean_f1_before
    lines.append(
        f"The node's mean F1 is {found.mean_f1_before:.3f} without it and {found.mean_f1_after:.3f} with it "
        f"({change:+.3f})."
    )
    if found.losing:
        lines.append(f"{counted(found.losing, 'app')} would lose F1, {found.most_lost_f1:.3f} at most.")
    return lines + [
        f"{each.name}, of the same namespace, would go from {each.predicted_f1_before:.3f} to "
        f"{each.predicted_f1_after:.3f}."
        for each in found.losses
    ]
