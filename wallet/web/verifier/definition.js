/** Type definitions: read as registered on the chain, and whether claims fit one. */

import { Misfit, sha256, same } from "./bytes.js";
import { canonical, dumps } from "./json.js";
import { list, oneOf, struct, text, whole, yesOrNo } from "./shape.js";
import { ID_TYPES } from "./words.js";
import { isAmount, isDate, isFile, isIdentifier, isName, isPicture, isText, statusPlaces } from "./values.js";

/** @import { Shape } from "./shape.js" */

const TRUE = "true";
const any = text();
const texts = list(any);
const named = { name: any, zh: any, en: any };

const DATA_TYPES = oneOf(
  "text", "name", "number", "date", "amount", "code",
  "id_type", "identifier", "citizen_number", "credit_code", "portrait", "file", "status_places",
);

const claim = sparse(
  { ...named, type: DATA_TYPES },
  {
    required: yesOrNo,
    longest: whole(),
    formats: list(struct({ pattern: any, zh: any, en: any })),
    codes: list(sparse({ code: any, en: any }, { standard: any }, { standard: "" })),
    id_type: any,
  },
  { required: true, longest: 100, formats: [], codes: [], id_type: "" },
);

const role = sparse(
  { role: any, zh: any, en: any, name: any, identifier: any },
  { id_type: any, id_type_claim: any, acts_for: any },
  { id_type: "", id_type_claim: "", acts_for: "" },
);

const definition = sparse(
  {
    type: any,
    version: whole(),
    alias: any,
    name: struct({ zh: any, en: any }),
    authority: struct({ code: any, zh: any, en: any }),
    from: any,
    claims: list(claim),
    holders: list(role),
    validity: sparse({ begins: any }, { ends: any, years: whole() }, { ends: "", years: 0 }),
    number_claim: any,
    paper: texts,
  },
  {
    until: any,
    derived: list(sparse({ ...named, claim: any }, { years: whole(), at_least: any }, { years: 0, at_least: "" })),
    rules: list(struct({ rule: oneOf("born", "sex", "order", "together"), claims: texts })),
    unique_by: texts,
    multiple: yesOrNo,
    paper_valid_days: whole(),
    changed_keeps: texts,
    depends_on: list(sparse({ type: any, claim: any, is: any, days: whole() }, { reasons: texts }, { reasons: [] })),
    renewable_days: whole(),
    parts: struct({ status: any, each: list(struct({ name: any, identifier: any })) }),
  },
  {
    until: "", derived: [], rules: [], unique_by: [], multiple: false, paper_valid_days: 1826, changed_keeps: [],
    depends_on: [],
  },
);

/** @typedef {ReturnType<typeof definition>} TypeDefinition */
/** @typedef {ReturnType<typeof claim>} Claim */

/** A struct whose defaults are never stated: what is hashed is the file as it was loaded.
 * @template {Record<string, Shape<any>>} M
 * @template {Record<string, Shape<any>>} O
 * @param {M} members @param {O} optional @param {{ [name in keyof O]?: unknown }} defaults
 */
function sparse(members, optional, defaults) {
  const shape = struct(members, optional);
  return (/** @type {unknown} */ value) => {
    const kept = shape(value);
    for (const [name, usual] of Object.entries(defaults)) {
      const stated = /** @type {Record<string, unknown>} */ (kept)[name];
      if (stated !== undefined && canonical(stated) === canonical(usual)) throw new Misfit("a default is stated");
    }
    return kept;
  };
}

/** Read a definition, as loaded. @param {unknown} loaded @returns {TypeDefinition} @throws {Misfit} */
export function parse(loaded) {
  return definition(loaded);
}

/** Whether its hash is the chain's. @param {TypeDefinition} type @param {Uint8Array} hash @returns {Promise<boolean>} */
export async function isGenuine(type, hash) {
  return same(await sha256(dumps(type)), hash);
}

/** Labels of all claims, derived ones too. @param {TypeDefinition} type @returns {Map<string, { zh: string, en: string }>} */
export function labels(type) {
  return new Map([...type.claims, ...(type.derived ?? [])].map(({ name, zh, en }) => [name, { zh, en }]));
}

/**
 * Whether claims, any of them present or not, are of the type and as it says.
 * @param {TypeDefinition} type @param {Map<string, string>} claims @returns {boolean}
 */
export function fits(type, claims) {
  const known = new Map(type.claims.map((each) => [each.name, each]));
  const derived = labels(type);
  return [...claims].every(([name, value]) => {
    const stated = known.get(name);
    if (stated === undefined) return derived.has(name) && value === TRUE;
    const idType = stated.id_type ? claims.get(stated.id_type) : "";
    return isRight(stated, value) && (!idType || isIdentifier(idType, value));
  });
}

/**
 * Holders and those who act for them, as [type of identifier, identifier]; roles without one are left out.
 * @param {TypeDefinition} type @param {Map<string, string>} claims @returns {[string, string][]}
 */
export function holders(type, claims) {
  return type.holders.flatMap((each) => {
    const identifier = claims.get(each.identifier);
    const idType = each.id_type || claims.get(each.id_type_claim ?? "") || "";
    return identifier === undefined ? [] : [/** @type {[string, string]} */ ([idType, identifier])];
  });
}

/** @param {Claim} claim @param {string} value @returns {boolean} */
function isRight(claim, value) {
  const longest = claim.longest ?? 100;
  switch (claim.type) {
    case "text":
    case "number":
      return isText(value, longest) && (!claim.formats?.length || claim.formats.some(({ pattern }) => matches(pattern, value)));
    case "name":
      return isName(value, longest);
    case "date":
      return isDate(value);
    case "amount":
      return isAmount(value);
    case "code":
      return (claim.codes ?? []).some(({ code }) => code === value);
    case "id_type":
      return Object.hasOwn(ID_TYPES, value);
    case "identifier":
      return isText(value, 40);
    case "status_places":
      return value.length <= longest && statusPlaces(value) !== null;
    case "portrait":
      return isPicture(value);
    case "file":
      return isFile(value);
    default:
      return isIdentifier(claim.type, value);
  }
}

/** The patterns of a catalogue: literals, \d and classes with bounded repetition, no groups. */
const ATOM = /\\(.)|\[((?:[^\]\\]|\\.)*)\]|([^\\[])/gsu;
/** @type {Map<string, RegExp>} */
const compiled = new Map();

/** Whether all of a value is as the pattern says. @param {string} pattern @param {string} value @returns {boolean} */
function matches(pattern, value) {
  let found = compiled.get(pattern);
  if (found === undefined) {
    const translated = pattern.replace(ATOM, (whole, escaped, inside) => {
      if (inside !== undefined) return `[${inside.replaceAll("\\d", "0-9")}]`;
      return escaped === "-" ? "-" : whole;
    });
    found = new RegExp(`^(?:${translated})$`, "u");
    compiled.set(pattern, found);
  }
  return found.test(value);
}
