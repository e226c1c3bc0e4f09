"""A PostgreSQL server of one's own: in a temporary folder, on a Unix socket, as a user without rights."""

import itertools
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine, text

from lossedu.grading.copying import copy_gradebook
from lossedu.grading.course import read_config

DEBIAN = "/usr/lib/postgresql/*/bin"
OPTIONS = "-c listen_addresses='' -c fsync=off"


class Server:
    """A server that runs until it is closed."""

    def __init__(self):
        places = [os.environ["PATH"], *map(str, sorted(Path("/").glob(DEBIAN[1:]), reverse=True))]
        self.path = os.pathsep.join(places)
        self.folder = Path(tempfile.mkdtemp(prefix="lossedu-postgresql-"))
        self.user = "postgres" if os.getuid() == 0 else None  # Debian's package brings it; root may not run a server
        shutil.chown(self.folder, self.user)
        self.numbers = itertools.count()
        self.run("initdb", "--username=teacher", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8")
        self.start()

    def run(self, program, *arguments):
        subprocess.run(
            [shutil.which(program, path=self.path), f"--pgdata={self.folder / 'data'}", *arguments],
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def start(self):
        options = f"{OPTIONS} -c unix_socket_directories={self.folder}"
        self.run("pg_ctl", "start", "--wait", f"--log={self.folder / 'log'}", "-o", options)

    def stop(self):
        """Stop at once, whoever is connected."""
        self.run("pg_ctl", "stop", "--mode=immediate")

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, database):
        return f"postgresql+psycopg://teacher@/{database}?host={self.folder}"

    def new_database(self):
        """The URL of an empty database."""
        name = f"gradebook{next(self.numbers)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)

    def move_here(self, course):
        """Let a course keep its gradebook here, with all rows that it has in SQLite."""
        url, before = self.new_database(), course / "gradebook.db"
        copy_gradebook(before, url)
        before.unlink()
        configure(course, f"c.CourseDirectory.db_url = {url!r}")
        return course


def why_not():
    """Why there can be no server here; None if there can."""
    if not (shutil.which("initdb") or list(Path("/").glob(f"{DEBIAN[1:]}/initdb"))):
        return "PostgreSQL is not installed"
    return None if find_spec("psycopg") else "psycopg is not installed; `pip install lossedu[postgresql]` brings it"


def configure(course, settings):
    """Add settings to a course's configuration."""
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\n{settings}\n")


def gradebook_of(course):
    """The URL of a course's gradebook."""
    return CourseDirectory(config=read_config(course)).db_url
