#!/usr/bin/env node
// The npm package solc, answering as the native compiler does to --version and --standard-json, which is all
// that py-solc-x and forge ask. Other options (paths that may be read) are theirs to give and ours to ignore:
// imports are looked for in the project and its node_modules only.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { createRequire } = require("node:module");

const project = path.resolve(__dirname, "..", "..");
const solc = createRequire(path.join(project, "package.json"))("solc");

function find(name) {
  for (const folder of [project, path.join(project, "node_modules")]) {
    const file = path.resolve(folder, name);
    if (file.startsWith(folder + path.sep) && fs.existsSync(file)) return { contents: fs.readFileSync(file, "utf8") };
  }
  return { error: `${name} is neither in the project nor in node_modules` };
}

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--standard-json")) {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: find }));
} else {
  process.stderr.write("Invalid option: only --version and --standard-json\n");
  process.exit(1);
}
