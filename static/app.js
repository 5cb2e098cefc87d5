// Copy buttons, menus, keys, focus after a swap. Every page works without this file.
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  // Browser storage may be switched off; then nothing is remembered.
  const store = (kind, name, value) => {
    try {
      if (value === undefined) return window[kind].getItem(name);
      value === null ? window[kind].removeItem(name) : window[kind].setItem(name, value);
    } catch { return null; }
  };
  const keysOff = () => store("localStorage", "daybook-keys") === "off";
  const say = (text) => {
    const place = $("#announce");
    if (!place) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = text; }, 50);
  };
  document.documentElement.classList.add("js");

  // Before htmx reads it: this file comes first, and so does its listener. What must hold without it stands in the page.
  document.addEventListener("DOMContentLoaded", () => {
    if (window.htmx) Object.assign(htmx.config, {
      includeIndicatorStyles: false, refreshOnHistoryMiss: true, scrollIntoViewOnBoost: false,
      responseHandling: [
        { code: "204", swap: false }, { code: "[23]..", swap: true }, { code: "400|422", swap: true },
        { code: "[45]..", swap: true, error: true },
      ],
    });
  });

  // Wide enough, the filters stand in the page: a drawer that was open when a tablet was turned is none any more.
  matchMedia("(width >= 75rem)").addEventListener("change", (e) => { if (e.matches) $("#rail[popover]")?.hidePopover?.(); });

  addEventListener("DOMContentLoaded", () => {
    const off = $("#keys-off"), here = $("[data-here]");
    if (off) off.checked = keysOff();
    if ($("#said")) say($("#said").textContent);
    if (here) {
      here.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
      $("span", here).textContent = `This device’s zone: ${here.value}`;
    }
  });

  // The browser knows every zone: listing them in each page would double its weight.
  addEventListener("focusin", ({ target }) => {
    const list = target.list?.id === "zones" && target.list;
    if (list && !list.firstChild) list.append(...Intl.supportedValuesOf("timeZone").map((zone) => new Option("", zone)));
  });

  const copy = async (button) => {
    const { copy: text, copyFrom, copyLink } = button.dataset, source = copyFrom && $(copyFrom);
    const value = copyLink ? new URL(copyLink, location).href : source ? source.value ?? source.textContent : text;
    let copied = true;
    try { await navigator.clipboard.writeText(value); } catch {
      // Without https there is no clipboard to write to.
      const box = Object.assign(document.createElement("textarea"), { value });
      document.body.append(box);
      box.select();
      copied = document.execCommand("copy");
      box.remove();
      button.focus();
    }
    say(copied ? "Copied" : "Not copied: this browser refused");
    if (!copied) return;
    if (button.dataset.busy) return;
    button.dataset.busy = 1;
    const use = $("use", button), label = $("span", button), icon = use?.getAttribute("href"), word = label?.textContent;
    use?.setAttribute("href", icon.replace(/#.*/, "#check"));
    if (label) label.textContent = "Copied";
    setTimeout(() => {
      use?.setAttribute("href", icon);
      if (label) label.textContent = word;
      delete button.dataset.busy;
    }, 1600);
  };

  const closeMenus = (but) => document.querySelectorAll(".menu[open]").forEach((menu) => { if (!menu.contains(but)) menu.open = false; });
  addEventListener("focusin", (e) => closeMenus(e.target));
  addEventListener("click", (e) => {
    const button = e.target.closest("[data-copy],[data-copy-from],[data-copy-link]");
    if (button) copy(button);
    closeMenus(e.target);
    // A link to a field inside the closed filter drawer opens the drawer.
    const hash = e.target.closest('a[href^="#"]')?.hash, field = hash?.length > 1 && $(hash), drawer = field && field.closest("[popover]");
    if (drawer && !drawer.checkVisibility()) { e.preventDefault(); drawer.showPopover(); field.focus(); }
  });

  // Which member: the radios, the text field and the boxes of further members are one choice.
  addEventListener("change", (e) => {
    const { id, name, type, checked } = e.target, field = $("#f-member");
    if (id === "keys-off") store("localStorage", "daybook-keys", checked ? "off" : null);
    if (id === "f-one") field.focus();
    else if (name === "member" && type === "radio" && field) {
      field.value = "";
      document.querySelectorAll("#f-who .check:has([type=checkbox])").forEach((box) => box.remove());
    }
  }, true);
  // An export has a column at least.
  addEventListener("change", ({ target }) => {
    const boxes = target.closest(".export form")?.querySelectorAll(":scope [type=checkbox]");
    if (boxes) boxes[0].required = ![...boxes].some((box) => box.checked);
  });
  // A custom range begins as the one that is shown.
  addEventListener("change", ({ target: { name, value } }) => {
    const { from, to } = $(".asof time")?.dataset ?? {};
    if (name !== "range" || value !== "custom" || !to) return;
    $("#from").value = from;
    $("#to").value = to;
  });
  addEventListener("input", ({ target }) => { if (target.id === "f-member" && target.value) $("#f-one").checked = true; });

  let lead = "";
  addEventListener("keydown", (e) => {
    const { key, target } = e, menu = $(".menu[open]");
    if (key === "Escape" && menu) { menu.open = false; $("summary", menu).focus(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || keysOff()) return;
    if (target.closest("input:not([type=checkbox],[type=radio]),select,textarea,[contenteditable]")) return;
    // Behind the panel nothing moves. (Without popovers it stands in the page, and a selector for open ones is an error.)
    if (key !== "?" && CSS.supports("selector(:popover-open)") && $("#keys:popover-open")) return;
    const combined = lead === "g" ? `g ${key}` : key;
    lead = lead ? "" : key === "g" ? key : "";
    if (combined === "j" || combined === "k") {
      const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility()), at = rows.indexOf(document.activeElement);
      const row = rows[key === "j" ? at + 1 : Math.max(at - 1, 0)];
      if (row) { e.preventDefault(); row.focus(); row.scrollIntoView({ block: "nearest" }); }
    } else if (/^([/m?[\]c]|g [aems])$/.test(combined)) {
      const control = $(`[data-key="${combined}"]`);
      if (!control) return;
      e.preventDefault();
      if (control.matches("input")) { control.focus(); control.select(); } else control.click();
    }
  });

  // htmx leaves the last path here, filters and all, whatever its history settings say.
  const forget = () => store("sessionStorage", "htmx-current-path-for-history", null);
  for (const name of ["DOMContentLoaded", "htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore", "pagehide"]) addEventListener(name, forget);
  addEventListener("submit", (e) => { if (e.target.action === `${location.origin}/logout`) forget(); });

  // The forms of the bar lead back to where they stand: to what the list shows by now.
  addEventListener("htmx:pushedIntoHistory", ({ detail }) => {
    for (const next of document.querySelectorAll('form[action^="/account/"] [name="next"]')) next.value = detail.path;
  });

  const offline = (shown) => {
    const note = $("#offline"), results = $("#results");
    if (!note) return;
    note.hidden = !shown;
    shown && results ? results.prepend(note) : document.body.append(note);
    if (shown) say(note.textContent);
  };
  // What comes for a place that is gone meanwhile (the numbers of a list that was left) has no place to go.
  // What was taken out of the page hears of it itself: no event climbs from there.
  const drop = (e) => { if (!e.target.isConnected) e.detail.shouldSwap = false; };
  addEventListener("htmx:beforeRequest", ({ detail }) => detail.target.addEventListener("htmx:beforeSwap", drop));
  // Live asks by itself: where it gets no answer it says so in its own place, moves nothing and tries again.
  const isLive = (e) => e.detail.requestConfig?.elt.id === "newer";
  addEventListener("htmx:beforeRequest", (e) => { if (!isLive(e)) offline(false); });
  for (const name of ["htmx:sendError", "htmx:timeout"]) addEventListener(name, (e) => { if (!isLive(e)) offline(true); });
  addEventListener("htmx:beforeSwap", (e) => { if (isLive(e) && e.detail.xhr.status >= 500) e.detail.shouldSwap = false; });
  addEventListener("htmx:afterRequest", (e) => {
    if (isLive(e)) $("#newer")?.classList.toggle("is-lost", !e.detail.xhr.status || e.detail.xhr.status >= 500);
  });
  // Whoever applies filters in the drawer wants to see what they give; a choice alone leaves it open for the next.
  addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
    if (requestConfig.triggeringEvent?.type === "submit" && xhr.status === 200) $("#rail[popover]")?.hidePopover?.();
  });
  // A control that went with the old results leaves focus nowhere: give it to the new ones.
  addEventListener("htmx:afterSettle", (e) => {
    if (e.target.id === "results" && document.activeElement === document.body) $("#results-h")?.focus({ preventScroll: true });
  });
})();
