# Copyright (c) 2026, community.vonage contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several runs at once, each in a process of its own, of which one moves at a time, in an order that is given."""

from __future__ import annotations

import itertools
import threading
import typing as t
from collections.abc import Iterable, Sequence

from engine import Ending, Engine

# More steps than any run has.
MANY = 1000


def together(engines: Sequence[Engine], turns: Iterable[int]) -> list[Ending]:
    """Run them all to the end.

    :param engines: The runs. A step takes each to before or after its next moment, so there are two for each moment.
    :param turns: Whose step is next, by its number. When there are no more, each goes on to its end, in their order.
    :returns: How each ended.
    :raises BaseException: What one of them raised, such as a promise that it saw broken; the others have ended, too.
    """
    ends: list[t.Any] = [None] * len(engines)
    raised: list[BaseException] = []
    go = [threading.Semaphore(0) for _engine in engines]
    back = threading.Semaphore(0)

    def work(number: int, engine: Engine) -> None:
        def pause() -> None:
            back.release()
            go[number].acquire()

        engine.pause = pause
        engine.apart = True
        go[number].acquire()
        try:
            ends[number] = engine.run()
        except BaseException as error:
            raised.append(error)
            ends[number] = error
        back.release()

    threads = [threading.Thread(target=work, args=item, daemon=True) for item in enumerate(engines)]
    for thread in threads:
        thread.start()
    for turn in itertools.chain(turns, *(itertools.repeat(number, MANY) for number in range(len(engines)))):
        if ends[turn] is None:
            go[turn].release()
            back.acquire()
    for thread in threads:
        thread.join()
    for error in raised:
        raise error
    return ends
