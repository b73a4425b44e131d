/**
 * The page behind a printed copy's QR: checks it here, in the browser, with the issuer's trust bundle, which
 * is a file that anybody gets. What stands after the `#` leaves the browser only if the visitor has it sent.
 */

import { CHECKS, OUTCOMES, VERDICTS, Refused, check, issuerOf, load } from "./verifier/index.js";

/** @import { Report, Trust } from "./verifier/index.js" */
/** @typedef {{ zh: string, en: string }} Words */

const EXPECTED = { kinds: ["copy"] };
const CODE = /^[0-9A-Z]{1,32}$/;
const MARKS = /** @type {Record<string, string>} */ ({ pass: "✓", fail: "✕", unknown: "?", "n/a": "–" });
const ICONS = /** @type {Record<string, string>} */ ({ copy: "✓", valid: "✓", invalid: "✕" });
const english = document.documentElement.lang === "en";

const NO_BUNDLE = { zh: "没有取得颁发机构的可信状态文件，暂时无法核验", en: "the issuer's trust bundle could not be had" };
const NO_CRYPTO = {
  zh: "此浏览器在不加密的网址上不能核验，请改用 https",
  en: "this browser checks nothing on an address without https",
};
const NOT_A_COPY = { zh: "这里没有证照副本。", en: "There is no copy of a certificate here." };

const result = /** @type {HTMLElement} */ (document.getElementById("result"));
const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("text"));

if (location.hash.length > 1) {
  text.value = location.origin + location.pathname + location.hash;
  history.replaceState(null, "", location.pathname + location.search);
  checkHere();
}
document.getElementById("here")?.addEventListener("click", checkHere);

async function checkHere() {
  result.setAttribute("aria-busy", "true");
  result.replaceChildren(await shown(text.value.trim()));
  result.removeAttribute("aria-busy");
}

/** @param {string} copy @returns {Promise<HTMLElement>} */
async function shown(copy) {
  if (crypto.subtle === undefined) return unchecked(NO_CRYPTO);
  try {
    const code = await issuerOf(copy);
    const now = Math.floor(Date.now() / 1000);
    const trust = CODE.test(code) ? await bundleOf(code, now) : null;
    if (trust === null) return unchecked(NO_BUNDLE);
    return reported((await check(copy, trust, EXPECTED, now)).report, trust);
  } catch (wrong) {
    if (!(wrong instanceof Refused)) throw wrong;
    return unchecked(wrong.kind === "bad-code" ? NOT_A_COPY : wrong);
  }
}

/** The trust state of an issuer; null where its files cannot be had. @param {string} code @param {number} now @returns {Promise<Trust | null>} */
async function bundleOf(code, now) {
  const [root, bundle] = await Promise.all(["root.json", `${code}.jws`].map(file));
  return root && bundle && load(null, bundle, now, root);
}

/** @param {string} name @returns {Promise<Uint8Array | null>} */
async function file(name) {
  try {
    const answer = await fetch(`/trust/${name}`, { credentials: "omit", referrerPolicy: "no-referrer" });
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

/** @param {Words} why @returns {HTMLElement} */
function unchecked(why) {
  const heading = element("div", {}, element("h3", {}, say(VERDICTS.unknown)), element("p", {}, say(why)));
  return element("div", { class: "report unknown", role: "status" }, verdict("?", heading));
}

/** @param {Report} report @param {Trust} trust @returns {HTMLElement} */
function reported(report, trust) {
  const heading = element("div", {}, element("h3", {}, say(VERDICTS[report.verdict])));
  if (report.next) heading.append(element("p", {}, say(report.next)));
  const columns = element("div", { class: "columns" });
  if (report.core) columns.append(claimed(report, trust));
  columns.append(element("ol", { class: "checks", start: "0" }, ...report.checks.map(line)));
  const icon = ICONS[report.verdict] ?? "?";
  return element("div", { class: `report ${report.verdict}`, role: "status" }, verdict(icon, heading), columns);
}

/** @param {string} icon @param {HTMLElement} heading */
function verdict(icon, heading) {
  return element("div", { class: "verdict" }, element("span", { class: "icon", "aria-hidden": "true" }, icon), heading);
}

/** @param {Report["checks"][number]} one */
function line({ id, outcome, zh, en }) {
  const name = CHECKS[/** @type {keyof typeof CHECKS} */ (id)];
  const word = OUTCOMES[/** @type {keyof typeof OUTCOMES} */ (outcome)];
  return element(
    "li",
    { class: outcome === "n/a" ? "na" : outcome },
    element("span", { class: "mark", "aria-hidden": "true" }, MARKS[outcome]),
    element(
      "span",
      {},
      element("b", {}, say(name)),
      " ",
      element("span", { class: "hidden" }, say(word)),
      element("br"),
      element("small", {}, say({ zh, en })),
    ),
  );
}

/** @param {Report} report @param {Trust} trust */
function claimed({ core, claims }, trust) {
  const type = [...trust.types.values()].find(
    ({ definition }) => definition.type === core?.type && definition.version === core.type_version,
  )?.definition;
  const labels = new Map([...(type?.claims ?? []), ...(type?.derived ?? [])].map((each) => [each.name, each]));
  const issuer = trust.issuers.get(core?.issuer ?? "");
  const rows = Object.entries(claims).map(([name, value]) => {
    const label = labels.get(name);
    return row(label ? say(label) : name, value === "true" ? say({ zh: "是", en: "yes" }) : shortened(value));
  });
  rows.push(row(say({ zh: "颁发机构", en: "Issuer" }), issuer ? say(issuer) : core?.issuer ?? ""));
  rows.push(row(say({ zh: "证照标识", en: "Identifier" }), core?.certificate_id ?? ""));
  return element("div", {}, element("h4", {}, type ? say(type.name) : core?.type ?? ""), element("dl", {}, ...rows));
}

/** @param {string} label @param {string} value */
function row(label, value) {
  return element("div", {}, element("dt", {}, label), element("dd", {}, value));
}

/** Pictures and files are not text. @param {string} value */
function shortened(value) {
  return value.length > 200 ? "…" : value;
}

/** @param {Words} words @returns {string} */
function say({ zh, en }) {
  return english ? en : zh;
}

/** @param {string} name @param {Record<string, string>} [attributes] @param {(Node | string)[]} inside @returns {HTMLElement} */
function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...inside);
  return made;
}
