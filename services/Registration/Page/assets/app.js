// The page works without this. With it: errors appear beside their fields at once, a refused form keeps its password,
// the password can be shown, whether the name is free shows while it is typed, and an invite link (…/register/#code=…) fills in the code.

const byId = id => document.getElementById(id);

function show(input, message) {
  byId(`${input.id}-error`).textContent = message;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function problem(input) {
  const { validity, dataset } = input;
  if (validity.valueMissing || !input.value.trim()) return dataset.missing;
  if (validity.patternMismatch) return dataset.mismatch;
  // validity.tooShort speaks only of what a person typed, not of what a script or the browser filled in.
  if (input.minLength > 0 && input.value.length < input.minLength) return dataset.short;
  return "";
}

function fillInCode(form) {
  const fragment = new URLSearchParams(location.hash.slice(1));
  // The code does not stay in the address bar, where it would be seen, bookmarked and shared. A page that is loaded again, as phones
  // do when somebody comes back from another app, still has it.
  const isNew = fragment.has("code");
  if (isNew) history.replaceState({ code: fragment.get("code"), name: fragment.get("name") }, "", location.pathname);
  if (!history.state?.code) return;
  form.invite_code.value = history.state.code;
  if (history.state.name && (isNew || !form.username.value)) form.username.value = history.state.name;
}

function addToggle(password) {
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "toggle";
  const label = () => {
    const hidden = password.type === "password";
    toggle.textContent = hidden ? "Show" : "Hide";
    toggle.setAttribute("aria-label", hidden ? "Show password" : "Hide password");
  };
  toggle.addEventListener("click", () => {
    password.type = password.type === "password" ? "text" : "password";
    label();
  });
  label();
  password.after(toggle);
}

// Asks whether the name is free, once the typing pauses. What comes late, or not at all, is not shown: sending the form will tell.
function watchName(input) {
  const hint = byId(`${input.id}-hint`);
  const told = document.createElement("span");
  told.className = "free";
  told.setAttribute("role", "status");
  hint.append(" ", told);
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    told.textContent = "";
    timer = setTimeout(async () => {
      const name = input.value.trim().toLowerCase();
      if (!name || problem(input)) return;
      try {
        const response = await fetch(`/register/available?username=${encodeURIComponent(name)}`, { cache: "no-store" });
        const answer = await response.json();
        if (input.value.trim().toLowerCase() !== name) return;
        if (answer.available === false) show(input, answer.error);
        else if (answer.available) told.textContent = "— it is free.";
      } catch {
        // Without an answer nothing is said.
      }
    }, 500);
  });
}

// One renderer, the server's: its answer's <main> takes the place of this one.
async function send(form) {
  const password = form.password.value;
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), cache: "no-store" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("main");
  if (!main) throw new Error(`status ${response.status}`);
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  const next = document.querySelector("form");
  if (!next) {
    history.replaceState(null, "");
    scrollTo(0, 0);
    document.querySelector("h1").focus();
    return;
  }
  next.password.value = password;
  enhance(next);
  // The notice stands above the form, and on a phone out of sight.
  (next.querySelector("[aria-invalid]") ?? byId("notice")).focus();
}

function enhance(form) {
  const inputs = [form.username, form.password, form.invite_code];
  const button = form.querySelector("[type=submit]");
  const preview = () => {
    byId("preview").textContent = `@${form.username.value.trim().toLowerCase() || "name"}:${form.dataset.server}`;
  };

  form.noValidate = true;
  addToggle(form.password);
  preview();
  form.username.addEventListener("input", preview);
  watchName(form.username);
  for (const input of inputs) {
    // Nobody is told off while still typing: only once a field is left, and then until it is right.
    input.addEventListener("blur", () => { if (input.value) show(input, problem(input)); });
    input.addEventListener("input", () => { if (input.hasAttribute("aria-invalid")) show(input, problem(input)); });
  }

  form.addEventListener("submit", async event => {
    event.preventDefault();
    for (const input of inputs) show(input, problem(input));
    const wrong = inputs.find(input => input.hasAttribute("aria-invalid"));
    if (wrong) return wrong.focus();

    button.disabled = true;
    button.textContent = "Creating your account…";
    byId("notice").textContent = "";
    try {
      await send(form);
    } catch {
      byId("notice").textContent = "The server cannot be reached. Check your connection and try again.";
      byId("notice").focus();
      button.disabled = false;
      button.textContent = "Create account";
    }
  });
}

const form = document.querySelector("form[data-server]");
if (form) {
  fillInCode(form);
  enhance(form);
  addEventListener("hashchange", () => {
    const current = document.querySelector("form[data-server]");
    if (!current) return;
    fillInCode(current);
    current.username.dispatchEvent(new Event("input"));
  });
}
