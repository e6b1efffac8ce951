"""The key of a server: where it comes from, which hosts it is sent to, and what is shown in its place.

It comes from the environment (BLINDSPOT_API_KEY), is sent to this machine and, over HTTPS, to the hosts that
BLINDSPOT_API_HOSTS names, and to nobody else: a server's address is typed in by hand, or comes with a run.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from urllib.parse import urlsplit

API_KEY_VARIABLE = "BLINDSPOT_API_KEY"
API_HOSTS_VARIABLE = "BLINDSPOT_API_HOSTS"
"""Hosts that may have the key, with commas between them: `api.example.com, gpu.example.com:8443`."""

_SHORTEST_SECRET = 8
"""Below that a key is a word such as `none` or `EMPTY`, which a label may hold as well."""
_NUMBERS = re.compile(r"[0-9a-fx]+(\.[0-9a-fx]+){0,3}")


def api_key() -> str:
    return os.environ.get(API_KEY_VARIABLE, "").strip()


def clean(text: str) -> str:
    """`text` without the API key, should a server repeat it."""
    key = api_key()
    return text.replace(key, f"[{API_KEY_VARIABLE}]") if len(key) >= _SHORTEST_SECRET else text


def why_withheld(url: str) -> str:
    """Why the key is not sent to an address, without a full stop; "" if it is sent, or there is none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not api_key() or is_loopback(host):
        return ""
    if parts.scheme != "https":
        return "the address is plain HTTP, over which no key is sent beyond this machine: use https://"
    if not _is_named(host, parts.port or 443):
        return f"{host} is not named in {API_HOSTS_VARIABLE}, the hosts that may have it, with commas between them"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host is certainly this machine, whatever a name server says; a port or brackets are no part of it.

    `localhost` and the addresses of 127.0.0.0/8 and ::1, also as `127.1`, `0x7f.1` or `::ffff:127.0.0.1`. Any other
    name is not, wherever it leads.
    """
    name = host.lower()
    if name in ("localhost", "localhost."):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return _is_old_loopback(name)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_old_loopback(name: str) -> bool:
    """IPv4 with parts left out, in hexadecimal or octal, read as the system reads it when it connects."""
    try:
        return bool(_NUMBERS.fullmatch(name)) and socket.inet_aton(name)[0] == 127
    except OSError:
        return False


def _is_named(host: str, port: int) -> bool:
    for entry in os.environ.get(API_HOSTS_VARIABLE, "").split(","):
        try:
            named = urlsplit(f"//{entry.strip().rpartition('://')[2]}")
            same = bool(named.hostname) and ascii_host(named.hostname or "") == ascii_host(host)
            if same and named.port in (None, port):
                return True
        except ValueError:
            continue  # no host: it names nobody
    return False


def ascii_host(host: str) -> str:
    """A host in the one spelling that is looked up: lower case, IDNA, no dot at the end, IPv6 in short.

    Raises:
        ValueError: if no host is spelled like that.
    """
    try:
        return ipaddress.ip_address(host).compressed
    except ValueError:
        return host.encode("idna").decode().lower().removesuffix(".")
