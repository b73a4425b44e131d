// The JavaScript verifier as one process: a JSON line in, a JSON line out (tests/web/node.py).
import { createInterface } from "node:readline";
import { encode, fromStandard, utf8 } from "../../wallet/web/verifier/bytes.js";
import { decode, load, loadRoots, verifyOnce } from "../../wallet/web/verifier/index.js";
import { loads } from "../../wallet/web/verifier/json.js";
import { PublicKey, checkJws, parseJws } from "../../wallet/web/verifier/keys.js";
import { verify as verifySm2, sm3 } from "../../wallet/web/verifier/sm.js";
import { follow, read, signed } from "../../wallet/web/verifier/root.js";
import { unpack } from "../../wallet/web/verifier/trust.js";

const trusts = new Map();
const thumbprints = (keys) => keys.map((key) => key.thumbprint);

/** All that a trust state says, as JSON (tests/web/summary.py). */
function summary(trust) {
  return JSON.parse(JSON.stringify({ ...trust, root: trust.root?.version ?? null }, (name, value) => {
    if (name === "jws" || name === "definition" || name === "public") return undefined;
    if (value instanceof Map) return Object.fromEntries(value);
    return value instanceof Uint8Array ? encode(value) : value;
  }));
}

const does = {
  // A trust state as it is in memory: what a bundle says, and what only a follower of the chain can know.
  async trust({ name, payload, words_fresh_until, fresh_until, young }) {
    const trust = await unpack(loads(utf8(payload), 64), null);
    trust.wordsFreshUntil = words_fresh_until;
    for (const [uri, until] of fresh_until) {
      const trusted = trust.lists.get(uri); // none where its key no longer counts
      if (trusted) trusted.freshUntil = until;
    }
    for (const { issuer, seq, root, ...batch } of young) {
      trust.issuers.get(issuer).roots.set(seq, { ...batch, root: fromStandard(root) });
    }
    trusts.set(name, trust);
    return summary(trust);
  },
  async bundle({ name, previous, data, now, root, limit }) {
    const before = previous === null ? null : trusts.get(previous);
    trusts.set(name, await load(before, fromStandard(data), now, fromStandard(root), { limit }));
    return summary(trusts.get(name));
  },
  async roots({ name, previous, token }) {
    trusts.set(name, await loadRoots(trusts.get(previous), token));
    return summary(trusts.get(name));
  },
  async root({ pinned, later, now }) {
    const documents = later.map((each) => signed(loads(fromStandard(each))));
    const found = now === null ? await read(fromStandard(pinned)) : await follow(fromStandard(pinned), documents, now);
    return { ...found, keys: thumbprints(found.keys), bundleKeys: thumbprints(found.bundleKeys) };
  },
  async decode({ text, issuers }) {
    const known = Object.entries(issuers).map(([code, { origins, keys }]) => {
      const known = Object.entries(keys).map(([kid, { x5c, alg }]) => [kid, { x5c, public: { alg } }]);
      return [code, { origins, keys: new Map(known) }];
    });
    return decode(text, { issuers: new Map(known) });
  },
  async es256({ jwk, signature, data }) {
    return (await PublicKey.fromJwk(jwk)).verify(fromStandard(signature), fromStandard(data));
  },
  async jws({ text, jwk, typ }) {
    return checkJws(parseJws(text), await PublicKey.fromJwk(jwk), typ);
  },
  async sm3({ data }) {
    return encode(await sm3(fromStandard(data)));
  },
  async sm2({ x, y, signature, data }) {
    return verifySm2(...[x, y, signature, data].map(fromStandard));
  },
  async verify_all({ trust, presentations, expected, now }) {
    return Promise.all(presentations.map(async (each) => (await verifyOnce(each, trusts.get(trust), expected, now)).report));
  },
  async verify({ trust, presentation, expected, now, at, dated }) {
    return verifyOnce(presentation, trusts.get(trust), expected, now, { at, dated });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { does: what, ...given } = JSON.parse(line);
  let said;
  try {
    said = { answer: await does[what](given) };
  } catch (wrong) {
    said = { refused: { kind: wrong.kind ?? null, zh: wrong.zh, en: wrong.en, stack: String(wrong.stack) } };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
