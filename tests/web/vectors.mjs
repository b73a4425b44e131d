// The published vectors (docs/vectors), with nothing but Node: `node --test tests/web/vectors.mjs`.
import { deepEqual, equal, rejects } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromHex, hex, decode as fromBase64 } from "../../wallet/web/verifier/bytes.js";
import { Refused, decode, load, loadRoots, verifyOnce } from "../../wallet/web/verifier/index.js";
import { PublicKey, SM2 } from "../../wallet/web/verifier/keys.js";
import { leafHash, rootAlong } from "../../wallet/web/verifier/merkle.js";
import { sm3 } from "../../wallet/web/verifier/sm.js";
import { parseList, readEntry, unpacked, verifyList } from "../../wallet/web/verifier/status.js";

const FOLDER = new URL("../../docs/vectors/", import.meta.url);
const bytes = (name) => new Uint8Array(readFileSync(new URL(name, FOLDER)));
const { now, cases } = JSON.parse(readFileSync(new URL("presentations.json", FOLDER), "utf8"));
const trust = await load(null, bytes("trust/bundle.jws"), now, bytes("trust/root.json"));

/** The trust state with a root that this verifier has from a node of its own. */
function withRoot({ issuer, seq, root, ...batch }) {
  const known = trust.issuers.get(issuer);
  const more = { ...batch, root: Uint8Array.from(Buffer.from(root, "hex")), voided: false, replaced: false };
  const roots = new Map(known.roots).set(seq, more);
  return { ...trust, issuers: new Map(trust.issuers).set(issuer, { ...known, roots }) };
}

for (const each of cases) {
  test(each.name, async () => {
    const state = each.node ? withRoot(each.node) : trust;
    const moment = each.now ?? now;
    const { report, guard } = await verifyOnce(each.presentation, state, each.expected, moment, { at: each.at ?? null });
    deepEqual(JSON.parse(JSON.stringify(report)), each.report);
    deepEqual(guard && [guard.audience, guard.nonce, guard.expires], each.guard ?? null);
  });
}

const codes = JSON.parse(readFileSync(new URL("proof_codes.json", FOLDER), "utf8"));

for (const { name, code, presentation } of codes.made) {
  test(`${name} as a code`, async () => equal(await decode(code, trust), presentation));
}
for (const { name, code } of codes.refused) {
  test(`${name} is no code`, () => rejects(decode(code, trust), Refused));
}

const bundles = JSON.parse(readFileSync(new URL("trust_bundles.json", FOLDER), "utf8"));

for (const { name, bundle, previous, now: moment, loaded, refused } of bundles.cases) {
  test(`bundle: ${name}`, async () => {
    const pinned = Buffer.from(bundles.root);
    const before = previous === undefined ? null : await load(null, Buffer.from(previous), now, pinned);
    const loading = load(before, Buffer.from(bundle), moment, pinned);
    if (refused) return rejects(loading, (wrong) => wrong instanceof Refused && wrong.kind === refused);
    const { epoch, version, root } = await loading;
    return deepEqual({ epoch, version, root: root.version }, loaded);
  });
}

const files = JSON.parse(readFileSync(new URL("root_files.json", FOLDER), "utf8"));

for (const { name, token, refused, first, last } of files.cases) {
  test(`file of roots: ${name}`, async () => {
    const state = await load(null, Buffer.from(files.bundle), files.now, Buffer.from(files.root));
    if (refused) return rejects(loadRoots(state, token), (wrong) => wrong.kind === refused);
    const { roots } = (await loadRoots(state, token)).issuers.get(files.issuer);
    const seq = Math.max(...roots.keys());
    deepEqual({ root: hex(roots.get(1).root), voided: roots.get(1).voided }, first);
    return deepEqual({ seq, root: hex(roots.get(seq).root) }, last);
  });
}

for (const { data, leaves, root, proofs } of JSON.parse(readFileSync(new URL("merkle.json", FOLDER), "utf8")).trees) {
  test(`tree of ${data.length}`, async () => {
    for (const { index, path } of proofs) {
      const leaf = await leafHash(fromHex(data[index]));
      equal(hex(leaf), leaves[index]);
      equal(hex(await rootAlong(leaf, index, data.length, fromHex(path.join("")))), root);
    }
  });
}

test("a status list", async () => {
  const list = JSON.parse(readFileSync(new URL("status_lists.json", FOLDER), "utf8"));
  const packed = await unpacked(list.lst);
  equal(hex(packed), list.packed);
  const expected = Array.from({ length: list.size }, (_, idx) => list.entries[idx] ?? 0);
  deepEqual(expected.map((_, idx) => readEntry(packed, idx)), expected);
  const read = await parseList(list.token);
  await verifyList(read, await PublicKey.fromJwk(list.key));
  deepEqual([read.uri, hex(read.packed)], [list.uri, list.packed]);
});

const sm = JSON.parse(readFileSync(new URL("sm2.json", FOLDER), "utf8"));
const known = await load(null, Buffer.from(sm.bundle), sm.now, Buffer.from(sm.root));

for (const { name, presentation, expected, report } of sm.cases) {
  test(`${name}, SM2`, async () => {
    const found = await verifyOnce(presentation, known, expected, sm.now);
    deepEqual(JSON.parse(JSON.stringify(found.report)), report);
  });
}
for (const { name, code, presentation } of sm.codes) {
  test(`${name} as a code, SM2`, async () => equal(await decode(code, known), presentation));
}
for (const { data, sm3: digest } of sm.digests) {
  test(`SM3 of ${data.length / 2} bytes`, async () => equal(hex(await sm3(fromHex(data))), digest));
}
for (const { key, data, signature, stands } of sm.signatures) {
  test(`SM2 over ${data}: ${stands}`, async () => {
    const found = await PublicKey.fromJwk(key, [SM2]);
    equal(await found.verify(fromBase64(signature), fromHex(data)), stands);
  });
}
