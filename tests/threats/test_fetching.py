"""Threat 13: an address in somebody's message leads nowhere inside, and nobody can make us read for ever."""

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.fetching import BadAnswer, FetchRefused, demand_type, guarded_client, is_public

PUBLIC = "93.184.216.34"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Inside:
    """A service of this machine that nobody outside should reach. Counts who does."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.setblocking(False)
        self.port = self.listening.getsockname()[1]

    @property
    def visitors(self) -> int:
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self.listening.accept()[0].close()
                count += 1
        return count


@pytest.fixture
def inside() -> Iterator[Inside]:
    made = Inside()
    yield made
    made.listening.close()


class Answering:
    """A server on this machine that says `say(connection)` to each request."""

    def __init__(self, say: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self.say, self.tls = say, tls
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self.listening.accept()
                with contextlib.suppress(OSError), plain:
                    connection = self.tls.wrap_socket(plain, server_side=True) if self.tls else plain
                    self.requests.append(connection.recv(65_536))
                    self.say(connection)

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()


@pytest.fixture
def answering() -> Iterator[Callable[..., Answering]]:
    made: list[Answering] = []

    def make(say: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Answering:
        made.append(Answering(say, tls))
        return made[-1]

    yield make
    for each in made:
        each.close()


class Outside(httpcore.NetworkBackend):
    """The network beyond this machine: what is sent to an address there arrives at `port` here."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []

    def connect_tcp(self, host: str, port: int, *more: Any, **named: Any) -> httpcore.NetworkStream:
        self.asked.append(host)
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0177.0.0.1",
        "0x7f.1", "127.1", "0.0.0.0", "[::1]", "[::]", "localhost.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_way_of_writing_this_machine_opens_a_socket_to_it(inside: Inside, scheme: str, host: str) -> None:
    with guarded_client() as http, pytest.raises((FetchRefused, httpx.ConnectError, httpx.InvalidURL)):
        http.get(f"{scheme}://{host}:{inside.port}/")
    assert inside.visitors == 0


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "0.0.0.0",
        "255.255.255.255", "240.0.0.1", "192.0.2.1", "192.88.99.1", "fe80::1", "fc00::1", "ff02::1", "::",
        "::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1%lo", "fec0::1", "2001:db8::1", "",
        "localhost",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)
    http = guarded_client(resolve=lambda host, port: [address], network=Outside(1))
    with http, pytest.raises(FetchRefused):
        http.get("https://issuer.example/")


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/", "ftp://issuer.example/", "file:///etc/passwd", "gopher://issuer.example/",
        "https://user:word@issuer.example/", "https:///path", "//issuer.example/", "issuer.example", "",
    ],
)  # fmt: skip
def test_only_https_is_asked(url: str) -> None:
    outside = Outside(1)
    http = guarded_client(resolve=lambda host, port: [PUBLIC], network=outside)
    with http, pytest.raises((FetchRefused, httpx.UnsupportedProtocol)):
        http.get(url)
    assert outside.asked == []


