"use strict";
// Everything works without this file: it only lets the page go on by itself once a wallet has answered.
const status = document.getElementById("progress");
const words = status.textContent;

async function look() {
  try {
    const answer = await fetch(status.dataset.progress, { cache: "no-store" });
    const { waiting } = await answer.json();
    if (!waiting) {
      location.reload();
      return;
    }
    status.textContent = words;
  } catch {
    status.textContent = status.dataset.lost;
  }
  setTimeout(look, 1500);
}

setTimeout(look, 1500);
