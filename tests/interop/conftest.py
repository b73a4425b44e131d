"""A town on https, with a certificate of the authority's CA, for clients that nobody here wrote."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlmodel import select

import api
from api.logs import Log
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.fetching import guarded_client
from registry.provisioning import Member, provision
from registry.runtime import Runtime
from registry.settings import Settings
from registry.signing import PublicKey as Key
from registry.store import open_store, tables
from registry.trust import Trust
from tests.api.conftest import Written
from tests.api.town import ISSUES, NAMES, YEAR, Town
from tests.node import NODE

CLIENTS = Path(__file__).parent / "clients"


@dataclass
class Interop:
    """town: on https at `town.origin`. roots: file with the CA's certificate (PEM)."""

    town: Town
    roots: Path
    log: Written

    def node(self, script: str, **task: Any) -> dict[str, Any]:
        """What a client answered to a task."""
        done = subprocess.run(
            [NODE, CLIENTS / script],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self._environment(),
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    @contextmanager
    def talking(self, script: str, **task: Any) -> Iterator[Callable[..., dict[str, Any]]]:
        """A client that was given a task and goes on: told something more, what it says next."""
        client = subprocess.Popen(
            [NODE, CLIENTS / script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment(),
        )
        assert client.stdin is not None
        assert client.stdout is not None
        lines = client.stdout
        told = client.stdin

        def said(**more: Any) -> dict[str, Any]:
            if more:
                told.write(json.dumps(more) + "\n")
                told.flush()
            heard: dict[str, Any] = json.loads(lines.readline())
            return heard

        try:
            told.write(json.dumps(task) + "\n")
            told.flush()
            yield said
            assert client.wait(60) == 0
        finally:
            client.kill()
            client.communicate()

    def http(self, *origins: str) -> httpx.Client:
        """A guarded client that trusts the town's CA, for the town and these origins."""
        tls = ssl.create_default_context(cafile=str(self.roots))
        return guarded_client([self.town.origin, *origins], tls=tls)

    def certificate(self) -> tuple[Path, Path]:
        """Certificate and key (PEM) of the server on localhost."""
        return self.roots.with_name("tls.pem"), self.roots.with_name("tls.key")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NODE_EXTRA_CA_CERTS": str(self.roots), "NODE_NO_WARNINGS": "1"}

    def offer(self, certificate_id: str, issuer: str, **more: Any) -> tuple[str, str]:
        """Link and PIN of an offer."""
        assert self.town.services is not None
        made = self.town.services.sharing.offer(
            issuer, certificate_id, made_by="clerk", **({"seen": "card"} | more)
        )
        return made.link(self.town.origin), made.pin


@pytest.fixture(scope="session")
def https_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interop]:
    """One town for all of them, its clock that of the machine: their clocks cannot be moved."""
    folder = tmp_path_factory.mktemp("https")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin = f"https://localhost:{port}"
    ca_key = ec.generate_private_key(ec.SECP256R1())
    now = int(time.time())
    ca = CertificateAuthority(ca_key, make_ca_certificate(ca_key, "Town CA", now - YEAR))
    settings = Settings(data=folder, api_passphrase="api's", worker_passphrase="worker's")
    _found(settings, ca, origin, now)
    roots, served = _tls(folder, ca, origin, now)
    runtime = Runtime.open(settings, "api", clock=lambda: int(time.time()))
    town = Town(runtime, now=now, origin=origin)
    written = Written()

    def trust() -> Trust:
        town.now = int(time.time())
        return town.trust()

    app = api.create_app(runtime, trust, Log(written))
    town.services = app.state.services
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="warning", ssl_certfile=served[0], ssl_keyfile=served[1])
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield Interop(town, roots, written)
    server.should_exit = True
    thread.join(10)
    runtime.close()


def _found(settings: Settings, ca: CertificateAuthority, origin: str, now: int) -> None:
    store = open_store(settings.database_url)
    with store.write() as session:
        for code, (zh, en) in NAMES.items():
            session.add(tables.Department(code=code, name_zh=zh, name_en=en, kind="issuer"))
        session.add(tables.Origin(index=0, origin=origin, since=now - YEAR))
        session.add(
            tables.Deployment(
                id=1, chain_id=31337, genesis=b"g", issuer_registry="0x1", certificate_registry="0x2",
                code_hash=b"c", block=1, block_hash=b"b", epoch=1, state="live", created=now - YEAR,
            )
        )  # fmt: skip
    provision(settings, store, [Member(code, issues=code in ISSUES) for code in NAMES])
    with store.write() as session:
        for row in session.exec(select(tables.PublicKey)):
            key = Key.from_jwk(orjson.loads(row.jwk)).imported
            chain = ca.certify(key, code=row.issuer, name=NAMES[row.issuer][1], origins=[origin], now=now)
            row.x5c = orjson.dumps(chain).decode()
            session.add(row)
    store.close()


def _tls(folder: Path, ca: CertificateAuthority, origin: str, now: int) -> tuple[Path, tuple[Path, Path]]:
    """The CA's certificate for clients; certificate and key of the server."""
    key = ec.generate_private_key(ec.SECP256R1())
    (chain,) = ca.certify(key.public_key(), code="tls", name="localhost", origins=[origin], now=now)
    roots, certificate, private = folder / "ca.pem", folder / "tls.pem", folder / "tls.key"
    roots.write_text(ssl.DER_cert_to_PEM_cert(ca.certificate))
    pem = x509.load_pem_x509_certificate(
        f"-----BEGIN CERTIFICATE-----\n{chain}\n-----END CERTIFICATE-----\n".encode()
    )
    certificate.write_bytes(pem.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return roots, (certificate, private)
