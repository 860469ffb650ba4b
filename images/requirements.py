"""Prints what an image installs, from pyproject.toml: `requirements.py EXTRA...`; '' is what everything needs."""

import sys
import tomllib

with open("pyproject.toml", "rb") as file:  # noqa: PTH123 - in a build stage with nothing but Python's own library
    project = tomllib.load(file)["project"]
known = {"": project["dependencies"], **project["optional-dependencies"]}
wanted = [requirement for extra in sys.argv[1:] for requirement in known[extra]]
print(*(requirement for requirement in wanted if not requirement.startswith("mainstream")), sep="\n")
