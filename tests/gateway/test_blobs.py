import hashlib
import os
import secrets
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from gateway.blobs import ABANDONED, FileBlobs, S3Blobs, open_blobs
from gateway.sections import BlobsConfig
from helpdesk.ports import BlobStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return FileBlobs(tmp_path) if request.param == "file" else S3Blobs(MemoryStore())


def test_bytes_come_back_under_their_hash(store: BlobStore):
    key = store.put(b"guia")
    assert key == hashlib.sha256(b"guia").hexdigest()
    assert store.get(key) == b"guia"
    assert list(store.keys()) == [key]


def test_the_same_bytes_are_kept_once(store: BlobStore):
    assert store.put(b"") == store.put(b"") == store.put_many([b"", b""])[1]
    assert len(list(store.keys())) == 1


def test_a_batch_answers_in_order(store: BlobStore):
    many = [secrets.token_bytes(size) for size in (1, 2048, 300_000)]
    assert [store.get(key) for key in store.put_many(many)] == many
    assert store.put_many([]) == []


def test_what_is_not_there_is_not_found(store: BlobStore):
    with pytest.raises(FileNotFoundError):
        store.get("0" * 64)
    key = store.put(b"x")
    store.delete(key)
    store.delete(key)
    with pytest.raises(FileNotFoundError):
        store.get(key)
    assert list(store.keys()) == []


def test_many_threads_put_the_same_and_different_bytes(store: BlobStore):
    contents = [str(n % 50).encode() for n in range(400)]
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(store.put, contents))
    assert [store.get(key) for key in keys] == contents
    assert len(list(store.keys())) == 50


def test_two_stores_share_one_directory(tmp_path: Path):
    one, other = FileBlobs(tmp_path), FileBlobs(tmp_path)
    assert other.get(one.put(b"x")) == b"x"
    assert one.put(b"y") == other.put(b"y")


WRITER = """
import secrets, sys
from pathlib import Path
from gateway.blobs import FileBlobs
store = FileBlobs(Path(sys.argv[1]))
while True:
    for key in store.put_many([secrets.token_bytes(200_000) for _ in range(8)]):
        print(key, flush=True)
"""


def test_kill_9_loses_nothing_that_was_promised_and_leaves_nothing_half(tmp_path: Path):
    promised: list[str] = []
    for lines in (3, 20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        ) as writer:
            assert writer.stdout
            promised += [writer.stdout.readline().strip() for _ in range(lines)]
            writer.send_signal(signal.SIGKILL)
    store = FileBlobs(tmp_path)
    kept = set(store.keys())
    assert set(promised) <= kept
    assert all(hashlib.sha256(store.get(key)).hexdigest() == key for key in kept)


def test_drafts_of_killed_processes_are_swept_and_young_ones_left(tmp_path: Path):
    FileBlobs(tmp_path)
    abandoned, young = tmp_path / "tmp" / "a", tmp_path / "tmp" / "b"
    for draft in (abandoned, young):
        draft.write_bytes(b"half")
    old = young.stat().st_mtime - ABANDONED - 60
    os.utime(abandoned, (old, old))
    assert list(FileBlobs(tmp_path).keys()) == []
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == ["b"]


def test_the_setting_chooses_the_store(tmp_path: Path):
    assert isinstance(open_blobs(BlobsConfig(url=f"file:{tmp_path}/blobs")), FileBlobs)
    bucket = BlobsConfig.model_validate(
        {
            "url": "s3://ponte/anexos",
            "endpoint": "http://127.0.0.1:9",
            "access_key": "a",
            "secret_key": "b",
        }
    )
    assert isinstance(open_blobs(bucket), S3Blobs)
    assert isinstance(open_blobs(BlobsConfig(url="s3://ponte")), S3Blobs)
