"""The least that an endpoint for checking could do: read the form, verify one signature.

`python -m scripts.bench.bare`: serves as `registry serve` does, and says where.
"""

import socket
from typing import Annotated

import uvicorn
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Form

MESSAGE = b"one signature"
ES256 = ec.ECDSA(hashes.SHA256())


def create_app() -> FastAPI:
    """An app with one route."""
    key = ec.generate_private_key(ec.SECP256R1())
    public, signature = key.public_key(), key.sign(MESSAGE, ES256)
    app = FastAPI()

    @app.post("/verify")
    async def verify(text: Annotated[str, Form(max_length=300_000)]) -> dict[str, str]:
        try:
            public.verify(signature, MESSAGE, ES256)
        except InvalidSignature:
            return {"verdict": "invalid"}
        return {"verdict": "valid" if text else "unknown"}

    return app


def main() -> None:
    """Serve on any free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        print(f"http://localhost:{listening.getsockname()[1]} ", flush=True)
        config = uvicorn.Config(
            create_app(), log_level="warning", access_log=False, server_header=False, limit_concurrency=512
        )
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
