"""Addresses of the web: one parser for what is judged and what is fetched. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Self

from yarl import URL

#: Characters of an address; longer ones are refused by many servers as well.
LONGEST: Final = 4_096
#: The ports of the web.
PORTS: Final = frozenset({80, 443})
#: What one parser drops, the next one takes for a slash, and a third for a part of the host.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x1f\x7f\\]")
#: Longer than any host (253) with a port: names in Unicode take long to read (measured: 22 ms for 900 letters).
_LONG_HOST: Final = re.compile(r"[^/?#]*//[^/?#]{261}")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+{_LABEL}")
#: A host whose last label is a number is an address of IPv4: https://url.spec.whatwg.org/#host-parsing
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: Ends of names that are no public ones: RFC 6761, 6762 (appendix G), 7686, 8375, 9476, and ICANN's .internal.
_PRIVATE: Final = frozenset(
    {"localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan"}
    | {"arpa", "onion", "alt", "invalid", "test"}
)
#: What of IPv6 is given to hosts (RFC 4291). Outside of it lie NAT64, mapped, compatible, local ones.
_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
#: The middle of an ISATAP address, whose end is one of IPv4 (RFC 5214).
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
#: Public by their form, but not everybody's: protocol assignments, where a cloud answers at 192.0.0.192 (RFC
#: 6890); the relay of 6to4 (RFC 7526); Azure's own
#: (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16); documentation (RFC 9637).
_NOT_EVERYBODYS: Final = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20"))
)


class AddressRefused(ValueError):
    """An address is not to be fetched; its text says why, without naming it."""


def read_url(text: str) -> URL:
    """Read an absolute address as the HTTP client does; raises `ValueError` for what parsers disagree on."""
    url = _parsed(text)
    if not url.scheme or not url.raw_host:
        raise ValueError("no web address")
    return url


def _parsed(text: str) -> URL:
    if len(text) > LONGEST or _AMBIGUOUS.search(text) or _LONG_HOST.match(text):
        raise ValueError("no web address")
    return URL(text)


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address of the public web. There is none that was not judged; `url` is what is fetched."""

    url: URL

    @classmethod
    def parse(cls, text: str, *, ports: frozenset[int] = PORTS) -> Self:
        """Read an address; raises `AddressRefused`."""
        try:
            return cls(_judged(read_url(text.strip()), ports))
        except AddressRefused:
            raise
        except ValueError:
            raise AddressRefused("that is not a web address") from None

    def follow(self, location: str, *, ports: frozenset[int] = PORTS) -> Self:
        """Read where a redirect leads; raises `AddressRefused`."""
        try:
            target = str(self.url.join(_parsed(location)))
        except ValueError:
            raise AddressRefused("the page redirects to what is not a web address") from None
        return self.parse(target, ports=ports)


def _judged(url: URL, ports: frozenset[int]) -> URL:
    if url.scheme not in {"http", "https"} or "@" in url.raw_authority:
        raise AddressRefused("only plain http and https addresses are fetched")
    if url.port not in ports:
        raise AddressRefused("only the usual ports of the web are fetched")
    if not is_public_host(url.raw_host or ""):
        raise AddressRefused("that address is not of the public internet")
    return url.with_fragment(None)


def is_public_host(host: str) -> bool:
    """Whether a host, as it is sent to the resolver, is a name or an address of the public internet.

    Addresses count in the one form that has no second reading: `127.1`, `0x7f.1` and zones do not.
    """
    if ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return is_public(host)
    return _NAME.fullmatch(host) is not None and host.rpartition(".")[2] not in _PRIVATE


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, and stands for no other one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(ip.version == network.version and ip in network for network in _NOT_EVERYBODYS):
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        stands = ip.scope_id or ip.sixtofour or ip.teredo or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP
        return ip.is_global and ip in _UNICAST and not stands
    return ip.is_global and not ip.is_multicast
