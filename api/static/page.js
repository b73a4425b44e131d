"use strict";
// Everything works without this file: it only keeps the page in place while a check runs.
const result = document.getElementById("result");
const zone = document.querySelector(".zone");
const picture = document.getElementById("picture");
const checker = document.getElementById("checker");

async function send(form) {
  result.setAttribute("aria-busy", "true");
  try {
    const address = form.getAttribute("action") + location.search;
    const answer = await fetch(address, { method: "POST", body: new FormData(form), headers: { "X-Part": "1" } });
    if ((answer.headers.get("content-type") || "").startsWith("text/html")) {
      result.innerHTML = await answer.text();
    } else {
      const problem = await answer.json();
      result.textContent = document.documentElement.lang === "en" ? problem.en : problem.zh;
    }
  } catch {
    result.textContent = document.documentElement.lang === "en" ? "The server does not answer." : "服务器没有响应。";
  }
  result.removeAttribute("aria-busy");
  result.scrollIntoView({ behavior: "smooth", block: "nearest" });
  result.focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target);
});

picture.addEventListener("change", () => {
  if (picture.files.length) send(checker).then(() => { picture.value = ""; });
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  zone.addEventListener(kind, (event) => {
    event.preventDefault();
    zone.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      picture.files = event.dataTransfer.files;
      picture.dispatchEvent(new Event("change"));
    }
  });
}

// A wallet's link: what is behind it is sealed, and the key after the # stays in this browser.
if (location.pathname.startsWith("/p/") && location.hash.length > 1) {
  const key = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  openLink(key);
}

async function openLink(key) {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const answer = await fetch(location.pathname, { method: "POST" });
  const said = await answer.json();
  if (!answer.ok) {
    result.textContent = document.documentElement.lang === "en" ? said.en : said.zh;
    return;
  }
  const sealed = bytes(said.sealed);
  const opened = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: sealed.slice(0, 12), additionalData: new TextEncoder().encode("zt-link") },
    await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["decrypt"]),
    sealed.slice(12));
  document.getElementById("text").value = new TextDecoder().decode(opened);
}
