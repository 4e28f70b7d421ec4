"""What became of a flow, and the frames that prove it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from netshoot import _netshoot
from netshoot._capture import Table, Tabular
from netshoot._series import StoryRow

if TYPE_CHECKING:
    from collections.abc import Iterator


class Story(_netshoot.Story, Tabular):
    """What became of a flow: ``print(story)`` tells it, notebooks show it as a table.

    ``events`` has what happened as objects with ``time``, ``seconds``, ``kind``, ``by``, ``first_frame``, ``last_frame``,
    ``times`` and ``text``; :meth:`table` as rows, which also go to ``polars.DataFrame(story)`` and the like.
    """

    def table(self) -> Table[StoryRow]:
        """One row an event."""
        return Table(self.event_table(), StoryRow)

    def __iter__(self) -> Iterator[_netshoot.StoryEvent]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        return f"<netshoot.Story {self.title}>"

    def _repr_html_(self) -> str:
        from netshoot import _html

        return _html.story(self)


class FrameSelection(_netshoot.FrameSelector):
    """Frames of a capture: iterate over them, or write them to a capture of their own."""

    def write(self, path: str | os.PathLike[str]) -> int:
        """Writes the frames to a capture file, of which the ending tells format and compression, and gives their number.

        In pcapng each has a comment that tells its number in the capture that it comes from. Raises :class:`Error`, also
        if the path is that of the capture itself.
        """
        return super().write(os.fspath(path))

    def __iter__(self) -> Iterator[_netshoot.CapturedFrame]:
        return self.iterate()


def chosen(what: Any, whole_flows: bool) -> tuple[list[int], list[int]]:
    """The numbers of the frames, and of the flows, that ``what`` stands for."""
    if isinstance(what, int) and not isinstance(what, bool):
        return [what], []
    if isinstance(what, Story):
        return [], [what.flow_id]
    evidence = getattr(what, "evidence_frames", None)
    if evidence is not None:
        return list(evidence), list(what.flow_ids) if whole_flows else []
    flow_id = getattr(what, "flow_id", None)
    if flow_id is not None:
        return [], [flow_id]
    if isinstance(what, str) or not hasattr(what, "__iter__"):
        raise TypeError(
            f"frames are chosen by a finding, a flow, a story or frame numbers, not by {type(what).__name__}"
        )
    frames, flows = [], []
    for one in what:
        more = chosen(one, whole_flows)
        frames += more[0]
        flows += more[1]
    return frames, sorted(set(flows))
