"""Fetches the projects of ``sources.json`` from npm and PyPI and reads their source files.

The split is by project: nothing of a held-out project is ever trained on.
"""

import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

TRAINING = Path(__file__).parent.parent
MANIFEST = TRAINING / "sources.json"
DATA = TRAINING / ".data"

LANGUAGE_OF_SUFFIX = {
    ".py": "python",
    ".ts": "typescript",
    ".js": "javascript",
    ".mjs": "javascript",
}
PERMISSIVE = ("MIT", "BSD", "Apache", "ISC", "PSF", "HPND")
#: Files that no person wrote or that teach the wrong thing.
SKIPPED_PARTS = {
    "node_modules",
    "test",
    "tests",
    "__tests__",
    "testing",
    "vendor",
    "_vendor",
    "locale",
    "umd",
    "bundles",
}
SKIPPED_ENDINGS = (".d.ts", ".min.js", ".test.ts", ".spec.ts", ".test.js", ".bundle.js", "_pb2.py")
MAX_FILE_BYTES = 200_000


@dataclass(frozen=True)
class Project:
    """One pinned package: ``registry`` is npm or pypi, ``split`` train or heldout."""

    registry: str
    name: str
    version: str
    license: str
    split: str

    @property
    def archive(self) -> Path:
        """Where the package's archive lies once fetched."""
        return DATA / "archives" / f"{self.registry}-{self.name.replace('/', '_')}-{self.version}.archive"


@dataclass(frozen=True)
class SourceFile:
    """One file of a project, decoded, with LF line endings."""

    project: Project
    path: str
    language: str
    text: str


def load_manifest() -> list[Project]:
    """The pinned projects; raises ValueError for a license that is not permissive."""
    projects = [Project(**entry) for entry in json.loads(MANIFEST.read_text())]
    for project in projects:
        if not any(name in project.license for name in PERMISSIVE):
            raise ValueError(f"{project.name}: license {project.license!r} is not on the list of permissive ones")
    return projects


def fetch(project: Project) -> None:
    """Downloads one archive through the registry's own client, unless it is there already."""
    if project.archive.exists():
        return
    staging = DATA / "staging" / project.archive.stem
    staging.mkdir(parents=True, exist_ok=True)
    project.archive.parent.mkdir(parents=True, exist_ok=True)
    pinned = f"{project.name}=={project.version}"
    command = {
        "npm": ["npm", "pack", "--silent", "--pack-destination", str(staging), f"{project.name}@{project.version}"],
        "pypi": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(staging), pinned],
    }[project.registry]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (downloaded,) = staging.iterdir()
    downloaded.rename(project.archive)


def fetch_all(projects: list[Project]) -> None:
    """Downloads what is missing, four at a time."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fetch, projects))


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            for name in sorted(wheel.namelist()):
                if _wanted(name):
                    yield name, wheel.read(name)
        return
    with tarfile.open(archive) as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            handle = tar.extractfile(member) if member.isfile() and _wanted(member.name) else None
            if handle:
                yield member.name, handle.read()


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        path.suffix in LANGUAGE_OF_SUFFIX
        and not name.endswith(SKIPPED_ENDINGS)
        and not SKIPPED_PARTS.intersection(path.parts)
    )


def _machine_written(text: str) -> bool:
    lines = text.count("\n") + 1
    return len(text) / lines > 80 or "@generated" in text[:2000]


def read_files(project: Project) -> Iterator[SourceFile]:
    """The project's own source files, in a fixed order."""
    for name, raw in _members(project.archive):
        if len(raw) > MAX_FILE_BYTES:
            continue
        text = raw.decode("utf-8", errors="replace").replace("\r\n", "\n")
        if "\ufffd" not in text and not _machine_written(text):
            yield SourceFile(project, name, LANGUAGE_OF_SUFFIX[PurePosixPath(name).suffix], text)
