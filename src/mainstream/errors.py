"""One family of errors for what a user can put right.

Raised where the field is known, caught once at the edge (the command line, a condition in status). Anything that is
not a `MainstreamError` is a bug and keeps its traceback.
"""


class MainstreamError(Exception):
    """What is wrong, where, and the way out, in one sentence.

    `field` names the offending place (a dotted path such as `apps[2].rates[0]`), `source` the file or object it
    stands in.
    """

    def __init__(self, message: str, *, field: str | None = None, source: object | None = None) -> None:
        self.message = message
        self.field = field
        self.source = None if source is None else str(source)
        where = ": ".join(part for part in (self.source, field) if part)
        super().__init__(f"{where}: {message}" if where else message)


class InvalidInputError(MainstreamError):
    """A value that the user gave cannot be used."""
