"""The local chain of `make run` and the tests: anvil, started and stopped, its state kept in a file."""

import contextlib
import platform
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from registry.chain.rpc import ChainUnreachable, JsonRpcChain
from registry.errors import RegistryError

ETHER = 10**18
_MODULES = Path(__file__).parents[2] / "node_modules"


class NodeFailed(RegistryError):
    """The local chain did not start."""

    kind = "chain-node-failed"
    status = 503
    mender = "operator"


def anvil_program() -> Path:
    """anvil's own binary, without the Node wrapper in front of it (which would outlive a kill)."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    binary = _MODULES / f"@foundry-rs/anvil-{platform.system().lower()}-{machine}" / "bin" / "anvil"
    return binary if binary.exists() else _MODULES / ".bin" / "anvil"


def anvil_command(
    *, port: int, state: Path | None = None, block_time: int | None = 1, chain_id: int = 31337
) -> list[str]:
    """What starts anvil. With a state file, call `set_clock` once it answers.

    anvil makes a new genesis block at every start, and serves that one or the old one by chance: it must be
    the same block, so its time is kept beside the state.

    Without `--no-cors` any page open in a browser here could command the chain: anvil answers everybody.
    """
    command = [str(anvil_program()), "--port", str(port), "--chain-id", str(chain_id), "--accounts", "1"]
    command += ["--no-cors"]
    command += ["--no-mining"] if block_time is None else ["--block-time", str(block_time)]
    if state is not None:
        state.parent.mkdir(parents=True, exist_ok=True)
        kept = state.with_suffix(".genesis")
        if not state.exists() or not kept.exists():
            kept.write_text(str(int(time.time())))
        command += ["--state", str(state), "--state-interval", "2", "--timestamp", kept.read_text()]
    return command


def set_clock(rpc: JsonRpcChain) -> None:
    """anvil's clock runs on from its genesis block or its last one: bring it to the present."""
    rpc.request("anvil_setTime", int(time.time()))


class LocalNode:
    """A running anvil.

    url: where it answers. pid: its process. Blocks come every `block_time` seconds, or, where that is None,
    only when asked for (`mine`).
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.pid = process.pid
        self.rpc = JsonRpcChain(self.url)

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        state: Path | None = None,
        block_time: int | None = 1,
        chain_id: int = 31337,
        log: Path | None = None,
    ) -> "LocalNode":
        """Starts anvil and returns once it answers.

        port: 0 takes any free one. state: read if there, written every two seconds and at a clean stop.

        Raises:
            NodeFailed: it ended, or did not answer within ten seconds.
        """
        port = port or _free_port()
        command = anvil_command(port=port, state=state, block_time=block_time, chain_id=chain_id)
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        node = cls(process, port)
        node._wait()
        if state is not None:
            set_clock(node.rpc)
        return node

    def mine(self, blocks: int = 1) -> None:
        """Makes blocks at once."""
        for _ in range(blocks):
            self.rpc.request("evm_mine")

    def fund(self, address: str, wei: int = 1_000 * ETHER) -> None:
        """Gives an account a balance out of nothing: local chains only."""
        fund(self.rpc, address, wei)

    def stop(self) -> None:
        """Ends anvil cleanly, its state written."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self.rpc.close()

    def kill(self) -> None:
        """Ends anvil as a power cut would: the last blocks are lost."""
        self._process.kill()
        self._process.wait()
        self.rpc.close()

    def _wait(self, seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.rpc.chain_id()
            except ChainUnreachable:
                time.sleep(0.02)
            else:
                return
        self.kill()
        raise NodeFailed("本地链没有启动", f"The local chain did not start on port {self.port}.")


def fund(rpc: JsonRpcChain, address: str, wei: int = 1_000 * ETHER) -> bool:
    """Sets an account's balance where the node is anvil; False, and nothing done, on any other chain."""
    if not str(rpc.request("web3_clientVersion")).startswith("anvil"):
        return False
    rpc.request("anvil_setBalance", address, hex(wei))
    return True


@contextlib.contextmanager
def local_node(*, block_time: int | None = None, state: Path | None = None) -> Iterator[LocalNode]:
    """A local chain for the length of a `with` block."""
    node = LocalNode.start(block_time=block_time, state=state)
    try:
        yield node
    finally:
        node.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
