"""How long a runner waits before the next attempt: as the core says."""

from mainstream.back_off import back_off_s

__all__ = ["back_off_s"]
