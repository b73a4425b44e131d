// Runs in a project that has the package and nothing else: node alone.mjs VECTORS
import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { load, verify } from "zhengtong-verifier";

const read = (name) => readFileSync(`${process.argv[2]}/${name}`);
for (const file of ["presentations.json", "sm2.json"]) {
  const { now, cases, bundle, root } = JSON.parse(read(file));
  const pinned = root ? Buffer.from(root) : read("trust/root.json");
  const trust = await load(null, bundle ? Buffer.from(bundle) : read("trust/bundle.jws"), now, pinned);
  for (const each of cases.filter((each) => !each.node)) {
    const past = { at: each.at ?? null };
    const report = await verify(each.presentation, trust, each.expected, each.now ?? now, past);
    deepEqual(JSON.parse(JSON.stringify(report)), each.report);
    console.log(each.name);
  }
}
