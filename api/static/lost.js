"use strict";
// A client of the one door like any other: PAR, PKCE, DPoP, and the scope `holder`. Its key and tokens live in
// this page; what must outlive the way through /authorize is in sessionStorage until then.
const mine = document.getElementById("mine");
const said = document.getElementById("said");
const CLIENT = `${location.origin}/lost`;
const ES256 = { name: "ECDSA", namedCurve: "P-256" };
let key;
let access;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const utf8 = (text) => new TextEncoder().encode(text);
const digest = async (text) => base64url(await crypto.subtle.digest("SHA-256", utf8(text)));
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function proof(method, path) {
  const { kty, crv, x, y } = key.jwk;
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } };
  const claims = { jti: random(), htm: method, htu: location.origin + path, iat: Math.floor(Date.now() / 1000) };
  if (access) claims.ath = await digest(access);
  const signed = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.secret, utf8(signed));
  return `${signed}.${base64url(signature)}`;
}

async function ask(method, path, body, headers = {}) {
  const sent = { DPoP: await proof(method, path), ...headers };
  if (access) sent.Authorization = `DPoP ${access}`;
  const answer = await fetch(path, { method, body, headers: sent, cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

function say(text) {
  said.textContent = text;
  said.hidden = false;
}

async function begin() {
  const pair = await crypto.subtle.generateKey(ES256, true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
  key = { jwk, secret: pair.privateKey };
  const login = { jwk, state: random(), verifier: random() };
  const pushed = await ask("POST", "/par", new URLSearchParams({
    response_type: "code", client_id: CLIENT, redirect_uri: CLIENT, scope: "holder", state: login.state,
    code_challenge: await digest(login.verifier), code_challenge_method: "S256",
  }));
  sessionStorage.setItem("login", JSON.stringify(login));
  const language = document.documentElement.lang === "en" ? { lang: "en" } : {};
  const query = new URLSearchParams({ client_id: CLIENT, request_uri: pushed.request_uri, ...language });
  location.assign(`/authorize?${query}`);
}

async function finish(given) {
  const login = JSON.parse(sessionStorage.getItem("login") || "{}");
  sessionStorage.removeItem("login");
  history.replaceState(null, "", location.pathname);
  if (!login.state || given.get("state") !== login.state || given.get("iss") !== location.origin) {
    throw new Error("another login's answer");
  }
  if (given.has("error")) {
    say(mine.dataset.refused);
    return;
  }
  key = { jwk: login.jwk, secret: await crypto.subtle.importKey("jwk", login.jwk, ES256, false, ["sign"]) };
  const tokens = await ask("POST", "/token", new URLSearchParams({
    grant_type: "authorization_code", code: given.get("code"), code_verifier: login.verifier,
    client_id: CLIENT, redirect_uri: CLIENT,
  }));
  access = tokens.access_token;
  await list();
}

async function list() {
  const wallets = await ask("GET", "/holder/wallets");
  document.getElementById("wallets").replaceChildren(...wallets.map(shown));
  mine.hidden = false;
}

function shown(wallet) {
  const item = document.createElement("li");
  const day = new Date(wallet.created * 1000).toLocaleDateString(document.documentElement.lang);
  const name = wallet.clients.join(", ") || mine.dataset.unnamed;
  const words = [name, day, `${wallet.credentials} ${mine.dataset.credentials}`];
  if (wallet.this) words.push(mine.dataset.this);
  const button = document.createElement("button");
  button.className = wallet.this ? "quiet" : "danger";
  button.textContent = mine.dataset.withdraw;
  button.addEventListener("click", () => withdraw(wallet).catch(failed));
  item.append(`${words.join(" · ")} `, button);
  return item;
}

async function withdraw(wallet) {
  const body = JSON.stringify({ wallet: wallet.id });
  const ended = await ask("POST", "/holder/withdraw", body, { "Content-Type": "application/json" });
  say(mine.dataset.done + ended.credentials);
  if (wallet.this) mine.hidden = true;
  else await list();
}

function failed() {
  say(mine.dataset.failed);
}

document.getElementById("login").addEventListener("click", () => begin().catch(failed));
const given = new URLSearchParams(location.search);
if (given.has("state")) finish(given).catch(failed);
