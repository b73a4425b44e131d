/** The verifier: `load` a trust bundle under a pinned root document, then `verify` presentations with it. */

export { load, loadRoots } from "./bundle.js";
export { check, decode, find, isCode, issuerOf } from "./proofcode.js";
export { Refused } from "./refused.js";
export { verify, verifyOnce } from "./verify.js";
export { CHECKS, OUTCOMES, VERDICTS } from "./words.js";

/** @typedef {import("./checks.js").Expected} Expected */
/** @typedef {import("./trust.js").Trust} Trust */
/** @typedef {import("./verify.js").Report} Report */
