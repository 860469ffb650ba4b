"""The packages that VideoApps name, read from one store."""

from collections.abc import Iterable

from mainstream.api import VideoApp
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.store import Store


def open_packages(store: Store, apps: Iterable[VideoApp]) -> dict[str, Manifest]:
    """Manifests by app key; the store that a reference names is passed over for the one at hand."""
    packages = {}
    for app in apps:
        try:
            packages[app.key] = open_package(store, parse_reference(app.spec.package.reference))
        except MainstreamError as error:
            raise InvalidInputError(str(error), field=f"VideoApp {app.key}: spec.package.reference") from error
    return packages
