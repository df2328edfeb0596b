"""Forty hostile texts, and decisions that carry one of them in one field."""

from __future__ import annotations

from dataclasses import replace

from callgate.concepts import Missing, Side
from callgate.report.calls import Call
from pages import behind, call, decided, flip

SENTINEL = "window.fired=1"
PAYLOADS = (
    f"<script>{SENTINEL}</script>",
    f"</script><script>{SENTINEL}</script>",
    f"</style><script>{SENTINEL}</script>",
    f"</title><script>{SENTINEL}</script>",
    f"--><script>{SENTINEL}</script><!--",
    f"]]><script>{SENTINEL}</script>",
    f"</details></summary><script>{SENTINEL}</script>",
    f'<img src=x onerror="{SENTINEL}">',
    f"<img/src=x/onerror={SENTINEL}>",
    f"<svg onload={SENTINEL}>",
    f"<svg><script>{SENTINEL}</script></svg>",
    f"<svg><animate onbegin={SENTINEL} attributeName=x dur=1s>",
    f"<body onload={SENTINEL}>",
    f"<input autofocus onfocus={SENTINEL}>",
    f"<details open ontoggle={SENTINEL}>",
    f"<iframe srcdoc='<script>parent.{SENTINEL}</script>'></iframe>",
    f"<iframe src=javascript:parent.{SENTINEL}>",
    f"<object data=javascript:{SENTINEL}>",
    f"<a href=javascript:{SENTINEL}>x</a>",
    f"<math><mi xlink:href=javascript:{SENTINEL}>x</math>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/meta'>",
    "<base href=http://127.0.0.1:9/>",
    "<link rel=stylesheet href=http://127.0.0.1:9/style.css>",
    "<style>@import 'http://127.0.0.1:9/import.css'</style>",
    "<form action=http://127.0.0.1:9/><button autofocus>x",
    f'" onmouseover="{SENTINEL}" x="',
    f"' autofocus onfocus='{SENTINEL}' x='",
    f"` onclick={SENTINEL} `",
    f"javascript:{SENTINEL}",
    f"{{{{ ''.__class__.__mro__ }}}}{{% print(1) %}}${{{SENTINEL}}}",
    f"\u2028{SENTINEL}\u2029//",
    "\x1b]8;;http://127.0.0.1:9/\x07click\x1b]8;;\x07\x1b[2J\x1b[31m",
    "\u202egnp.exe\u2066 \x00\x08\x9b31m",
    "::error file=x::owned\n::set-output name=a::b",
    "[click](http://127.0.0.1:9/) ![pixel](http://127.0.0.1:9/p.png) <http://127.0.0.1:9/>",
    "@everyone @team/owners #1 GH-1 https://127.0.0.1:9/x",
    "`code` | cell | **bold**\n\n# heading\n\n- item\n\n```\nfence\n```",
    '=HYPERLINK("http://127.0.0.1:9/","x")',
    "+1+cmd|' /C calc'!A0",
    f"<scr\x00ipt>{SENTINEL}</scr\x00ipt><ScRiPt >{SENTINEL}</sCrIpT>",
)
FIELDS = ("reply", "case id", "segment", "model", "error", "prompt name", "rationale", "file", "branch")


def carrying(text: str, *fields: str):
    """A blocked decision and what lies behind it, with `text` in some fields and ordinary words in the others."""
    put = {name: text if name in fields else word for name, word in zip(FIELDS, _ORDINARY, strict=True)}
    segments = {"language": put["segment"], "call_type": "booking"}
    model, case = put["model"], put["case id"]
    one = flip(case, model=model, why=put["rationale"], **segments)
    other = flip(f"{case}-other", model=model, grader=put["rationale"], why=put["rationale"], **segments)
    decision = decided(
        flips=[one, other],
        name=put["file"],
        model=model,
        new_cases=(case,),
        baseline=_side(put["branch"], put["file"]),
        candidate=_side(put["prompt name"], put["file"]),
        reasons=(f"language={put['segment']} fell 14.4 points.", f"{case} {put['rationale']}"),
        missing=_missing(put),
        digests={put["file"]: put["branch"]},
    )
    rows = tuple(_renamed(row, segments) for row in decision.comparisons)
    decision = decided(
        **{name: getattr(decision, name) for name in _KEPT}, comparisons=rows, name=put["file"], model=model
    )
    opened: Call = call(
        case,
        candidate=put["reply"],
        why=put["rationale"],
        model=model,
        title=put["reply"],
        caller=put["reply"],
        error=put["error"],
        segments=segments,
    )
    return decision, behind(opened, prompts=("Be kind.", put["prompt name"]), model=model)


_ORDINARY = (
    "Claro que sí.",
    "es-031",
    "es",
    "sim/receptionist-small",
    "timeout",
    "v3",
    "replied in English",
    "receptionist",
    "main",
)
_KEPT = ("flips", "new_cases", "baseline", "candidate", "reasons", "missing", "digests")


def _side(name, source):
    return Side(name, "0" * 10, source)


def _missing(put):
    where = f"{put['case id']}/book"
    return Missing(10, 9, {"timeout": 1}, (put["error"],), {where: put["error"]}, 1, {put["rationale"]: 2})


def _renamed(row, segments):
    return replace(row, segment={key: segments[key] for key in row.segment if key in segments} or row.segment)
