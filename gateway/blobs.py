"""Where bytes live: a directory, or an S3 bucket. Both content-addressed, both `BlobStore`.

Why a sync a file in a few threads and not one of the whole file system: `docs/decisions/0003`.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from gateway.sections import BlobsConfig
from helpdesk.ports import BlobStore

if TYPE_CHECKING:
    from obstore.store import ObjectStore, S3Config

#: syncs under way at once: the journal writes them together, more threads gained nothing
THREADS = 8
#: a draft this old belongs to a process that was killed, in seconds
ABANDONED = 24 * 3600


def open_blobs(config: BlobsConfig) -> BlobStore:
    """Open the store that `PONTE_BLOBS__URL` names. Raises `OSError`."""
    scheme, _, rest = config.url.partition(":")
    if scheme == "file":
        return FileBlobs(Path(rest))
    return _open_s3(rest, config)


class FileBlobs:
    """Files `ab/cd/<sha256>` under `root`, on one file system.

    A file is synced before it gets its name, so whatever has a name is whole. Safe for threads and
    for processes that share the directory.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / "tmp"
        self._drafts.mkdir(parents=True, exist_ok=True)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="blobs")
        self._sweep()

    def put(self, data: bytes) -> str:
        sha256, folders = self._place(data)
        for folder in folders:
            _sync_folder(folder)
        return sha256

    def put_many(self, data: Sequence[bytes]) -> list[str]:
        """Store a batch; folders that several of it share are synced once."""
        placed = list(self._pool.map(self._place, data))
        folders = dict.fromkeys(chain.from_iterable(folders for _, folders in placed))
        list(self._pool.map(_sync_folder, folders))
        return [sha256 for sha256, _ in placed]

    def get(self, sha256: str) -> bytes:
        return self._path(sha256).read_bytes()

    def delete(self, sha256: str) -> None:
        self._path(sha256).unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        return (path.name for path in self._root.glob("??/??/*"))

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _place(self, data: bytes) -> tuple[str, list[Path]]:
        """Put the whole file at its place; returns the folders whose entries are not yet synced."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        folders = [path.parent]
        if path.exists():
            # Whole, but whoever put it may not have synced the folder yet.
            return sha256, folders
        draft = self._drafts / token_hex(16)
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not path.parent.exists():
            # Whoever finds the folder there syncs only the folder: journals keep their order, so
            # its making is on disk before that.
            path.parent.mkdir(parents=True, exist_ok=True)
            folders += [path.parent.parent, self._root]
        draft.rename(path)
        return sha256, folders

    def _sweep(self) -> None:
        oldest = time.time() - ABANDONED
        for draft in self._drafts.iterdir():
            # Another process may sweep it at the same moment, or finish it after all.
            with contextlib.suppress(FileNotFoundError):
                if draft.stat().st_mtime < oldest:
                    draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class S3Blobs:
    """The same keys in a bucket, through obstore's synchronous API.

    Its asynchronous one aborts the process at exit now and then (`docs/decisions/0003`).
    """

    def __init__(self, store: "ObjectStore") -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="blobs")

    def put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self._store.put(_key(sha256), data)
        return sha256

    def put_many(self, data: Sequence[bytes]) -> list[str]:
        return list(self._pool.map(self.put, data))

    def get(self, sha256: str) -> bytes:
        return bytes(self._store.get(_key(sha256)).bytes())

    def delete(self, sha256: str) -> None:
        self._store.delete(_key(sha256))

    def keys(self) -> Iterator[str]:
        # obstore leaves its other form of list, for Arrow, without types
        for page in self._store.list():  # pyright: ignore[reportUnknownMemberType]
            yield from (item["path"].rpartition("/")[2] for item in page)


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _open_s3(rest: str, config: BlobsConfig) -> S3Blobs:
    from obstore.store import S3Store  # noqa: PLC0415 - the extra `s3`, and 40 MB

    bucket, _, prefix = rest.removeprefix("//").partition("/")
    options: S3Config = {
        "region": config.region,
        # Addresses with the bucket in the path work with every server of this protocol.
        "virtual_hosted_style_request": False,
    }
    if config.endpoint:
        options["endpoint"] = config.endpoint
    if config.access_key and config.secret_key:
        options["access_key_id"] = config.access_key.get_secret_value()
        options["secret_access_key"] = config.secret_key.get_secret_value()
    allow_http = (config.endpoint or "").startswith("http://")
    return S3Blobs(
        S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            config=options,
            client_options={"allow_http": allow_http},
        )
    )
