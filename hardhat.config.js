import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";

const settings = JSON.parse(readFileSync(new URL("./solc.settings.json", import.meta.url), "utf8"));

export default defineConfig({
  solidity: {
    compilers: [
      {
        version: "0.8.37",
        // The npm package, so that nothing is downloaded.
        path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
        settings,
      },
    ],
  },
  paths: {
    sources: "./contracts",
    tests: { solidity: "./contracts/test" },
    artifacts: "./build/hardhat/artifacts",
    cache: "./build/hardhat/cache",
  },
  networks: {
    // `hardhat node`: the other local chain. It mines as transactions come, so several may share a second.
    node: {
      type: "edr-simulated",
      chainType: "l1",
      chainId: 31337,
      allowBlocksWithSameTimestamp: true,
    },
  },
  test: {
    solidity: {
      fuzz: { runs: 256 },
      // forge runs the invariants at length (foundry.toml); here they only have to hold.
      invariant: { runs: 4, depth: 50 },
    },
  },
});
