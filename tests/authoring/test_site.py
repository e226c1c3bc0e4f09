"""The parts of the site that need no browser: the wheels for it, its pages and its configuration."""

import hashlib
import json
import sys
import zipfile

import pytest

from lossedu.authoring import site
from lossedu.authoring._wheels import add_byte_code, compiler, pack_installed, write_wheel


def test_an_installed_package_becomes_a_wheel_with_a_record_of_its_files(tmp_path):
    wheel = pack_installed("comm", tmp_path)
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        record = packed.read(next(name for name in names if name.endswith(".dist-info/RECORD"))).decode()
    assert "comm/__init__.py" in names
    assert [line.partition(",")[0] for line in record.splitlines()] == names
    assert not [name for name in names if "__pycache__" in name or "INSTALLER" in name]


def test_a_compiled_package_is_refused(tmp_path):
    with pytest.raises(ValueError, match="numpy is compiled for this machine"):
        pack_installed("numpy", tmp_path)


def test_byte_code_lies_beside_its_source_and_does_not_look_at_times(tmp_path):
    python = compiler()
    if python is None:
        pytest.skip("there is no Python 3.12 on this machine")
    about = "one-1.dist-info/WHEEL"
    wheel = write_wheel(tmp_path / "one-1-py3-none-any.whl", {"one.py": b"ANSWER = 1\n", about: b"Tag: py3-none-any\n"})
    add_byte_code(wheel, python)
    with zipfile.ZipFile(wheel) as packed:
        assert packed.read("one.py") == b"ANSWER = 1\n"
        code = packed.read("__pycache__/one.cpython-312.pyc")
    assert code[4:8] == b"\x01\x00\x00\x00"  # a hash of the source, which is not checked


def test_the_lock_file_names_the_hash_of_a_package_with_byte_code(tmp_path):
    about = "one-1.dist-info/WHEEL"
    wheel = write_wheel(tmp_path / "one-1-py3-none-any.whl", {"one.py": b"ANSWER = 1\n", about: b"Tag: py3-none-any\n"})
    entry = {"file_name": wheel.name, "sha256": "of the original", "depends": []}
    made = site.compiled(entry, tmp_path, sys.executable)
    assert made == entry | {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    with zipfile.ZipFile(wheel) as packed:
        assert any(name.endswith(".pyc") for name in packed.namelist())
    assert site.compiled(entry | {"file_name": "openssl.zip"}, tmp_path, sys.executable)["sha256"] == "of the original"


def test_the_start_page_says_how_the_browser_differs_and_links_into_the_site(tmp_path):
    site.write_pages(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "This copy runs in your browser." in page
    assert 'href="lab/index.html?path=07_kl_divergence/07_kl_divergence.ipynb"' in page
    assert 'href="glossary.html"' in page
    assert (tmp_path / "glossary.html").is_file()


def test_a_folder_with_another_pyodide_or_a_missing_file_is_refused_in_plain_words(tmp_path):
    lock = tmp_path / site.LOCK
    with pytest.raises(site.SiteError, match=r"there is no .*pyodide-lock\.json"):
        site.copy_pyodide(tmp_path, tmp_path / "made")
    lock.write_text(json.dumps({"info": {"version": "0.26.0"}}))
    with pytest.raises(site.SiteError, match=r"expected version 0\.27\.7 .* got 0\.26\.0"):
        site.copy_pyodide(tmp_path, tmp_path / "made")


@pytest.mark.parametrize("is_own", [True, False])
def test_pyodide_comes_from_its_public_address_or_from_the_site(is_own):
    kernel = next(
        iter(site.configuration(["a.whl"], is_own, "zh_CN")["jupyter-config-data"]["litePluginSettings"].values())
    )
    assert kernel["pyodideUrl"].startswith("./" if is_own else f"https://cdn.jsdelivr.net/pyodide/v{site.PYODIDE}/")
    assert kernel["disablePyPIFallback"] == is_own
    assert kernel["loadPyodideOptions"]["env"] == {"LANGUAGE": "zh_CN"}
    assert kernel["loadPyodideOptions"]["packages"][-1].endswith("/pypi/a.whl")
