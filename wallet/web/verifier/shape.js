/** What read JSON must look like: a shape gives back the value it was asked about, typed, or refuses it. */

import { Misfit } from "./bytes.js";

/** @template T @typedef {(value: unknown) => T} Shape */
/** @template {Record<string, Shape<any>>} M @typedef {{ [name in keyof M]: ReturnType<M[name]> }} Members */

/** Characters, not halves of them. @param {string} text @returns {number} */
export function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** @param {{ min?: number, max?: number, pattern?: RegExp }} [limits] @returns {Shape<string>} */
export function text({ min = 0, max = Infinity, pattern } = {}) {
  return (value) => {
    if (typeof value !== "string" || (pattern && !pattern.test(value))) throw new Misfit("not such a text");
    const characters = min > 0 || max < Infinity ? length(value) : 0;
    if (characters < min || (max < Infinity && characters > max)) throw new Misfit("too short or too long");
    return value;
  };
}

/** @param {number} [min] @param {number} [max] @returns {Shape<number>} */
export function whole(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  return (value) => {
    if (typeof value !== "number" || !(min <= value && value <= max)) throw new Misfit("not such a number");
    return value;
  };
}

/** @type {Shape<boolean>} */
export function yesOrNo(value) {
  if (typeof value !== "boolean") throw new Misfit("neither true nor false");
  return value;
}

/** @template {string} T @param {T[]} values @returns {Shape<T>} */
export function oneOf(...values) {
  return (value) => {
    const found = values.find((each) => each === value);
    if (found === undefined) throw new Misfit("none of these");
    return found;
  };
}

/** @template T @param {Shape<T>} of @returns {Shape<T | null>} */
export function nullable(of) {
  return (value) => (value === null ? null : of(value));
}

/** @template T @param {Shape<T>} of @param {{ min?: number, max?: number }} [limits] @returns {Shape<T[]>} */
export function list(of, { min = 0, max = Infinity } = {}) {
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) throw new Misfit("not such a list");
    return value.map((each) => of(each));
  };
}

/** Members of any name. @template T @param {Shape<T>} of @returns {Shape<Map<string, T>>} */
export function byName(of) {
  return (value) => new Map(Object.entries(object(value)).map(([name, each]) => [name, of(each)]));
}

/**
 * These members, some of which may be absent, and (unless `open`) no other.
 * @template {Record<string, Shape<any>>} M
 * @template {Record<string, Shape<any>>} [O={}]
 * @param {M} members @param {O} [optional] @param {{ open?: boolean }} [rule]
 * @returns {Shape<Members<M> & Partial<Members<O>>>}
 */
export function struct(members, optional, { open = false } = {}) {
  const known = { ...members, ...optional };
  return (value) => {
    const given = object(value);
    /** @type {Record<string, unknown>} */
    const kept = {};
    for (const [name, each] of Object.entries(given)) {
      if (Object.hasOwn(known, name)) kept[name] = known[name](each);
      else if (!open) throw new Misfit("a foreign member");
    }
    if (Object.keys(members).some((name) => !Object.hasOwn(kept, name))) throw new Misfit("a member is missing");
    return /** @type {Members<M> & Partial<Members<O>>} */ (kept);
  };
}

/** @param {unknown} value @returns {Record<string, unknown>} */
export function object(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Misfit("not an object");
  return /** @type {Record<string, unknown>} */ (value);
}
