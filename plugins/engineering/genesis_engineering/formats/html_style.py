"""How the HTML report looks: by light and by dark, on a narrow screen and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --soft: #f3f4f6; --edge: #d5d9de;
  --dim: #59636e; --high: #b3261e; --medium: #8a5a00; --low: #1d5fa8; --info: #59636e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --paper: #16191d; --soft: #20252b; --edge: #3a4149; --dim: #9aa4af;
    --high: #ff8a80; --medium: #f2bd5b; --low: #8bbcf5; --info: #9aa4af; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; }
h3 { margin: 0; font-size: 1rem; font-weight: 400; overflow-wrap: anywhere; }
.headline { margin: .25rem 0 1rem; color: var(--dim); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .5rem; }
.chip { display: inline-block; padding: 0 .6em; border: 1px solid currentColor; border-radius: 1em;
  font-size: .8rem; font-weight: 600; text-decoration: none; color: var(--info); }
.chip.high { color: var(--high); } .chip.medium { color: var(--medium); }
.chip.low { color: var(--low); } .chip.new { color: var(--paper); background: var(--ink); }
.finding { margin: .75rem 0; padding: .75rem 1rem; border: 1px solid var(--edge);
  border-radius: .5rem; break-inside: avoid; }
.rule { font-weight: 600; } .message { margin: .4rem 0; white-space: pre-wrap;
  overflow-wrap: anywhere; }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
.evidence { max-height: 18rem; overflow: auto; margin: .4rem 0; padding: .5rem .75rem;
  background: var(--soft); border-radius: .3rem; }
.check, .more { margin: .4rem 0 0; color: var(--dim); overflow-wrap: anywhere; }
@media print { :root { --ink: #000; --paper: #fff; --soft: #fff; --edge: #999; --dim: #333;
    --high: #8f1d17; --medium: #6b4600; --low: #154a85; --info: #333; }
  main { max-width: none; padding: 0; } nav { display: none; }
  .evidence { max-height: none; overflow: visible; white-space: pre-wrap;
    overflow-wrap: anywhere; border: 1px solid var(--edge); } }
"""
