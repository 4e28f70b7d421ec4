"""What is seen of a test of throughput while it runs: a bar in a terminal, a bar and a plot in a notebook."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from netshoot import _html

if TYPE_CHECKING:
    from netshoot._netshoot import ThroughputInterval


class Progress:
    """Shows each interval, or nothing if it is not ``wanted``."""

    def __init__(self, wanted: bool, arguments: dict[str, Any]) -> None:
        self._host = str(arguments["host"])
        self._omit = float(arguments["omit"])
        self._octets = _octets(arguments)
        self._seconds = None if self._octets else _seconds(arguments)
        self._done = 0.0
        self._rates: list[_html.Rates] = []
        self._notebook: Any = None
        self._bar: Any = None
        if wanted:
            self._open()

    def update(self, interval: ThroughputInterval) -> None:
        """Shows one more interval."""
        if self._octets is None:
            self._done = interval.end if interval.omitted else self._omit + interval.end
        elif not interval.omitted:
            self._done += max(moved.bytes for moved in (interval.sent, interval.received) if moved is not None)
        if self._bar is not None:
            self._bar.set_postfix_str(_html.rate(interval.bits_per_second), refresh=False)
            # What a test moves in its last moment may be more than was asked for.
            self._bar.update(min(self._done, self._total() or self._done) - self._bar.n)
        if self._notebook is not None:
            self._rates.append(_html.rates(interval))
            self._notebook.update(self._shown())

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def _open(self) -> None:
        if _in_notebook():
            self._notebook = _front_end().display(self._shown(), display_id=True)
            return
        try:
            from tqdm import tqdm
        except ImportError:
            return
        total, by_octets = self._total(), self._octets is not None
        counts = "{n_fmt}/{total_fmt}{unit}" if by_octets else "{n:.1f}/{total:.1f}{unit}"
        self._bar = tqdm(
            total=total,
            desc=self._host,
            unit=" octets" if by_octets else " s",
            unit_scale=by_octets,
            bar_format=f"{{desc}}: {{percentage:3.0f}}%|{{bar}}| {counts}{{postfix}}" if total else _ENDLESS,
        )

    def _shown(self) -> Any:
        total = self._total()
        return _front_end().HTML(_html.throughput_live(self._host, self._rates, self._done / total if total else None))

    def _total(self) -> float | None:
        return self._octets or self._seconds


def _octets(arguments: dict[str, Any]) -> float | None:
    if arguments["bytes"]:
        return float(arguments["bytes"])
    if arguments["blocks"] and (arguments["block_length"] or not arguments["udp"]):
        return float(arguments["blocks"]) * float(arguments["block_length"] or 128 * 1024)
    return None


def _seconds(arguments: dict[str, Any]) -> float | None:
    if arguments["blocks"]:
        return None
    duration = 10.0 if arguments["duration"] is None else float(arguments["duration"])
    return duration + float(arguments["omit"]) if duration > 0 else None


def _in_notebook() -> bool:
    """Whether there is a front end that replaces what was shown."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _front_end() -> Any:
    """What IPython shows things with."""
    import IPython.display

    return IPython.display


_ENDLESS = "{desc}: {n:.1f}{unit}{postfix}"
