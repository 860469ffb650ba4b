"""What `mainstream plan` says of a decision, as JSON, and the quotas that it reads."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from mainstream.api.manifests.yaml_documents import read_yaml
from mainstream.decide.admission.quotas import Quotas
from mainstream.decide.asides.dry_run import dry_run_outcome, why_dry_run
from mainstream.decide.decide import NodeDecision
from mainstream.decide.refusal import Refusal
from mainstream.errors import InvalidInputError
from mainstream.files.documents import all_problems
from mainstream.planner import Plan


@dataclass(frozen=True)
class PlanAnswer:
    """The plan, and by app why it is not part of it."""

    plan: Plan | None
    refused: dict[str, Refusal]
    """what condition Accepted would say"""
    waiting: dict[str, Refusal]
    """what condition Planned would say"""
    dry_runs: dict[str, Refusal]
    """the same of dry runs: what they would get, or why they would not run"""


def answer_of(decision: NodeDecision) -> PlanAnswer:
    """Everything that was decided, in the words of the conditions."""
    dry_runs = {
        name: why_dry_run(dry_run_outcome(name, forecast))
        for name, forecast in decision.forecasts.items()
        if name not in decision.refused
    }
    plan = None if decision.plan is None else decision.plan.plan
    return PlanAnswer(plan, decision.refused, decision.waiting, dry_runs)


def answer_to_json(answer: PlanAnswer) -> str:
    """Stable JSON form, indented."""
    return TypeAdapter(PlanAnswer).dump_json(answer, indent=2).decode()


def read_quotas(path: Path) -> Quotas:
    """Quotas from a YAML file with what the chart has under `quotas`."""
    try:
        documents = read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", source=path) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"is not YAML: {' '.join(str(error).split())}", source=path) from error
    if len(documents) != 1:
        raise InvalidInputError(f"holds {len(documents)} documents; give one, with default and namespaces", source=path)
    try:
        return Quotas.model_validate(documents[0])
    except ValidationError as error:
        field, message = all_problems(error)
        raise InvalidInputError(message, field=field, source=path) from error
