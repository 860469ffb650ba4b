"""What a check says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it should be."""

    about: str
    """the object"""
    problem: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.about}: {self.problem.rstrip('.')}. Way out: {self.way_out.rstrip('.')}."
