"""Prints what is wrong in a capture, and its slowest connections: ``python slowest.py incident.pcapng``."""

from __future__ import annotations

import sys

import netshoot


def main(path: str) -> None:
    capture = netshoot.open(path)
    for finding in capture.findings():
        frames = ", ".join(str(frame) for frame in finding.evidence_frames[:5])
        print(f"{finding.severity}: {finding.summary} (frames {frames})")
    for flow in sorted(capture.flows(), key=slowness, reverse=True)[:5]:
        print(f"{flow.client_ip} to {flow.server_ip}:{flow.server_port} {flow.conn_state} {slowness(flow):.1f} ms")


def slowness(flow: netshoot.Flow) -> float:
    """Milliseconds until the connection was open; 0 where it never was."""
    return (flow.syn_rtt_ms or 0.0) + (flow.ack_rtt_ms or 0.0)


if __name__ == "__main__":
    main(sys.argv[1])
