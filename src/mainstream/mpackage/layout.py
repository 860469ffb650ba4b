"""Where the parts of a package lie in a store (docs/design.md, "Packages")."""

from mainstream.mpackage.manifest import Blob

BLOBS = "blobs"
MANIFEST = "manifest.json"
RECORD = "record.json"


def manifest_key(name: str, version: str) -> str:
    """The file that makes a package exist."""
    return f"{name}/{version}/{MANIFEST}"


def record_key(name: str, version: str) -> str:
    """What differs from run to run: times and machine; outside the digest."""
    return f"{name}/{version}/{RECORD}"


def report_key(name: str, version: str) -> str:
    """What a person reads of it; outside the digest."""
    return f"{name}/{version}/report.html"


def blob_key(blob: Blob) -> str:
    """One tensor file, named by its content."""
    return f"{BLOBS}/{blob.sha256}"
