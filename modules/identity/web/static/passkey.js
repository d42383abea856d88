// Makes or uses a passkey for a form that asks for one, and sends it the answer.
//
// The form has data-passkey ("create" or "get"), data-options (WebAuthn's JSON
// form), a hidden field "response", an element [data-passkey-problem] in which
// to say what went wrong, and the sentences data-unsupported, data-cancelled,
// data-exists, data-insecure and data-failed.

const bytes = (text) => {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (c) => c.charCodeAt(0));
};

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const descriptors = (list) => list?.map((d) => ({ ...d, id: bytes(d.id) }));

const creation = (o) => ({
  ...o,
  challenge: bytes(o.challenge),
  user: { ...o.user, id: bytes(o.user.id) },
  excludeCredentials: descriptors(o.excludeCredentials) ?? [],
});

const request = (o) => ({ ...o, challenge: bytes(o.challenge), allowCredentials: descriptors(o.allowCredentials) ?? [] });

// What PublicKeyCredential.toJSON would give; not every browser has it.
const answer = (c) => {
  const r = c.response;
  const response = { clientDataJSON: text(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = text(r.attestationObject);
    response.transports = r.getTransports?.() ?? [];
  } else {
    response.authenticatorData = text(r.authenticatorData);
    response.signature = text(r.signature);
    if (r.userHandle) response.userHandle = text(r.userHandle);
  }
  return {
    id: c.id,
    rawId: text(c.rawId),
    type: c.type,
    response,
    clientExtensionResults: c.getClientExtensionResults(),
    ...(c.authenticatorAttachment && { authenticatorAttachment: c.authenticatorAttachment }),
  };
};

const sentence = (form, error) => {
  switch (error.name) {
    case "NotAllowedError":
    case "AbortError":
      return form.dataset.cancelled;
    case "InvalidStateError":
      return form.dataset.exists;
    case "SecurityError":
      return form.dataset.insecure;
    case "NotSupportedError":
    case "ConstraintError":
      return form.dataset.unsupported;
  }
  return form.dataset.failed;
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const problem = document.querySelector("[data-passkey-problem]");
  const button = form.querySelector("button[type='submit']");

  const say = (words) => {
    problem.querySelector("[data-passkey-words]").textContent = words;
    problem.hidden = false;
    problem.focus();
  };

  const clear = () => {
    problem.hidden = true;
    for (const old of document.querySelectorAll(".govuk-error-summary:not([data-passkey-problem])")) old.remove();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    clear();
    if (!window.isSecureContext) return say(form.dataset.insecure);
    if (!window.PublicKeyCredential || !navigator.credentials) return say(form.dataset.unsupported);
    button.disabled = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const credential =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: creation(options) })
          : await navigator.credentials.get({ publicKey: request(options) });
      form.elements.response.value = JSON.stringify(answer(credential));
      form.submit();
    } catch (error) {
      button.disabled = false;
      say(sentence(form, error));
    }
  });
}

// A page that comes back from the browser's memory holds a challenge that was
// used: it needs a new one.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
