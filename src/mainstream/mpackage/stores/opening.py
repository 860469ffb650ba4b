"""Stores from text, one spelling for all commands: `s3://bucket/prefix`, or a folder."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mainstream.api.store_access import StoreAccess
from mainstream.errors import InvalidInputError
from mainstream.mpackage.reference import Reference, parse_reference
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import Store

if TYPE_CHECKING:
    from mainstream.mpackage.stores.s3_store import S3Store


@dataclass(frozen=True)
class StoreOptions:
    """How a store on S3 is reached; means nothing to a folder."""

    endpoint: str | None = None
    """URL; AWS's own where left out"""
    region: str | None = None
    ca_bundle: Path | None = None
    """file with the endpoint's certificate authority"""
    profile: str | None = None
    """of the AWS configuration; the default credential chain where left out"""
    anonymous: bool = False
    """read without signing"""


def open_store(text: str, options: StoreOptions = StoreOptions()) -> Store:
    """The store that `text` names; it is first asked when first used."""
    if text.startswith("s3://"):
        return open_bucket(text, options)
    if "://" in text:
        raise InvalidInputError(f"{text!r} is neither s3://bucket/prefix nor a folder", field="store")
    return FolderStore(Path(text.removeprefix("file:")))


def open_bucket(text: str, options: StoreOptions = StoreOptions()) -> "S3Store":
    """The bucket, or the part of one, that `s3://bucket/prefix` names."""
    try:
        from mainstream.mpackage.stores.s3_client import PATIENT_ATTEMPTS, s3_client
        from mainstream.mpackage.stores.s3_store import S3Store
    except ImportError as error:
        raise InvalidInputError(f"S3 needs {error.name}: pip install 'mainstream[s3]'", field="store") from error
    if options.ca_bundle is not None and not options.ca_bundle.is_file():
        raise InvalidInputError("is not a file", field="--ca-bundle", source=options.ca_bundle)
    access = StoreAccess(endpoint=options.endpoint, region=options.region, anonymous=options.anonymous)
    client = s3_client(access, None, options.ca_bundle, profile=options.profile, attempts=PATIENT_ATTEMPTS)
    return S3Store(text, client)


def split_reference(text: str, default_store: str) -> tuple[str, Reference]:
    """`STORE/name@version` to the store's text and the package's name there; without a store, the default one."""
    reference = parse_reference(text)
    return reference.store or default_store, replace(reference, store=None)
