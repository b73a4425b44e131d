"""What the authority may ask of the contracts, each as a transaction to be made.

A ref names what is asked: the same ref under the same kind is never stored twice on a deployment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from registry import b64
from registry.chain.contracts import (
    ACCESS_LOG,
    CERTIFICATE_REGISTRY,
    FOREVER,
    ISSUER_REGISTRY,
    code_bytes,
    interface,
)
from registry.chain.outbox import Call
from registry.store.tables import Deployment

NOW = 0
"""As `from` or `until`: the time of the block that holds the transaction."""
NOBODY = bytes(32)
_GAS = 300_000
_GAS_EACH_SEQUENCE = 40_000
_GAS_EACH_VOID = 10_000


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls to the contracts of one deployment. kind: what they are part of (`found`, `decide`, `heal`)."""

    deployment: Deployment
    kind: str

    def register(self, issuer: str) -> Call:
        """Registers a department."""
        return self.issuers("registerIssuer", code_bytes(issuer), ref=f"register:{issuer}")

    def add_account(self, issuer: str, address: str, start: int = NOW, until: int = FOREVER) -> Call:
        """Gives a chain account of an issuer a window."""
        return self.issuers(
            "addAccount", code_bytes(issuer), address, start, until, ref=f"account:{issuer}:{address}:{start}"
        )

    def add_key(
        self, issuer: str, thumbprint: str, uses: int, start: int = NOW, until: int = FOREVER
    ) -> Call:
        """Gives a key of an issuer a window."""
        raw = b64.decode(thumbprint)
        ref = f"key:{issuer}:{thumbprint}:{start}"
        return self.issuers("addKey", code_bytes(issuer), raw, uses, start, until, ref=ref)

    def add_type(
        self, code: str, version: int, definition: bytes, start: int = NOW, until: int = FOREVER
    ) -> Call:
        """Gives a version of a type a window."""
        ref = f"type:{code}:{version}:{start}"
        return self.issuers("addTypeVersion", code_bytes(code), version, definition, start, until, ref=ref)

    def grant(
        self, issuer: str, type_code: str, start: int = NOW, until: int = FOREVER, tag: str = ""
    ) -> Call:
        """Gives an issuer a window in which it may issue a type."""
        ref = f"right:{issuer}:{type_code}:{start}:{tag}"
        return self.issuers("grantRight", code_bytes(issuer), code_bytes(type_code), start, until, ref=ref)

    def end_right(self, issuer: str, type_code: str, index: int, until: int) -> Call:
        """Brings the end of a right's window forward."""
        ref = f"end-right:{issuer}:{type_code}:{index}:{until}"
        return self.issuers("endRight", code_bytes(issuer), code_bytes(type_code), index, until, ref=ref)

    def end_key(self, issuer: str, thumbprint: str, index: int, until: int) -> Call:
        """Brings the end of a key's window forward."""
        raw = b64.decode(thumbprint)
        ref = f"end-key:{issuer}:{thumbprint}:{index}:{until}"
        return self.issuers("endKey", code_bytes(issuer), raw, index, until, ref=ref)

    def end_account(self, issuer: str, address: str, index: int, until: int) -> Call:
        """Brings the end of an account's window forward."""
        ref = f"end-account:{issuer}:{address}:{index}:{until}"
        return self.issuers("endAccount", code_bytes(issuer), address, index, until, ref=ref)

    def compromised(self, issuer: str, thumbprint: str) -> Call:
        """Reports a key compromised, for ever."""
        ref = f"compromised:{issuer}:{thumbprint}"
        return self.issuers("reportCompromised", code_bytes(issuer), b64.decode(thumbprint), ref=ref)

    def succeed(self, issuer: str, type_code: str, successor: str, start: int = NOW, tag: str = "") -> Call:
        """Names who acts for what an issuer issued of a type; an empty successor ends it."""
        heir = code_bytes(successor) if successor else NOBODY
        ref = f"successor:{issuer}:{type_code}:{successor}:{start}:{tag}"
        return self.issuers("setSuccessor", code_bytes(issuer), code_bytes(type_code), heir, start, ref=ref)

    def open_sequences(self, issuers: Sequence[str]) -> Call:
        """Opens the batch sequences of issuers."""
        gas = _GAS + _GAS_EACH_SEQUENCE * len(issuers)
        codes = [code_bytes(issuer) for issuer in issuers]
        return self.certificates("openSequences", codes, ref=f"sequences:{'+'.join(issuers)}", gas=gas)

    def void(self, issuer: str, first: int, last: int, reason: str) -> Call:
        """Declares that batches first to last, both included, do not count. reason: ASCII code."""
        gas = _GAS + _GAS_EACH_VOID * (last - first + 1)
        ref = f"void:{issuer}:{first}:{last}"
        return self.certificates(
            "voidBatches", code_bytes(issuer), first, last, code_bytes(reason), ref=ref, gas=gas
        )

    def replace(self, issuer: str, seq: int, voided_root: bytes, root: bytes, size: int) -> Call:
        """Puts a root over the genuine leaves in a voided batch's place."""
        ref = f"replace:{issuer}:{seq}"
        return self.certificates("replaceBatch", code_bytes(issuer), seq, voided_root, root, size, ref=ref)

    def close_import(self, contract: str) -> Call:
        """Shuts a contract's import for good."""
        make = {
            ISSUER_REGISTRY: self.issuers,
            CERTIFICATE_REGISTRY: self.certificates,
            ACCESS_LOG: self.log,
        }[contract]
        return make("closeImport", ref=f"close:{contract}")

    def add_log_account(self, address: str, start: int = NOW, until: int = FOREVER) -> Call:
        """Lets a chain account anchor this registry's heads in a window."""
        ref = f"log-account:{address}:{start}"
        return self.log("addLogAccount", self._registry, address, start, until, ref=ref)

    def end_log_account(self, address: str, index: int, until: int) -> Call:
        """Brings the end of a log account's window forward."""
        ref = f"end-log-account:{address}:{index}:{until}"
        return self.log("endLogAccount", self._registry, address, index, until, ref=ref)

    def anchor_policy(self, version: int, policy: bytes) -> Call:
        """Anchors the hash of the rights in force from now on. version: one above the last."""
        return self.log("anchorPolicy", self._registry, version, policy, ref=f"policy:{version}")

    def issuers(self, function: str, *arguments: object, ref: str, gas: int = _GAS) -> Call:
        """A call of IssuerRegistry."""
        data = interface(ISSUER_REGISTRY).call(function, *arguments)
        return Call(self.kind, ref, self.deployment.issuer_registry, data, gas)

    def certificates(self, function: str, *arguments: object, ref: str, gas: int = _GAS) -> Call:
        """A call of CertificateRegistry."""
        data = interface(CERTIFICATE_REGISTRY).call(function, *arguments)
        return Call(self.kind, ref, self.deployment.certificate_registry, data, gas)

    def log(self, function: str, *arguments: object, ref: str, gas: int = _GAS) -> Call:
        """A call of AccessLog."""
        assert self.deployment.access_log is not None
        return Call(
            self.kind, ref, self.deployment.access_log, interface(ACCESS_LOG).call(function, *arguments), gas
        )

    @property
    def _registry(self) -> str:
        return self.deployment.certificate_registry
