"""Fetching from an address that somebody else named (threat 13): out to the public network, pinned, capped.

An address in an offer, a request object or a credential could lead inside: to this machine, its network, a
cloud's metadata. So a name is resolved once, the addresses found are judged, and the connection goes to one
of those very addresses: a name that answers differently the next time (rebinding) gains nothing. Only origins
that the operator or holder listed exactly may be inside, or without TLS.
"""

import ipaddress
import math
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import httpcore
import httpx

from registry.errors import RegistryError

SECONDS: Final = 20.0
"""From the start of a request to the end of its answer; name resolution has the system's own limit."""
LARGEST: Final = 4 << 20
"""Bytes of an answer's body."""

Resolve = Callable[[str, int], Sequence[str]]
"""`resolve(host, port)`: its IP addresses as text, best first. Raises OSError."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_UNICAST: Final = ipaddress.ip_network("2000::/3")
# 6to4 and its relay, Teredo: tunnels whose far end is an IPv4 address of the sender's choice.
_TUNNELS: Final = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32", "192.88.99.0/24")))


class FetchRefused(RegistryError):
    """The address is not one that may be asked."""

    kind = "fetch-refused"

    def __init__(
        self,
        zh: str = "该地址不可访问：须为公网 https 地址，或设置中列明的地址（钱包：ZT_WALLET_ALLOW）。",
        en: str = "That address may not be asked: it must be https and public, or listed in the settings "
        "(a wallet's: ZT_WALLET_ALLOW).",
    ) -> None:
        super().__init__(zh, en)


class BadAnswer(RegistryError):
    """What came back is too large, encoded, or of another kind than was asked for."""

    kind = "bad-answer"

    def __init__(self) -> None:
        super().__init__("对方的应答过大或类型不符。", "The answer is too large or of another type.")


def guarded_client(
    allowed: Iterable[str] = (),
    *,
    seconds: float = SECONDS,
    until: float = math.inf,
    largest: int = LARGEST,
    tls: ssl.SSLContext | None = None,
    resolve: Resolve | None = None,
    network: httpcore.NetworkBackend | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> "GuardedClient":
    """An HTTP client for addresses that others named: every request of it is guarded, and none is redirected.

    allowed: origins (`http://localhost:8000`) that may be asked wherever they are, and by http.
    tls: whom to trust; by default the public CAs, or those of `SSL_CERT_FILE`.
    seconds: for each request; until: the end of all of them, by the clock.
    network: opens sockets to IP addresses. clock: monotonic seconds.
    largest: bytes of an answer; a request may say otherwise (`extensions={"largest": n}`).

    Its requests raise FetchRefused, BadAnswer, and httpx's own errors.
    """
    guard = Guard(
        allowed,
        seconds=seconds,
        until=until,
        largest=largest,
        tls=tls,
        resolve=resolve or addresses,
        network=network or httpcore.SyncBackend(),
        clock=clock,
    )
    return GuardedClient(guard)


class GuardedClient(httpx.Client):
    """What `guarded_client` makes."""

    def __init__(self, guard: "Guard") -> None:
        super().__init__(transport=guard, follow_redirects=False, timeout=guard.seconds)
        self._guard = guard

    def lists(self, url: httpx.URL) -> bool:
        """Whether the origin of this address was listed exactly, so that it may be asked wherever it is."""
        return self._guard.lists(url)


def may_be_outside(url: httpx.URL) -> bool:
    """Whether an address, unresolved, is https and does not itself say that it leads inside.

    A first look, for clients of any kind; what a name leads to, only the guard sees.
    """
    if url.scheme != "https" or not url.host or url.userinfo:
        return False
    try:
        ipaddress.ip_address(url.host)
    except ValueError:
        return True
    return is_public(url.host)


def demand_type(answer: httpx.Response, *types: str) -> httpx.Response:
    """The answer, if it is of one of these media types (lower case, without parameters).

    Raises:
        BadAnswer: of none of them.
    """
    if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() not in types:
        raise BadAnswer
    return answer


def is_public(text: str) -> bool:
    """Whether this is an IP address of the public network, whose packets do not end up inside."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast and not _is_tunnel(address)


