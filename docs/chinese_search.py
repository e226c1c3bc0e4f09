"""A Sphinx extension: the search of the Chinese book, which finds words without knowing where they begin."""

import re

from sphinx.search.zh import SearchChinese

RUN = re.compile(r"[\u4e00-\u9fff]+")


class PairSearch(SearchChinese):
    """Index each pair of neighbouring characters, because Chinese writes no spaces; a query is cut in the same way.

    Sphinx asks for a dictionary to find words, and its script names a stemmer that does not exist.
    """

    language_name = "English"  # of the stemmer, which the Latin words need
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u4e00-\u9fff]+|[\p{Letter}\p{Number}_]+/gu) ?? []).flatMap((word) =>
    /[\u4e00-\u9fff]{2}/.test(word) ? [...word].slice(1).map((next, place) => word[place] + next) : [word]
  );
"""

    def split(self, text):
        """Return the Latin words of a text, and its pairs of Chinese characters."""
        pairs = [run[place : place + 2] for run in RUN.findall(text) for place in range(max(1, len(run) - 1))]
        latin = self.latin1_letters.findall(text)
        self.latin_terms.update(latin)
        return pairs + latin


def setup(app):
    """Called by Sphinx."""
    app.add_search_language(PairSearch)
    return {"parallel_read_safe": True}
