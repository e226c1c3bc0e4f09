"""Copy a gradebook of nbgrader to another database, such as from SQLite to PostgreSQL."""

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy
from sqlalchemy import create_engine, delete, event, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from lossedu.errors import PlainError
from lossedu.grading.nbgrader import Base, get_alembic_version
from lossedu.grading.strangers import in_a_line

CHUNK = 1000  # rows that are read and written at a time
VERSION = "alembic_version"  # the table in which nbgrader notes the version of its tables
MADE_BY_OPENING = "course"  # the table into which nbgrader writes a row when it opens an empty database

newest_version = functools.cache(get_alembic_version)  # nbgrader asks another program, which takes a second


class CopyError(PlainError):
    """A gradebook was not copied, and the target is as it was; the message says why."""


@dataclass(frozen=True)
class Copied:
    """What was copied: the number of rows by the name of their table. `left_out` are tables that are not nbgrader's."""

    rows: dict[str, int]
    left_out: tuple[str, ...]


def copy_gradebook(source, target):
    """Copy all rows of a gradebook into an empty database: all of them, or none.

    A database is also empty if nbgrader has opened it, but holds no students and no assignments yet.

    Args:
        source: the URL of a gradebook, as in `c.CourseDirectory.db_url`, or the path of a SQLite file.
        target: the URL or path of the new one; a SQLite file is made if there is none.

    Returns:
        Copied.

    Raises:
        CopyError: a database cannot be used, the source is no gradebook of the installed nbgrader, the target is not
            empty, or a row cannot be read or written.
    """
    source, target = read_url(source), read_url(target)
    file = sqlite_file(target)
    new_file = file if file is not None and not file.exists() else None
    try:
        with transaction(source, reads=True) as old:
            tables = inspect(old).get_table_names()
            check_version(old, source, tables)
            with transaction(target) as new:
                make_tables(new, target)
                rows = {table.name: copy_table(table, old, new) for table in Base.metadata.sorted_tables}
    except BaseException:
        if new_file:
            new_file.unlink(missing_ok=True)
        raise
    return Copied(rows, tuple(sorted({*tables} - {*Base.metadata.tables, VERSION})))


def read_url(address):
    """Return the URL of a database, given as such or as the path of a SQLite file.

    >>> read_url("gradebook.db")
    sqlite:///gradebook.db
    """
    address = str(address)
    try:
        return sqlalchemy.make_url(address if "://" in address else f"sqlite:///{address}")
    except SQLAlchemyError as error:
        raise CopyError("expected the path of a SQLite file, or a URL such as in c.CourseDirectory.db_url") from error


def sqlite_file(url):
    """Return the path of a SQLite database; None for other databases."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


@contextmanager
def transaction(url, reads=False):
    """Connect to a database in one transaction; `reads` sees one state of a database that must exist.

    Every error of the database becomes a `CopyError`.
    """
    file = sqlite_file(url)
    if file is not None and (reads or file.exists()) and not file.is_file():
        raise CopyError(f"there is no file {file}" if reads else f"{file} is not a file")
    try:
        with naming(shown(url)):
            engine = create_engine(url)
    except ModuleNotFoundError as error:
        advice = "install it with  pip install 'lossedu[postgresql]'  and begin the URL with  postgresql+psycopg://"
        raise CopyError(f"{shown(url)} needs {error.name}: {advice}") from error
    if file is not None:
        begin_by_hand(engine, "BEGIN" if reads else "BEGIN IMMEDIATE")
    elif reads:
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with naming(shown(url)), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def begin_by_hand(engine, statement):
    """Let a transaction of SQLite hold for all statements; Python's module begins it only before some of them."""

    @event.listens_for(engine, "connect")
    def let_python_begin_nothing(connection, _):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql(statement)


def shown(url):
    """Return a URL without its password, for a message."""
    return url.render_as_string(hide_password=True)


def check_version(connection, url, tables):
    """Raise CopyError if a database is no gradebook of the installed nbgrader."""
    missing = sorted({*Base.metadata.tables, VERSION} - {*tables})
    if VERSION not in tables:
        raise CopyError(f"{shown(url)} is no gradebook: it has no table {missing[0]}")
    if missing or connection.execute(text(f"SELECT version_num FROM {VERSION}")).scalar() != newest_version():  # noqa: S608
        raise CopyError(f"{shown(url)} was made by another version of nbgrader: run  nbgrader db upgrade  before")


def make_tables(connection, url):
    """Make nbgrader's tables in an empty database; CopyError if it is not empty."""
    tables = inspect(connection).get_table_names()
    if not tables:
        Base.metadata.create_all(connection)
        connection.execute(text(f"CREATE TABLE {VERSION} (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text(f"INSERT INTO {VERSION} VALUES (:version)"), {"version": newest_version()})  # noqa: S608
        return
    if others := sorted({*tables} - {*Base.metadata.tables, VERSION}):
        raise CopyError(f"{shown(url)} is not empty: it has a table {others[0]}")
    check_version(connection, url, tables)
    for table in Base.metadata.sorted_tables:
        found = connection.execute(select(func.count()).select_from(table)).scalar()
        if found and table.name != MADE_BY_OPENING:
            raise CopyError(f"{shown(url)} is not empty: its table {table.name} has {found:,} rows")
    connection.execute(delete(Base.metadata.tables[MADE_BY_OPENING]))


def copy_table(table, old, new):
    """Copy the rows of a table, and return their number; CopyError names the table if a row is refused."""
    number = 0
    with naming(f"the table {table.name} cannot be copied"):
        for rows in old.execution_options(yield_per=CHUNK).execute(select(table)).mappings().partitions():
            new.execute(insert(table), [dict(row) for row in rows])
            number += len(rows)
    return number


@contextmanager
def naming(what):
    """Turn an error of a database, or a value that is none of its column, into a `CopyError` that says what failed."""
    try:
        yield
    except (SQLAlchemyError, ValueError) as error:
        raise CopyError(f"{what}: {in_a_line(str(getattr(error, 'orig', None) or error))}") from error
