"""Tell the files that operating systems and programs leave behind from a student's own files."""

import re
from fnmatch import translate

__all__ = ["is_litter"]

# Do not add names of files that may hold the only copy of an answer (`.bak`, `.tmp`). Do not add files that show a
# mistake either, such as a shortcut (`.lnk`, `.webloc`) or a file still in iCloud (`.icloud`): the teacher must see it.
ANYWHERE = """
    __MACOSX .AppleDB .AppleDesktop .AppleDouble .apdisk .DocumentRevisions-V100 .DS_Store .fseventsd .LSOverride
    .Spotlight-V100 .TemporaryItems .Trashes .VolumeIcon.icns .com.apple.timemachine.*
    $RECYCLE.BIN System?Volume?Information
    .directory .Trash .Trash-* lost+found
    @eaDir @tmp #recycle #snapshot .dropbox .dropbox.attr .dropbox.cache .stfolder .stversions .sync
    .git .hg .svn .bzr .idea .vs .vscode
    __pycache__ .cache .config .ipynb_checkpoints .ipython .jupyter .local .mypy_cache .pytest_cache .ruff_cache
    .virtual_documents
""".split()  # noqa: SIM905
FILES = """
    ._*
    desktop.ini Thumbs.db Thumbs.db:encryptable ehthumbs.db ehthumbs_vista.db
    .nfs* .fuse_hidden* .smbdelete* .gitignore .gitattributes .gitkeep
    ~$* .~lock.*# ~WRL*.tmp
    *~ *.swp *.swo .#* #*# *.pyc *.pyo
""".split()  # noqa: SIM905


def pattern(names):
    """Compile one pattern for all names, in upper and lower case, since Windows and macOS do not tell them apart."""
    return re.compile("|".join(map(translate, names)), re.IGNORECASE)


LITTER, LITTER_FILE = pattern(ANYWHERE), pattern([*FILES, "Icon\r"])  # macOS ends that name with a carriage return


def is_litter(path: str) -> bool:
    """Tell whether a path leads to litter of an operating system or a program.

    Some names are litter only for a file: `anna~` is, but a folder `anna~` and its files are not. So the path of a
    folder must end with a slash.

    Args:
        path: with `/` between its parts, such as `__MACOSX/._00_first_loss.ipynb`.

    >>> is_litter("anna/.ipynb_checkpoints/00_first_loss-checkpoint.ipynb"), is_litter("anna~/00_first_loss.ipynb")
    (True, False)
    """
    *folders, name = path.split("/")
    return any(map(LITTER.match, [*folders, name])) or bool(LITTER_FILE.match(name))
