"""The colours of all that is printed, as rich names them: each can be read on white and on black.

They are of the 216 whose looks are fixed. What a terminal shows for its yellow or its cyan is its
own matter, and on white mostly too pale to read. Where there are but sixteen, rich takes the
nearest.
"""

from __future__ import annotations

from typing import Final

RED: Final = "color(196)"
YELLOW: Final = "color(166)"
"""An orange: no yellow can be read on white."""
GREEN: Final = "color(28)"
CYAN: Final = "color(30)"
BLUE: Final = "color(32)"
MAGENTA: Final = "color(164)"
GREY: Final = "color(244)"
