"""A PostgreSQL server of the test's own, from the binaries of the distribution."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

__all__ = ["binaries", "password", "server"]

password = "s3cret@/:word"  # what has a meaning in a URL must not matter


def binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, which Debian keeps off the path; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


@contextmanager
def server():
    """Start a server in a folder of its own, which takes connections by password; give its port."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    root = os.geteuid() == 0
    account = pwd.getpwnam("nobody") if root else None  # PostgreSQL refuses to run as root.
    identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    (folder / "password").write_text(password)
    if account:
        for path in (folder, folder / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, process = folder / "data", None
    try:
        options = ["--username=atlas", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"]
        initdb = [binaries() / "initdb", "--pgdata", data, *options]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **identity)
        settings = [f"-k{folder}", "-h127.0.0.1", f"-p{port}", "-cfsync=off"]
        with (folder / "log").open("wb") as log:
            command = [binaries() / "postgres", "-D", data, *settings]
            process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **identity)
        _wait(port, process, folder / "log")
        yield port
    finally:
        if process is not None:
            process.terminate()
            process.wait(60)
        shutil.rmtree(folder)


def _wait(port, process, log):
    for _ in range(600):
        ready = subprocess.run(
            [binaries() / "pg_isready", "-h127.0.0.1", f"-p{port}"], capture_output=True, check=False
        )
        if ready.returncode == 0:
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise TimeoutError(log.read_text())
