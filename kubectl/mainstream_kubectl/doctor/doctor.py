"""All checks, in the order in which one mends things. Pure."""

from mainstream_kubectl.doctor.facts import Facts
from mainstream_kubectl.doctor.fault import Fault
from mainstream_kubectl.doctor.installation import check_clock, check_definitions, check_operator, check_versions
from mainstream_kubectl.doctor.nodes import check_nodes, check_pods
from mainstream_kubectl.doctor.objects import check_objects

_CHECKS = (check_versions, check_clock, check_definitions, check_operator, check_nodes, check_pods, check_objects)


def examine(facts: Facts) -> list[Fault]:
    """Everything that is wrong, and what could not be looked at for want of rights."""
    found = [finding for check in _CHECKS for finding in check(facts)]
    if facts.unseen:
        way_out = "ask for the right to list them, or let somebody who has it run this"
        found.append(Fault("you", f"may not see {', '.join(facts.unseen)}, so not everything was looked at", way_out))
    return found
