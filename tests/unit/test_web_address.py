"""One parser judges an address and makes what is fetched."""

from __future__ import annotations

import pytest

from bot.domain.web_address import LONGEST, AddressRefused, WebAddress, is_public, read_url


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "2606:4700::1111%eth0", "::", "224.0.0.1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1"),
        *("2002:7f00:1::", "2002:808:808::", "2001:0:7f00:1::", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
        *("fec0::1", "5f00::1", "3fff::1", "2001:db8::1", "100::1", "192.88.99.1", "198.18.0.1", "192.0.2.1", "240.0.0.1"),
        *("192.0.0.192", "168.63.129.16", "100.100.100.200", "255.255.255.255", "127.1", "0x7f000001", "2130706433"),
        *("0177.0.0.1", "127.0.0.1 ", "１２７.0.0.1", "not an address", ""),
    ],
)  # fmt: skip
def test_addresses_that_only_the_bot_could_reach_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "192.31.196.1"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com", "https://example.com"),
        (" HTTP://Example.COM:80/a?b=c#d ", "http://example.com/a?b=c"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://例え。example/", "https://xn--r8jz45g.example/"),
        ("http://a_b.example-1.com:443/@x", "http://a_b.example-1.com:443/@x"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
    ],
)
def test_an_address_of_the_web_is_what_is_fetched(text: str, url: str) -> None:
    assert str(WebAddress.parse(text).url) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://example.com/", "only plain http"),
        ("http://user:secret@example.com/", "only plain http"),
        ("http://example.com:6379/", "usual ports"),
        ("http://example.com:0/", "usual ports"),
        ("http://example.com:x/", "not a web address"),
        ("//example.com", "not a web address"),
        ("http://", "not a web address"),
        ("", "not a web address"),
        ("http://exam\tple.com/", "not a web address"),
        ("http://example.com\\/", "not a web address"),
        ("http://example.com/" + "x" * LONGEST, "not a web address"),
        ("http://" + "ß" * 300, "not a web address"),
        ("http://exa%6dple.com/", "not of the public internet"),
        ("http://example..com/", "not of the public internet"),
        ("http://-example.com/", "not of the public internet"),
        ("http://" + "a" * 64 + ".com/", "not of the public internet"),
        ("http://" + "a." * 127 + "com/", "not of the public internet"),
        ("http://intranet/", "not of the public internet"),
        ("http://metadata.google.internal/", "not of the public internet"),
        ("http://api.default.svc.cluster.local/", "not of the public internet"),
        ("http://1.2.3/", "not of the public internet"),
        ("http://example.0x7f/", "not of the public internet"),
        ("http://127。0。0。1/", "not of the public internet"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(AddressRefused, match=why):
        WebAddress.parse(text)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "https://example.com/b"),
        ("../b?c", "https://example.com/b?c"),
        ("//other.example/", "https://other.example/"),
        ("http://other.example:80", "http://other.example"),
    ],
)
def test_a_redirect_is_read_from_where_it_was_said(location: str, url: str) -> None:
    assert str(WebAddress.parse("https://example.com/a/").follow(location).url) == url


@pytest.mark.parametrize("location", ["//127.0.0.1/", "\\\\localhost", "http:", "//a@other.example", "http://\udcff/", "x" * LONGEST])  # fmt: skip
def test_a_redirect_is_judged_like_any_address(location: str) -> None:
    with pytest.raises(AddressRefused):
        WebAddress.parse("https://example.com/a/").follow(location)


@pytest.mark.parametrize(
    "text", ["", "/path", "https://", "https://slack.com\\@evil.example", "https://a\nb.example"]
)
def test_what_two_parsers_could_read_in_two_ways_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_url(text)
