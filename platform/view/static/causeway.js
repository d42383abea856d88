// What a page does better with a script. Every page works without it.

// The summary of what is wrong takes the focus, and its links go to the field.
const summary = document.querySelector(".govuk-error-summary");
if (summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const input = field.matches("input, select, textarea, button") ? field : field.querySelector("input, select, textarea");
    const label = (input ?? field).closest("fieldset")?.querySelector("legend") ?? document.querySelector(`label[for="${CSS.escape(field.id)}"]`) ?? field;
    label.scrollIntoView();
    (input ?? field).focus({ preventScroll: true });
  });
} else {
  document.querySelector(".govuk-notification-banner[role='alert']")?.setAttribute("tabindex", "-1");
  document.querySelector(".govuk-notification-banner[role='alert']")?.focus();
}

// A button that is pressed twice sends once.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.hasAttribute("data-prevent-double-click")) return;
  if (button.dataset.sent) {
    event.preventDefault();
    return;
  }
  button.dataset.sent = "yes";
  setTimeout(() => delete button.dataset.sent, 2000);
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-sent]")) delete button.dataset.sent;
});

// A link that looks like a button is pressed with the space bar too.
document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target.matches("a[role='button']")) {
    event.preventDefault();
    event.target.click();
  }
});

// Menus close with Escape, and when the focus or the pointer goes elsewhere.
const menu = document.querySelector(".cw-menu");
if (menu) {
  const close = (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  };
  document.addEventListener("click", close);
  document.addEventListener("focusin", close);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// What was typed into a form that saves a page, and not sent: it is saved before the
// session ends, as if the button had been pressed, and does not make it longer.
const form = document.querySelector("form[data-cw-save]");
const typed = () => new URLSearchParams(new FormData(form));
const drawn = form && typed().toString();
const save = () => {
  if (!form || typed().toString() === drawn) return;
  fetch(form.action, { method: "POST", body: typed(), headers: { "Causeway-Away": "1" }, redirect: "manual" }).catch(() => {});
};

// Two minutes before the session ends: save, and ask. The server alone decides when it ends.
const timeout = document.querySelector("[data-cw-timeout]");
if (timeout) {
  const seconds = Number(timeout.dataset.cwTimeout);
  let end = 0;
  const start = () => {
    end = Date.now() + seconds * 1000;
  };
  start();
  setInterval(() => {
    const left = end - Date.now();
    if (left <= 0) location.assign("/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
    else if (left <= 120_000 && !timeout.open) {
      save();
      timeout.showModal();
    }
  }, 5000);
  timeout.querySelector("[data-cw-extend]").addEventListener("click", async (event) => {
    try {
      const answer = await fetch(event.currentTarget.dataset.cwExtend, { method: "POST" });
      if (!answer.ok) throw new Error(String(answer.status));
      start();
      timeout.close();
    } catch {
      location.reload(); // signed out, or no network: the page says which
    }
  });
}
