"""The `lossedu` command, also as `python -m lossedu`."""

import sys

import lossedu._grammar  # noqa: F401  before all that imports jsonschema


def main():
    """Run the command line, or say what is missing for it."""
    try:
        from lossedu.cli import cli
    except ModuleNotFoundError as error:
        sys.exit(f"lossedu: the command needs {error.name}: install it with  pip install 'lossedu[learn]'")
    cli(prog_name="lossedu")


if __name__ == "__main__":
    main()
