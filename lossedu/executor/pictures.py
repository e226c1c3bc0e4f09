"""Pictures that need not be drawn again: a process knows figures by a hash, and the grading process has the pictures.

To draw takes most of the time of many cells, and right answers draw the same figures. One trusted run of the solved
chapter draws them and notes the hash of each. Another process that comes to the same hash sends it in place of the
picture. No picture gets into the process of a submission, which could show it for its own.
"""

import re

SIGN = "lossedu-picture-"
DRAWN = "data:image/png;base64,"  # begins a picture in a page
REFERENCE = re.compile(rf"{SIGN}([0-9a-f]{{40}})(?::([A-Za-z0-9+/=]+))?")


class Pictures:
    """The pictures that the grading process has.

    Args:
        by_key: pictures as PNG in Base64, by the hashes of their figures.
        is_recording: whether to note new ones.
    """

    def __init__(self, by_key=(), *, is_recording=False):
        """Have these pictures."""
        self.by_key, self.is_recording = dict(by_key), is_recording
        self.used, self.drawn = 0, 0  # figures that were found here, and figures that a process drew

    def put_into(self, data):
        """Replace the hash of a figure by its picture in an output, given by MIME type; note a new picture.

        Also count the figure, either as found here or as drawn.
        """
        page = data.get("text/html")
        found = REFERENCE.findall(page) if isinstance(page, str) and SIGN in page else []
        if len(found) == 1:  # as `lossedu.plots` shows a figure
            ((key, drawn),) = found
            if drawn and self.is_recording:
                self.by_key[key] = drawn
            self.used += key in self.by_key and not drawn
            self.drawn += bool(drawn)
            data["text/html"] = REFERENCE.sub(self.by_key.get(key, ""), page)
        else:
            self.drawn += "image/png" in data or (isinstance(page, str) and DRAWN in page)
