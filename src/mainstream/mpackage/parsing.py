"""From bytes to a manifest, whoever wrote them: canonical, within its bounds, or an error that names the field."""

import json
from typing import NoReturn

from pydantic import ValidationError

from mainstream.mpackage.base_manifest import BaseManifest
from mainstream.mpackage.manifest import MAX_MANIFEST_BYTES, Manifest
from mainstream.mpackage.stores.store import DamagedPackageError

_KINDS: dict[object, type[Manifest] | type[BaseManifest]] = {
    kind.model_fields["schema_version"].default: kind for kind in (Manifest, BaseManifest)
}


def parse_manifest(data: bytes, *, field: str, source: object) -> Manifest | BaseManifest:
    """The manifest that `data` spells; `DamagedPackageError` with `field` and `source` where it spells none."""
    if len(data) > MAX_MANIFEST_BYTES:
        raise DamagedPackageError(f"has more than {MAX_MANIFEST_BYTES} bytes", field=field, source=source)
    try:
        plain = json.loads(data, parse_constant=_refuse_constant)
        version = plain.get("schema_version") if isinstance(plain, dict) else None
        if not isinstance(version, str) or version not in _KINDS:
            known = " or ".join(map(str, _KINDS))
            raise DamagedPackageError(
                f"schema_version: is {str(version)[:64]!r}, not {known}; use a newer mainstream, or publish it again",
                field=field,
                source=source,
            )
        manifest = _KINDS[version].model_validate(plain)
        canonical = manifest.canonical()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DamagedPackageError(f"{where}: {first['msg']}", field=field, source=source) from error
    except (ValueError, RecursionError) as error:
        raise DamagedPackageError(f"is not JSON ({error})", field=field, source=source) from error
    if canonical != data:
        raise DamagedPackageError("is not in canonical form: it was changed", field=field, source=source)
    return manifest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
