"""Which candidates a request asks for, on the base network that it names."""

from dataclasses import replace

from mainstream.errors import InvalidInputError
from mainstream.nn.heads.kinds import make_head
from mainstream.nn.heads.micro import MicroHead
from mainstream.nn.network import Network
from mainstream_trainer.forms import MicroForm, default_branch_points, default_taps, forms_of
from mainstream_trainer.request import TrainingRequest


def resolved(request: TrainingRequest, network: Network) -> TrainingRequest:
    """With branch-points and taps as numbers; `InvalidInputError` where they cannot be."""
    taps = request.settings.taps or default_taps(network)
    settings = request.settings.model_copy(update={"taps": tuple(sorted(set(taps)))})
    if request.quick:
        if request.branch_points or request.common_stem is not None:
            raise InvalidInputError(
                "makes micro-heads alone, and branch-points and a common stem are for fine-tuned candidates; leave out "
                "one of the two",
                field="quick",
            )
        if not settings.heads:
            raise InvalidInputError("makes micro-heads alone, and no kind is named; give --heads flat", field="quick")
        return replace(request, branch_points=(), settings=settings)
    branch_points = request.branch_points or default_branch_points(network)
    for branch_point in branch_points:
        network.check(branch_point)
    if network.depth not in branch_points:
        raise InvalidInputError(
            f"must hold {network.depth} (everything frozen): candidates are compared with it, and Max-Sharing runs it",
            field="branch_points",
        )
    if request.common_stem is not None:
        if not 0 < request.common_stem < network.depth:
            raise InvalidInputError(
                f"must lie between 0 and {network.depth}, which the baselines need as each app's own",
                field="common_stem",
            )
        if settings.tuned_folds:
            raise InvalidInputError(
                "has apps hold out the same frames, and --folds cross-fits each app's own candidates; leave out one of "
                "the two",
                field="common_stem",
            )
        branch_points = (*branch_points, request.common_stem)
    return replace(request, branch_points=tuple(sorted(set(branch_points))), settings=settings)


def checked_forms(request: TrainingRequest, network: Network) -> tuple[MicroForm, ...]:
    """Forms of the micro-heads that are asked for; `InvalidInputError` where one cannot be made."""
    settings = request.settings
    forms = forms_of(network, settings.taps or (), tuple(dict.fromkeys(settings.heads)), settings.head_width)
    for form in forms:
        if not isinstance(make_head(form.kind, form.shape, form.width), MicroHead):
            raise InvalidInputError(
                f"{form.kind!r} is no micro-head; name flat, pooled, flat-dw or pooled-dw", field="heads"
            )
    return forms
