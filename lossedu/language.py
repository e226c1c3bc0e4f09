"""The language that learners are spoken to in: English, or the one they ask for, as far as it has been translated.

Messages are written in English, where they arise, and pass through `say`. Their translations lie in `lossedu/locale/`,
as gettext keeps them. The environment chooses among them by LANGUAGE, LC_ALL, LC_MESSAGES or LANG, and a program by
`speak`. What is read as a whole is made by `in_one_language`, which falls back to English as a whole.

>>> speak("zh_CN")
>>> say("right.")
'正确。'
>>> speak(None)
"""

import contextlib
import gettext
import itertools
import os
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
LOCALE = Path(__file__).with_name("locale")
DOMAIN = "lossedu"
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_chosen: list[str] | None = None
_here: ContextVar[list[str] | None] = ContextVar("languages of a `speaking` block", default=None)
_untranslated: ContextVar[list[str] | None] = ContextVar("messages without a translation", default=None)


def say(message: str, **fields: Any) -> str:
    """A message in the language of the reader, its `{fields}` filled in; in English if it has not been translated."""
    spoken = translation(wanted()).gettext(message) if message else ""  # gettext's own entry for "" is its header
    return spoken.format(**fields) if fields else spoken


def later(message: str) -> str:
    """Return a message as it is: a mark for translators, where `say` gets the message in another place."""
    return message


def join_sentences(*sentences: str) -> str:
    """Return sentences as one text: Chinese has no space between them.

    >>> join_sentences("One.", "", "Two.")
    'One. Two.'
    >>> join_sentences("一。", "二。")
    '一。二。'
    """
    text = ""
    for sentence in filter(None, sentences):
        text += sentence if not text or text.endswith("。") else f" {sentence}"
    return text


def in_one_language(make: Callable[[], T]) -> T:
    """Return what `make()` returns, in the language of the reader if all that it says has been translated.

    If anything has not, `make` is called again, and speaks English.

    >>> speak("zh_CN")
    >>> in_one_language(lambda: [say("right."), say("no such message")])
    ['right.', 'no such message']
    >>> speak(None)
    """
    if _untranslated.get() is not None:  # part of something larger, which is in one language
        return make()
    missing = []
    token = _untranslated.set(missing)
    try:
        made = make()
    finally:
        _untranslated.reset(token)
    if not missing:
        return made
    with speaking("en"):
        return make()


def is_translated(messages: Iterable[str]) -> bool:
    """Tell whether the reader's language has all of these messages; English has any."""
    catalogue = translation(wanted())
    missing = []
    token = _untranslated.set(missing)
    try:
        for message in filter(None, messages):
            catalogue.gettext(message)
    finally:
        _untranslated.reset(token)
    return not missing


@contextlib.contextmanager
def speaking(language):
    """Speak this language while the block runs, whatever the reader asks for; English if there is no such language."""
    token = _here.set([language if language in available() else "en"])
    try:
        yield
    finally:
        _here.reset(token)


def spoken() -> str:
    """The language in which `say` speaks now, such as "zh_CN" or "en"."""
    found = gettext.find(DOMAIN, LOCALE, wanted())
    return Path(found).parts[-3] if found else "en"


class Untranslated(gettext.NullTranslations):
    """Stands behind a translation, and notes what it lacks."""

    def gettext(self, message):
        """Note the message, and return it as it is."""
        missing = _untranslated.get()
        if missing is not None:
            missing.append(message)
        return message


@cache
def translation(languages: tuple[str, ...]) -> gettext.NullTranslations:
    """Return the first translation into one of the languages, from a cache; gettext would look for it each time."""
    found = gettext.translation(DOMAIN, LOCALE, languages, fallback=True)
    if isinstance(found, gettext.GNUTranslations):  # else English is spoken, which lacks nothing
        found.add_fallback(Untranslated())
    return found


def wanted() -> tuple[str, ...]:
    """The languages that are asked for before English, as a tuple: the preferred one comes first."""
    return tuple(itertools.takewhile(lambda language: not language.startswith("en"), languages()))


def languages() -> list[str]:
    """The languages that are asked for, the preferred one first."""
    here = _here.get()
    if here is not None:
        return here
    if _chosen is not None:
        return _chosen
    return next((os.environ[name].split(":") for name in VARIABLES if os.environ.get(name)), [])


@cache
def available() -> tuple[str, ...]:
    """The languages that can be spoken."""
    return ("en", *sorted(folder.name for folder in LOCALE.iterdir() if folder.is_dir()))


def speak(language: str | None) -> None:
    """Choose a language, such as "zh_CN" or "en"; None leaves the choice to the environment.

    Raises:
        ValueError: nothing has been translated into it.
    """
    global _chosen
    if language not in (None, *available()):
        raise ValueError(f"language must be one of {', '.join(available())}, got {language!r}")
    _chosen = None if language is None else [language]
