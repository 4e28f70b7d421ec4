"""The samples of the documentation and the notebooks run, and give what the text says."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from conftest import ROOT, skip

import netshoot

DEMO = ROOT / "netshoot-core/tests/captures/demo.pcapng"


def test_quick_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """All blocks of the page in order, in one namespace, as a reader would type them."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs/python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    namespace: dict[str, object] = {}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"block {number} of docs/python.md", "exec"), namespace)
    printed = capsys.readouterr().out
    assert "critical network 1 connection attempt from 10.99.0.1 to 10.99.0.2:5432 got no answer" in printed
    assert "[358, 360, 362, 364, 366, 418]" in printed
    assert "tcp 20 20 10 capture_length" in printed
    assert "open capture no-such-file.pcap: no such file or directory" in printed
    assert 'find link "no-such-link": there is none of that name\n' in printed
    assert "hint: a number, a name in rt_tables such as main, or all\n" in printed
    assert "change resync " in printed


NOTEBOOKS = {"incident": 4, "download": 3, "certificate": 1, "slow-page": 2}


def test_every_notebook_is_run() -> None:
    assert {path.stem for path in (ROOT / "docs/notebooks").glob("*.ipynb")} == NOTEBOOKS.keys()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All cells of the notebook run, what they assert included; the notebook is committed without outputs."""
    import matplotlib

    matplotlib.use("Agg")
    path = ROOT / f"docs/notebooks/{name}.ipynb"
    text = path.read_text()
    if "NETSHOOT_CORPUS" in text and not os.environ.get("NETSHOOT_CORPUS"):
        skip("NETSHOOT_CORPUS names no folder of captures")
    monkeypatch.chdir(path.parent)
    namespace: dict[str, object] = {}
    for number, cell in enumerate(json.loads(text)["cells"]):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            exec(compile("".join(cell["source"]), f"cell {number} of {path.name}", "exec"), namespace)
    import matplotlib.pyplot

    figures = matplotlib.pyplot.get_fignums()
    matplotlib.pyplot.close("all")
    assert len(figures) == NOTEBOOKS[name]


def test_demo_capture_has_what_was_planted() -> None:
    """Frames as `netshoot-core/tests/captures/README.md` lists them."""
    capture = netshoot.open(DEMO)
    findings = list(capture.findings())
    assert capture.summary().frames == 460
    evidence = {(finding.kind, finding.name or finding.server_port): finding.evidence_frames for finding in findings}
    kinds = {finding.kind for finding in findings}
    assert {
        "tcp-unanswered-syn",
        "tcp-refused",
        "tcp-zero-window",
        "tcp-reset",
        "dns-failure",
        "dns-unanswered",
    } <= kinds
    assert evidence["tcp-unanswered-syn", 5432] == [343, 344, 345, 346]
    assert evidence["tcp-refused", 9090] == [338]
    assert next(finding for finding in findings if finding.kind == "tcp-reset").evidence_frames == [451]
