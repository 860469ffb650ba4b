"""Why a package can't be used, in words for a tenant."""

import pytest

from mainstream.api.reasons import Reason
from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.store import DamagedPackageError, StoreError, StoreRefusedError, StoreUnreachableError
from mainstream_operator.observe.packages import _failed
from mainstream_operator.observe.stores import SecretProblemError


@pytest.mark.parametrize(
    ("error", "reason", "unknown"),
    [
        (
            SecretProblemError(Reason.SECRET_MISSING, "There is no Secret plaza/store; create it."),
            Reason.SECRET_MISSING,
            False,
        ),
        (StoreRefusedError("refuses these keys", source="s3://packages"), Reason.STORE_REFUSED, False),
        (StoreUnreachableError("does not answer", source="s3://packages"), Reason.STORE_UNREACHABLE, True),
        (DamagedPackageError("is not JSON", field="manifest.json"), Reason.PACKAGE_CORRUPT, False),
        (StoreError("has 9 bytes", field="manifest.json"), Reason.PACKAGE_UNREADABLE, False),
        (
            InvalidInputError("there is no such package", field="a@1", source="s3://packages"),
            Reason.PACKAGE_MISSING,
            False,
        ),
        (InvalidInputError("'x' is not a package reference", field="reference"), Reason.INVALID_REFERENCE, False),
    ],
)
def test_each_failure_has_a_stable_reason(error: Exception, reason: Reason, unknown: bool) -> None:
    state = _failed(error)
    assert state.refusal is not None
    assert (state.refusal.reason, state.unknown) == (reason, unknown)
    assert state.refusal.message.endswith(".")


def test_a_failure_that_nobody_foresaw_tells_its_kind_alone() -> None:
    state = _failed(RuntimeError("https://store/blob?X-Amz-Signature=key"))
    assert state.refusal is not None
    assert "RuntimeError" in state.refusal.message
    assert "Signature" not in state.refusal.message
    assert state.unknown
