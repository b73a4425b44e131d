/** Presentations (SD-JWT VC, RFC 9901) of our own kind, with `core` and `anchor`, taken apart: check 0. */

import { Misfit, decode, utf8 } from "./bytes.js";
import { dumps, loads } from "./json.js";
import { leafHash, rootAlong } from "./merkle.js";
import { list, oneOf, struct, text, whole } from "./shape.js";
import { ALGS, SD_ALGS, digest } from "./suites.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { SdAlg } from "./suites.js" */

export const CODE_AUDIENCE = "urn:zt:code";
const MAX_CHARACTERS = 256 * 1024;
const MAX_DISCLOSURES = 200;

const natural = whole(0);
const time = whole(0);
const day = whole();
const code = text({ pattern: /^[0-9A-Z]{1,32}$/ });
const digestText = text({ min: 43, max: 43 });
const uri = text({ min: 1, max: 512 });

const header = struct({
  alg: oneOf(...ALGS),
  kid: digestText,
  typ: oneOf("dc+sd-jwt"),
  x5c: list(text(), { min: 1, max: 8 }),
});

const payload = struct(
  {
    iss: uri,
    iat: time,
    nbf: time,
    exp: time,
    vct: uri,
    "vct#integrity": text({ pattern: /^sha256-[0-9A-Za-z+/]{43}=$/ }),
    core: struct(
      {
        certificate_id: text({ min: 1, max: 128 }),
        issuer: code,
        type: code,
        type_version: whole(1, 2 ** 31),
        valid_from: day,
        status: struct({ list: natural, idx: natural }),
      },
      { v: whole(1, 1), valid_until: day },
    ),
    anchor: struct({ seq: natural, size: natural, index: natural, path: text({ max: 64 * 43 }) }),
    _sd: list(digestText),
    _sd_alg: oneOf(...SD_ALGS),
  },
  {
    cnf: struct({ jwk: struct({ crv: oneOf("P-256"), kty: oneOf("EC"), x: digestText, y: digestText }) }),
    aud: uri,
    status: struct({ status_list: struct({ uri, idx: natural }) }),
  },
);

/** Names that no claim may have. */
export const RESERVED = new Set([
  "iss", "iat", "nbf", "exp", "vct", "vct#integrity", "cnf", "aud", "status", "core", "anchor", "_sd", "_sd_alg", "...",
]);

const bindingHeader = struct({ alg: oneOf("ES256"), typ: oneOf("kb+jwt") });
const bindingPayload = struct(
  { aud: uri, iat: time, nonce: text({ min: 1, max: 128 }), sd_hash: digestText },
  { transaction_data_hashes: list(digestText, { max: 20 }), transaction_data_hashes_alg: oneOf("sha-256") },
);
const disclosure = list(text(), { min: 3, max: 3 });

/** @typedef {"request" | "code" | "answer" | "copy"} Kind */
/** @typedef {ReturnType<typeof payload>} Payload */
/** @typedef {Payload["core"] & { v: number }} Core */
/**
 * @typedef {object} Binding
 * @property {ReturnType<typeof bindingPayload>} payload
 * @property {Bytes} signingInput @property {Bytes} signature
 * @property {string} presented digest of what stands before it, to compare with `sd_hash`
 */
/**
 * @typedef {object} Presentation
 * @property {ReturnType<typeof header>} header @property {Payload} payload @property {Core} core
 * @property {Bytes} signingInput @property {Bytes} signature
 * @property {Map<string, string>} claims disclosed; of a name that stands twice, the last
 * @property {string[]} digests of the disclosures, in their order
 * @property {Binding | null} binding @property {Kind} kind what it claims to be
 */

/** Take a presentation apart, within the caps of check 0. @param {string} presentation @returns {Promise<Presentation>} @throws {Misfit} NoSm: its digests are SM3's */
export async function parse(presentation) {
  if (presentation.length > MAX_CHARACTERS) throw new Misfit("too large");
  if (/[^\u0000-\u007f]/.test(presentation)) throw new Misfit("not ASCII");
  const [jwt, ...shown] = presentation.split("~");
  if (shown.length < 1 || shown.length > MAX_DISCLOSURES + 1) throw new Misfit("too few or too many parts");
  const bound = /** @type {string} */ (shown.pop());
  const [head, body, signingInput, signature] = parts(jwt);
  const said = payload(loads(decode(body)));
  // Only an answer, which lives for a day, may have no entry of its own.
  if (said.status === undefined && said.aud === undefined) throw new Misfit("no status");
  const binding = bound === "" ? null : await parseBinding(presentation, bound, said._sd_alg);
  return {
    header: header(loads(decode(head))),
    payload: said,
    core: { ...said.core, v: 1 },
    signingInput,
    signature,
    claims: new Map(shown.map((each) => disclosure(loads(decode(each)))).map(([, name, value]) => [name, value])),
    digests: await Promise.all(shown.map((each) => digest(each, said._sd_alg))),
    binding,
    kind: kindOf(said, binding),
  };
}

/** Where leaf and path lead; null where they lead nowhere. @param {Presentation} shown @returns {Promise<Bytes | null>} */
export async function rootOf(shown) {
  const { anchor, _sd, _sd_alg } = shown.payload;
  try {
    const leaf = await leafHash(dumps({ core: shown.core, _sd, _sd_alg }));
    return await rootAlong(leaf, anchor.index, anchor.size, decode(anchor.path));
  } catch (wrong) {
    if (wrong instanceof Misfit) return null;
    throw wrong;
  }
}

/** @param {Payload} said @param {Binding | null} binding @returns {Kind} */
function kindOf(said, binding) {
  if (said.cnf !== undefined || binding !== null) {
    return binding !== null && binding.payload.aud === CODE_AUDIENCE ? "code" : "request";
  }
  return said.aud === undefined ? "copy" : "answer";
}

/** @param {string} presentation @param {string} bound @param {SdAlg} alg @returns {Promise<Binding>} */
async function parseBinding(presentation, bound, alg) {
  const [head, body, signingInput, signature] = parts(bound);
  bindingHeader(loads(decode(head)));
  const presented = await digest(presentation.slice(0, -bound.length), alg);
  return { payload: bindingPayload(loads(decode(body))), signingInput, signature, presented };
}

/** @param {string} jwt @returns {[string, string, Bytes, Bytes]} */
function parts(jwt) {
  const [head, body, signature, ...more] = jwt.split(".");
  if (signature === undefined || more.length) throw new Misfit("not three parts");
  return [head, body, utf8(`${head}.${body}`), decode(signature)];
}
