"""A stand-in for the hub on this machine: the part of its protocol that the client library speaks, over real files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class Repo:
    """A repository: its files, and the commit that each branch names.

    Attributes:
        kind: "models" or "datasets".
        refusal: an error code of the hub, such as GatedRepo, with its status; empty to serve.
        breaks_after: bytes of a weights file after which the connection breaks; None never.
        claims: how large it says that some of its files are, by name.
    """

    folder: Path
    kind: str = "models"
    branches: dict[str, str] = field(default_factory=lambda: {"main": "a" * 40})
    refusal: tuple[int, str] | None = None
    breaks_after: int | None = None
    claims: dict[str, int] = field(default_factory=dict)


@dataclass
class Hub:
    """The repositories that are served, and every request that came: (method, path)."""

    url: str
    repos: dict[str, Repo] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving_hub() -> Iterator[Hub]:
    """Serve on a free port of this machine until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    hub = Hub(f"http://127.0.0.1:{server.server_port}")
    server.hub = hub  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        return self.server.hub  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, self.path))
        api = path.startswith("/api/")
        for name, repo in self.hub.repos.items():
            prefix = f"/api/{repo.kind}/{name}" if api else f"/{'' if repo.kind == 'models' else 'datasets/'}{name}/"
            if path == prefix or path.startswith(prefix.rstrip("/") + "/"):
                if repo.refusal:
                    return self._refuse(*repo.refusal)
                rest = path.removeprefix(prefix).strip("/")
                return self._api(repo, name, rest) if api else self._file(repo, rest)
        return self._refuse(401, "RepoNotFound")

    def _api(self, repo: Repo, name: str, rest: str) -> None:
        kind, _, asked = rest.partition("/")
        revision, _, _ = asked.partition("/")
        commit = self._commit(repo, revision or "main")
        if kind not in {"", "revision", "tree", "paths-info"}:
            return self._refuse(404, "EntryNotFound")
        if commit is None:
            return self._refuse(404, "RevisionNotFound")
        files = sorted(file for file in repo.folder.rglob("*") if file.is_file())
        names = [file.relative_to(repo.folder).as_posix() for file in files]
        if kind in {"tree", "paths-info"}:
            under, deep = asked.partition("/")[2], "recursive=true" in self.path.lower()
            return self._json(list(_tree(repo.folder, under, deep)))
        return self._json(
            {
                "id": name,
                "modelId": name,
                "sha": commit,
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "siblings": [
                    {"rfilename": name, "size": repo.claims.get(name, file.stat().st_size)}
                    for name, file in zip(names, files, strict=True)
                ],
            }
        )

    def _file(self, repo: Repo, rest: str) -> None:
        action, _, rest = rest.partition("/")
        revision, _, name = rest.partition("/")
        commit = self._commit(repo, revision)
        file = repo.folder / name
        if action != "resolve" or commit is None:
            return self._refuse(404, "RevisionNotFound")
        if not file.is_file():
            return self._refuse(404, "EntryNotFound")
        content = file.read_bytes()
        start = 0
        wanted = self.headers.get("Range")
        if wanted:
            start = int(wanted.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if wanted else 200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{_etag(file)}"')
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command == "HEAD":
            return None
        if repo.breaks_after is not None and name.endswith(".safetensors"):
            self.wfile.write(content[start : start + repo.breaks_after])
            self.close_connection = True
            return None
        self.wfile.write(content[start:])
        return None

    @staticmethod
    def _commit(repo: Repo, revision: str) -> str | None:
        return repo.branches.get(revision) or (revision if revision in repo.branches.values() else None)

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        body = json.dumps({"error": code}).encode()
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", f"{code} (stand-in)")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tree(folder: Path, under: str, deep: bool) -> Iterator[dict[str, object]]:
    """What stands in a folder, and in those within it where that is asked for too."""
    for path in sorted((folder / under).glob("**/*" if deep else "*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            yield {"type": "directory", "path": name, "size": 0, "oid": "0" * 40}
        else:
            yield {"type": "file", "path": name, "size": path.stat().st_size, "oid": _etag(path)}


def _etag(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
