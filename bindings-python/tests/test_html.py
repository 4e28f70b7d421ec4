"""What notebooks show: small, self-contained, well-formed, and safe against what packets carry."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from captures import CLIENT, HOSTILE_NAME, RESOLVER, START_NS, dns, ethernet, ipv4, pcap, udp

import netshoot


class Checker(HTMLParser):
    """Notes elements and attributes, and that each element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    assert checker.elements <= {"div", "span", "b", "table", "thead", "tbody", "tr", "th", "td"}
    assert checker.attributes <= {"style"}
    assert "url(" not in html and "http" not in html
    assert len(html) < 20_000
    return checker


@pytest.mark.parametrize("name", ["packets", "flows", "dns", "findings"])
def test_tables(capture: netshoot.Capture, name: str) -> None:
    checker = check(getattr(capture, name)()._repr_html_())
    assert f"{name}:" in checker.text


def test_hostile_names_are_escaped(capture: netshoot.Capture) -> None:
    for shown in (capture.dns(), capture.findings(), capture):
        html = shown._repr_html_()
        assert "<script" not in html.lower() and "onerror" not in html
        check(html)
    assert HOSTILE_NAME in check(netshoot.open(_question(HOSTILE_NAME)).dns()._repr_html_()).text


def test_card(capture: netshoot.Capture) -> None:
    text = check(capture._repr_html_()).text
    assert "memory" in text and "44 frames" in text and "5.000 s from 2023-11-14 22:13:20 UTC" in text
    worst = next(iter(capture.findings()))
    assert worst.summary[:100] in text


def test_cards_of_empty_and_damaged_captures(incident_bytes: bytes) -> None:
    assert "0 frames" in check(netshoot.open(pcap([]))._repr_html_()).text
    with pytest.warns(netshoot.CaptureDamagedWarning):
        assert "cut off" in check(netshoot.open(incident_bytes[:-3])._repr_html_()).text


def test_interfaces() -> None:
    assert "lo" in check(netshoot.interfaces()._repr_html_()).text


def _question(name: str) -> bytes:
    return pcap([(START_NS, ethernet(ipv4(CLIENT, RESOLVER, 17, udp((4000, 53), dns(1, name)))))])


def test_what_a_change_is_shown_by_is_an_attribute_of_its_object() -> None:
    from netshoot import _html

    classes = {"inet_socket": netshoot.InetSocket, "unix_socket": netshoot.UnixSocket}
    classes |= {"packet_socket": netshoot.PacketSocket, "netlink_socket": netshoot.NetlinkSocket}
    for kind, one in classes.items():
        assert all(hasattr(one, name) for name in _html._NAMING.get(kind, _html._SOCKET)), kind
    for kind in netshoot.snapshot():
        one = getattr(netshoot, kind.title().replace("_", ""))
        assert all(hasattr(one, name) for name in _html._NAMING[kind]), kind
