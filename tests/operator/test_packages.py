"""Why a package can't be used, in words for a tenant."""

import pytest

from mainstream.errors import InvalidInputError
from mainstream.mpackage.store import DamagedPackageError, StoreError, StoreRefusedError, StoreUnreachableError
from mainstream_operator.observe.packages import _failed
from mainstream_operator.observe.stores import SecretProblemError


@pytest.mark.parametrize(
    ("error", "reason", "transient"),
    [
        (SecretProblemError("SecretMissing", "There is no Secret plaza/store; create it."), "SecretMissing", False),
        (StoreRefusedError("refuses these keys", source="s3://packages"), "StoreRefused", False),
        (StoreUnreachableError("does not answer", source="s3://packages"), "StoreUnreachable", True),
        (DamagedPackageError("is not JSON", field="manifest.json"), "PackageCorrupt", False),
        (StoreError("has 9 bytes", field="manifest.json"), "PackageUnreadable", False),
        (InvalidInputError("there is no such package", field="a@1", source="s3://packages"), "PackageMissing", False),
        (InvalidInputError("'x' is not a package reference", field="reference"), "InvalidReference", False),
    ],
)
def test_each_failure_has_a_stable_reason(error: Exception, reason: str, transient: bool) -> None:
    state = _failed(error)
    assert state.refusal is not None
    assert (state.refusal.reason, state.transient) == (reason, transient)
    assert state.refusal.message.endswith(".")


def test_a_failure_that_nobody_foresaw_tells_its_kind_alone() -> None:
    state = _failed(RuntimeError("https://store/blob?X-Amz-Signature=key"))
    assert state.refusal is not None
    assert "RuntimeError" in state.refusal.message
    assert "Signature" not in state.refusal.message
    assert state.transient