def test_the_address_that_was_judged_is_the_one_that_is_asked(
    answering: Callable[..., Answering], inside: Inside, tmp_path: Path
) -> None:
    """A name that leads inside when it is asked again is never asked again; TLS and Host go by the name."""
    served, trusted = certified("issuer.example", tmp_path)
    server = answering(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"), served)
    outside, answers = Outside(server.port), [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    with guarded_client(resolve=lambda h, p: answers.pop(0), network=outside, tls=trusted) as http:
        assert http.get("https://issuer.example/offer").json() == {}
        assert (outside.asked, len(answers)) == ([PUBLIC], 2)
        assert b"Host: issuer.example\r\n" in server.requests[0]
        with pytest.raises(FetchRefused):
            http.get(f"https://issuer.example:{inside.port}/offer")
    assert inside.visitors == 0


def test_a_name_with_one_address_inside_is_asked_outside_only(
    answering: Callable[..., Answering], tmp_path: Path
) -> None:
    served, trusted = certified("issuer.example", tmp_path)
    server = answering(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"), served)
    outside = Outside(server.port)
    with guarded_client(resolve=lambda h, p: ["127.0.0.1", PUBLIC], network=outside, tls=trusted) as http:
        http.get("https://issuer.example/")
    assert outside.asked == [PUBLIC]


def test_another_name_s_certificate_is_refused(answering: Callable[..., Answering], tmp_path: Path) -> None:
    served, trusted = certified("other.example", tmp_path)
    server = answering(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"), served)
    http = guarded_client(resolve=lambda h, p: [PUBLIC], network=Outside(server.port), tls=trusted)
    with http, pytest.raises(httpx.ConnectError):
        http.get("https://issuer.example/")
    assert server.requests == []


def test_a_redirect_is_an_answer_and_nobody_follows_it(
    answering: Callable[..., Answering], inside: Inside
) -> None:
    where = f"Location: http://127.0.0.1:{inside.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    server = answering(lambda c: c.sendall(b"HTTP/1.1 302 Found\r\n" + where))
    with guarded_client([server.origin]) as http:
        assert http.get(server.origin).status_code == 302
        with pytest.raises(FetchRefused):
            http.get(server.origin, follow_redirects=True)
    assert inside.visitors == 0


def test_exactly_the_listed_origin_may_be_inside(answering: Callable[..., Answering], inside: Inside) -> None:
    server = answering(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    with guarded_client([server.origin]) as http:
        assert demand_type(http.get(server.origin + "/any"), "application/json").json() == {}
        for other in (f"http://127.0.0.1:{inside.port}", f"https://127.0.0.1:{server.port}"):
            with pytest.raises(FetchRefused):
                http.get(other)
        with pytest.raises(FetchRefused):
            http.get(f"http://2130706433:{server.port}")
    assert (len(server.requests), inside.visitors) == (1, 0)


def endless(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def too_long(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000001\r\n\r\n" + b"x" * 1_000_001)


def packed(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("say", [endless, too_long, packed])
def test_an_answer_without_end_is_cut_off(
    answering: Callable[..., Answering], say: Callable[[socket.socket], None]
) -> None:
    server = answering(say)
    with guarded_client([server.origin], largest=1_000_000) as http, pytest.raises(BadAnswer):
        http.get(server.origin)


def drop_by_drop(connection: socket.socket) -> None:
    """A byte of body every few milliseconds: no single wait is long, the whole never ends."""
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b"x")
        threading.Event().wait(0.02)


def slow_headers(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    while True:
        connection.sendall(b"X-More: y\r\n")
        threading.Event().wait(0.02)


def silent(connection: socket.socket) -> None:
    connection.recv(1)


@pytest.mark.parametrize("say", [drop_by_drop, slow_headers, silent])
def test_an_answer_that_drips_ends_with_its_time(
    answering: Callable[..., Answering], say: Callable[[socket.socket], None]
) -> None:
    server = answering(say)
    with guarded_client([server.origin], seconds=0.3) as http, pytest.raises(httpx.TimeoutException):
        http.get(server.origin)


def test_after_the_end_that_a_client_was_given_nobody_is_asked(answering: Callable[..., Answering]) -> None:
    """Many answers, each within its time, do not add up to for ever."""
    server = answering(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    passed = [0.0]
    with guarded_client([server.origin], until=10, clock=lambda: passed[0]) as http:
        assert http.get(server.origin).is_success
        passed[0] = 10
        with pytest.raises(httpx.TimeoutException):
            http.get(server.origin)
    assert len(server.requests) == 1


def test_another_media_type_is_no_answer(answering: Callable[..., Answering]) -> None:
    server = answering(lambda c: c.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    with guarded_client([server.origin]) as http, pytest.raises(BadAnswer):
        demand_type(http.get(server.origin), "application/oauth-authz-req+jwt")


def certified(host: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for that name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem + private)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())
