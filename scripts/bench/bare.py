"""The least that an endpoint for checking could do: read the form, verify one signature.

`python -m scripts.bench.bare PORT`. Served exactly as the API is.
"""

import sys
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


if __name__ == "__main__":
    uvicorn.run(
        create_app(), port=int(sys.argv[1]), log_level="warning", access_log=False, server_header=False
    )
