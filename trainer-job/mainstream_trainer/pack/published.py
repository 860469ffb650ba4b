"""Whether what is asked for has been trained and published before."""

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reading import open_package, package_versions, verify_package
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.store import DamagedPackageError, Store
from mainstream_trainer.data.preparation import Job
from mainstream_trainer.pack.packing import training_of


def published(job: Job, store: Store) -> Manifest | None:
    """The package of the same data, base network, seed and settings; None where that name and version is free.

    Raises `InvalidInputError` where it holds something else, `DamagedPackageError` where a blob was changed.
    """
    request = job.request
    if request.version not in package_versions(store, request.app):
        return None
    manifest = open_package(store, Reference(request.app, request.version, None))
    there, wanted = manifest.training, training_of(job)
    differing = [
        what
        for what, same in (
            ("data", there.data_digest == wanted.data_digest),
            ("base network", manifest.base.digest == job.network.digest),
            ("seed", there.seed == wanted.seed),
            ("settings", there.settings == wanted.settings),
        )
        if not same
    ]
    if differing:
        raise InvalidInputError(
            f"was trained with other {' and '.join(differing)}, and a package never changes; give another version",
            field=f"{request.app}@{request.version}",
            source=store,
        )
    for finding in verify_package(store, manifest):
        raise DamagedPackageError(
            f"{finding.problem.split(';')[0]}; delete {request.app}/{request.version} and train it again",
            field=finding.key,
            source=store,
        )
    return manifest
