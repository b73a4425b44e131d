"""A PostgreSQL server of the test run's own: a folder, a socket in it, gone when the run ends."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, create_engine, text

OWNER = "zhengtong"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "16MB",
    # What survives a power cut is PostgreSQL's business, not this suite's.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class NoServer(Exception):
    """Why there is none."""


@dataclass(frozen=True, slots=True)
class Server:
    """folder: where its socket is."""

    folder: Path

    def url(self, database: str) -> str:
        """SQLAlchemy URL of one of its databases."""
        made = URL.create("postgresql+psycopg", OWNER, database=database, query={"host": str(self.folder)})
        return made.render_as_string(hide_password=False)

    def make(self, database: str, like: str = "template0") -> str:
        """Make a database, a copy of another that nobody is connected to any more; returns its URL."""
        self._run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{like}'",
            f'CREATE DATABASE "{database}" TEMPLATE "{like}"',
        )
        return self.url(database)

    def drop(self, database: str) -> None:
        """Take a database away, whoever is connected."""
        self._run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _run(self, *statements: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for each in statements:
                connection.execute(text(each))
        engine.dispose()


@contextmanager
def server() -> Iterator[Server]:
    """Start one, and end it. Raises NoServer: none is installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="zt-postgres-"))  # a socket's path is short
    account = _account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    user = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    control = [programs / "pg_ctl", "-D", data, "-w", "-s"]
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    options += f" -c unix_socket_directories='{folder}'"
    try:
        subprocess.run(initdb, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)
        start = [*control, "-l", folder / "log", "-o", options, "start"]
        subprocess.run(start, check=True, cwd=folder, **user)
        try:
            yield Server(folder)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=folder, **user)
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """Where `initdb` is: on the path, or where Debian and Red Hat put it, the newest version first."""
    found = shutil.which("initdb")
    places = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr").glob("pgsql-*/bin/initdb")]
    newest = max(places, key=lambda each: int(each.parent.parent.name.removeprefix("pgsql-")), default=None)
    if found is None and newest is None:
        raise NoServer("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    return Path(found).parent if found else newest.parent


def _account() -> pwd.struct_passwd | None:
    """The server refuses to run as root; then whom it runs as."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("PostgreSQL does not run as root, and there is no account `postgres` or `nobody`")