def addresses(host: str, port: int) -> Sequence[str]:
    """The system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard(httpx.BaseTransport):
    """The transport of a guarded client: one connection a request, to an address that was judged."""

    def __init__(
        self,
        allowed: Iterable[str],
        *,
        seconds: float,
        until: float,
        largest: int,
        tls: ssl.SSLContext | None,
        resolve: Resolve,
        network: httpcore.NetworkBackend,
        clock: Callable[[], float],
    ) -> None:
        self._allowed = {_origin(httpx.URL(each)) for each in allowed}
        self.seconds = seconds
        self._until = until
        self._largest = largest
        self._tls = tls
        self._resolve = resolve
        self._network = network
        self._clock = clock

    def lists(self, url: httpx.URL) -> bool:
        """As GuardedClient's."""
        return _origin(url) in self._allowed

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """httpx's hook around a request."""
        url = request.url
        listed = self.lists(url)
        if not listed and (url.scheme != "https" or url.userinfo or not url.host):
            raise FetchRefused
        request.headers["Accept-Encoding"] = "identity"
        connection = httpcore.HTTPConnection(
            httpcore.Origin(url.raw_scheme, url.raw_host, _port(url)),
            ssl_context=self._context() if url.scheme == "https" else None,
            network_backend=_Pinned(
                self._network,
                self._resolve,
                listed,
                self._clock,
                min(self._clock() + self.seconds, self._until),
            ),
        )
        try:
            return self._answer(connection, request)
        except httpcore.TimeoutException as wrong:
            raise httpx.ReadTimeout(str(wrong), request=request) from wrong
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as wrong:
            raise httpx.ConnectError(str(wrong), request=request) from wrong
        finally:
            connection.close()

    def _answer(self, connection: httpcore.HTTPConnection, request: httpx.Request) -> httpx.Response:
        answered = connection.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=_port(request.url),
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write"), self.seconds)},
            )
        )
        headers = httpx.Headers(answered.headers)
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise BadAnswer  # asked for plain bytes: what is packed could be a bomb
        body, largest = bytearray(), request.extensions.get("largest", self._largest)
        for chunk in answered.iter_stream():
            body += chunk
            if len(body) > largest:
                raise BadAnswer
        return httpx.Response(answered.status, headers=headers, content=bytes(body), request=request)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        return self._tls


class _Pinned(httpcore.NetworkBackend):
    """Connects to what a name was resolved to, if that is public or `listed`, until `end` (monotonic)."""

    def __init__(
        self,
        network: httpcore.NetworkBackend,
        resolve: Resolve,
        listed: bool,
        clock: Callable[[], float],
        end: float,
    ) -> None:
        self._network = network
        self._resolve = resolve
        self._listed = listed
        self._clock = clock
        self._end = end

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """httpcore's hook: the one place where a socket is opened."""
        try:
            found = [each for each in self._resolve(host, port) if self._listed or is_public(each)]
        except (OSError, UnicodeError) as wrong:
            raise httpcore.ConnectError("no such name") from wrong
        if not found:
            raise FetchRefused
        failure: Exception = httpcore.ConnectError("no address")
        for address in found:
            try:
                left = _left(self._clock, self._end)
                stream = self._network.connect_tcp(address, port, left, local_address, socket_options)
                return _Bounded(stream, self._clock, self._end)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as wrong:
                failure = wrong
        raise failure


class _Bounded(httpcore.NetworkStream):
    """A stream whose every wait ends with the request's time."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Callable[[], float], end: float) -> None:
        self._stream = stream
        self._clock = clock
        self._end = end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As httpcore's."""
        return self._stream.read(max_bytes, _left(self._clock, self._end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As httpcore's."""
        self._stream.write(buffer, _left(self._clock, self._end))

    def close(self) -> None:
        """As httpcore's."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As httpcore's."""
        left = _left(self._clock, self._end)
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Bounded(secured, self._clock, self._end)

    def get_extra_info(self, info: str) -> Any:
        """As httpcore's."""
        return self._stream.get_extra_info(info)


def _left(clock: Callable[[], float], end: float) -> float:
    left = end - clock()
    if left <= 0:
        raise httpcore.ReadTimeout("the request's time is over")
    return left


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, _port(url)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _is_tunnel(address: _Address) -> bool:
    return any(address in network for network in _TUNNELS)
