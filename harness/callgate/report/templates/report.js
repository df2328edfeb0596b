"use strict";
(() => {
  const form = document.getElementById("filter");
  const flips = [...document.querySelectorAll("[data-flip]")];
  const count = document.getElementById("count");
  const holds = (flip, field) => {
    const wanted = field.value.trim();
    if (!wanted) return true;
    if (field.dataset.attribute) return flip.dataset.segments.includes(`|${field.dataset.attribute}=${wanted}|`);
    if (field.dataset.by === "graders") return flip.dataset.graders.includes(`|${wanted}|`);
    if (field.dataset.by === "way") return flip.dataset.way.split(" ").includes(wanted);
    if (field.dataset.by === "case") return flip.dataset.case.includes(wanted.toLowerCase());
    return flip.dataset[field.dataset.by] === wanted;
  };
  const filter = () => {
    const fields = [...form.elements].filter((field) => field.matches("select, input"));
    let shown = 0;
    for (const flip of flips) {
      flip.hidden = !fields.every((field) => holds(flip, field));
      shown += !flip.hidden;
    }
    count.textContent = shown === flips.length ? `${shown} shown` : `${shown} of ${flips.length} shown`;
  };
  if (form) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }
  const open = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const call = target && target.closest("details.call");
    if (!call) return;
    call.hidden = false;
    call.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = flips.filter((flip) => flip.matches("details:not([open])") && !flip.hidden);
    for (const flip of closed) flip.open = true;
  });
  addEventListener("afterprint", () => {
    for (const flip of closed) flip.open = false;
  });
})();
