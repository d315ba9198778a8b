"""The wheel alone, in an environment without the sources, runs the demo."""

import os
import re
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.processes import PATIENCE, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the back end that pip would ask, out of the tree as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel; what it depends on is borrowed from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    own, borrowed = purelib(python), purelib(Path(sys.executable))
    # As a path, not as a site: the .pth of the sources' own environment must not be read.
    (own / "borrowed.pth").write_text(f"{borrowed}\n")
    return python


@pytest.fixture
def demo(python: Path, tmp_path: Path) -> Iterator[str]:
    """`ponte demo` from another folder; its address."""
    port = free_port()
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [python.with_name("ponte"), "demo", "--port", str(port), "--data", "dados"],
            cwd=tmp_path,
            env=clean(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )

    def ready() -> bool:
        assert process.poll() is None, output.read_text()
        return "Ctrl-C stops." in output.read_text()

    try:
        wait_until(ready, output.read_text)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0, output.read_text()
        assert "Traceback" not in output.read_text()
    finally:
        process.kill()
        process.wait(PATIENCE)


def test_holds_everything_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        "gateway/templates/layout/base.html",
        "gateway/templates/mail/opened/body.txt",
        "gateway/demo/story.json",
        "helpdesk/migrations/versions/0001_first_schema.py",
    ):
        assert part in names
    assert any(name.startswith("gateway/static/console") for name in names)
    packages = {name.partition("/")[0] for name in names}
    assert {name for name in packages if not name.endswith(".dist-info")} == {
        "channels",
        "gateway",
        "helpdesk",
    }
    assert [name for name in names if name.startswith("gateway/frontend/")] == []


def test_is_imported_from_where_it_was_installed(python: Path, tmp_path: Path):
    code = "import channels, gateway, helpdesk; print(channels.__file__, gateway.__file__, helpdesk.__file__)"
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, env=clean(), check=True, capture_output=True, text=True
    )
    for path in done.stdout.split():
        assert Path(path).is_relative_to(purelib(python))


def test_runs_the_demo_from_anywhere(demo: str):
    with httpx.Client(base_url=demo, timeout=PATIENCE) as client:
        for path in ("/", "/entrar", "/demo/caixa", "/health/ready"):
            assert client.get(path).status_code == 200, path
        assets = set(re.findall(r"/static/[\w.-]+", client.get("/demo/caixa").text))
        assert {path.rpartition(".")[2] for path in assets} >= {"css", "js", "svg"}
        for path in assets:
            assert client.get(path).status_code == 200, path


def run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=clean()
    )
    assert done.returncode == 0, done.stdout + done.stderr


def purelib(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def clean() -> dict[str, str]:
    dropped = ("PONTE_", "PYTHONPATH")
    return {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
