"""The language that learners are spoken to in: English, or the one they ask for, as far as it has been translated.

Messages are written in English, where they arise, and pass through `say`. Their translations lie in `lossedu/locale/`,
as gettext keeps them. The environment chooses among them by LANGUAGE, LC_ALL, LC_MESSAGES or LANG, and a program by
`speak`.

>>> speak("zh_CN")
>>> say("right.")
'正确。'
>>> speak(None)
"""

import gettext
import itertools
import os
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "lossedu"
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_chosen: list[str] | None = None


def say(message, **fields):
    """A message in the language of the reader, its `{fields}` filled in; in English if it has not been translated."""
    # where English is asked for before another language, the other is not
    wanted = itertools.takewhile(lambda language: not language.startswith("en"), languages())
    spoken = translation(tuple(wanted)).gettext(message)
    return spoken.format(**fields) if fields else spoken


@cache
def translation(wanted):
    """Return the first translation into one of the languages, from a cache; gettext would look for it each time."""
    return gettext.translation(DOMAIN, LOCALE, wanted, fallback=True)


def languages():
    """The languages that are asked for, the dearest first."""
    if _chosen is not None:
        return _chosen
    return next((os.environ[name].split(":") for name in VARIABLES if os.environ.get(name)), [])


def speak(language):
    """Choose a language, such as "zh_CN" or "en"; None leaves the choice to the environment.

    Raises:
        ValueError: nothing has been translated into it.
    """
    global _chosen
    available = ["en", *sorted(folder.name for folder in LOCALE.iterdir())]
    if language not in (None, *available):
        raise ValueError(f"language must be one of {', '.join(available)}, got {language!r}")
    _chosen = None if language is None else [language]
