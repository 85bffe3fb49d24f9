// Fetches this very page again and swaps in what changed. The server escapes; nothing is built from text here.
"use strict";

const PERIOD = 2000;
const live = document.getElementById("live");
const words = live.querySelector(".words");

function sayWhen() {
  const steps = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [Infinity, 86400, "day"]];
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    const age = Math.max(0, (Date.now() - moment) / 1000);
    const [, unit, name] = steps.find(([limit]) => age < limit);
    time.textContent = age < 10 ? "just now" : format.format(-Math.floor(age / unit), name);
    time.title = moment.toLocaleString();
  }
}

function ids(root) {
  return [...root.querySelectorAll("#list .entry")].map((entry) => entry.dataset.id);
}

function swap(fresh) {
  const known = new Set(ids(document));
  const incoming = ids(fresh);
  const openBefore = document.getElementById("mail")?.dataset.id;
  const openNow = fresh.getElementById("mail")?.dataset.id;
  if (incoming.length === known.size && incoming.every((id) => known.has(id)) && openBefore === openNow) return;
  document.title = fresh.title;
  const list = document.getElementById("list");
  if (list && openNow) {
    const scrolled = list.scrollTop;
    list.replaceChildren(...fresh.getElementById("list").childNodes);
    list.scrollTop = scrolled;
    // A message that is being read is not loaded anew.
    if (openBefore !== openNow) document.getElementById("mail").replaceWith(fresh.getElementById("mail"));
  } else {
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
  }
  for (const entry of document.querySelectorAll("#list .entry")) {
    if (!known.has(entry.dataset.id)) entry.classList.add("fresh");
  }
}

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (answer.status === 404) return location.assign("/_/mail");
    if (!answer.ok) throw new Error(String(answer.status));
    swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    live.classList.remove("away");
    words.textContent = "Live";
  } catch {
    live.classList.add("away");
    words.textContent = "Server is away, still trying";
  }
  sayWhen();
}

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, PERIOD);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => { button.textContent = label; }, 1200);
});

sayWhen();
setTimeout(keepLooking, PERIOD);
