"""Wheels for a Python in the browser, made from packages that are installed here, with byte code where it fits."""

import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

BROWSER_PYTHON = (3, 12)  # of Pyodide 0.27
SITE_PACKAGES = "/lib/python3.12/site-packages"  # where Pyodide unpacks wheels: tracebacks name files there
NOT_PACKED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}  # what pip writes when it installs


def pack_installed(name, folder):
    """Pack an installed package of pure Python as a wheel, without its tests; return the path of the wheel.

    Args:
        name: the package, as on PyPI.
        folder: where the wheel goes.

    Raises:
        PackageNotFoundError: it is not installed.
        ValueError: it has parts that are compiled for this machine.
    """
    package = distribution(name)
    kept = [file for file in package.files or () if belongs_in_wheel(file)]
    contents = {file.as_posix(): Path(file.locate()).read_bytes() for file in kept}
    ((about, tags),) = ((path, text) for path, text in contents.items() if path.endswith(".dist-info/WHEEL"))
    if b"-none-any" not in tags:
        raise ValueError(f"name: expected a package of pure Python; {name} is compiled for this machine")
    stem = about.partition(".dist-info/")[0]
    return write_wheel(Path(folder, f"{stem}-py3-none-any.whl"), contents)


def belongs_in_wheel(file):
    """Whether a file of an installed package came with its wheel, and is no test of the package."""
    in_about = file.parent.name.endswith(".dist-info")
    return (
        not {"..", "__pycache__", "tests"} & set(file.parts)
        and not (in_about and file.name in NOT_PACKED)
        and file.locate().is_file()
    )


def write_wheel(path, contents):
    """Write a wheel with these contents, by their paths in it; the same contents make the same file."""
    ((record, _),) = (
        (f"{name.rpartition('/')[0]}/RECORD", 0) for name in contents if name.endswith(".dist-info/WHEEL")
    )
    lines = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in sorted(contents.items()):
            if name != record:
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                lines.append(f"{name},sha256={digest},{len(content)}\n")
                wheel.writestr(entry(name), content)
        wheel.writestr(entry(record), "".join([*lines, f"{record},,\n"]))
    return path


def entry(name):
    """An entry of a wheel, compressed, with the oldest time that a ZIP file can hold."""
    info = zipfile.ZipInfo(name)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return info


def compiler():
    """The path of a Python whose byte code the browser's Python reads; None if there is none on this machine."""
    if sys.version_info[:2] == BROWSER_PYTHON and sys.implementation.name == "cpython":
        return sys.executable
    version = ".".join(map(str, BROWSER_PYTHON))
    found = shutil.which(f"python{version}")
    # a command of that name may only say that no such Python has been chosen
    works = found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603
    return found if works else None


def add_byte_code(wheel, python):
    """Compile the modules of a wheel, and put the byte code beside them: a browser then need not compile them.

    Args:
        wheel: its path.
        python: the path of a Python of the version that will read it.
    """
    with tempfile.TemporaryDirectory() as place:
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(place)
        # files lose their times on the way into the browser, so Python must not compare these
        options = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", place, "-p", SITE_PACKAGES]
        subprocess.run([python, "-m", "compileall", *options, place], check=True)  # noqa: S603
        files = [path for path in Path(place).rglob("*") if path.is_file()]
        write_wheel(wheel, {path.relative_to(place).as_posix(): path.read_bytes() for path in files})
