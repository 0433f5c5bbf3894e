// The report's style sheet: both themes, paper, and screens from 320 px. Colours for data follow
// Okabe and Ito's palette, which people with colour blindness tell apart, darkened for white
// ground.
#include "evaluate/report/sections.h"

namespace signflip::report {

std::string_view style_sheet() {
  return R"css(
:root {
  color-scheme: light dark;
  --ground: #fff; --text: #1b1d21; --soft: #565a62; --line: #d9d7d1; --sunken: #f4f3ef; --accent: #1d5cb8;
  --warning: #fcebdc; --warning-edge: #a84c06;
  --hit: 29 92 184; --miss: 214 94 0;
  --c0: #0072b2; --c1: #d55e00; --c2: #007a5a; --c3: #a8467f; --c4: #8a5a00; --c5: #3d3d3d; --c6: #1591c4; --c7: #6a3d9a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121316; --text: #ecebe7; --soft: #a9aeb8; --line: #34383f; --sunken: #1d2025; --accent: #84b6ff;
    --warning: #3b2817; --warning-edge: #ffa458;
    --hit: 86 150 240; --miss: 255 138 60;
    --c0: #56b4e9; --c1: #ff8a3c; --c2: #2fc99a; --c3: #e79ac6; --c4: #f0b93a; --c5: #dcdcdc; --c6: #8fd3f4; --c7: #b79cf0;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 3rem; max-width: 84rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: 0 0 0.25rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 0.5rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 0.5rem; } h4 { font-size: 1rem; margin: 1.25rem 0 0.5rem; }
h5 { font-size: 0.9375rem; margin: 0.75rem 0 0.25rem; }
h1, h2, h3, h4, h5, p, li, summary { overflow-wrap: anywhere; }
p { margin: 0.5rem 0; max-width: 46rem; } .note, small, caption, figcaption { color: var(--soft); font-size: 0.875rem; } td small { font-size: 0.8125rem; }
a { color: var(--accent); } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0.75rem 0 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: 0.25rem 0; }

.remarks { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.6rem; max-width: 60rem; }
.remarks > li { padding: 0.6rem 0.9rem; border-left: 4px solid var(--line); background: var(--sunken); border-radius: 0 0.4rem 0.4rem 0; }
.remarks > li.warning { background: var(--warning); border-color: var(--warning-edge); }
.remarks p { margin: 0.15rem 0 0; max-width: none; } .remarks ul { margin: 0.3rem 0 0; padding-left: 1.1rem; } .remarks ul li { margin: 0.1rem 0; }

.scroll { overflow-x: auto; margin: 0.75rem 0; max-width: 100%; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.35rem; }
th, td { padding: 0.3rem 0.55rem; vertical-align: top; border-bottom: 1px solid var(--line); text-align: left; font-weight: inherit; }
thead th { vertical-align: bottom; font-weight: 650; border-bottom-width: 2px; }
thead th:not(:first-child) { max-width: 11rem; }
.number { text-align: right; white-space: nowrap; overflow-wrap: normal; } thead .number { white-space: normal; }
.words { min-width: 8rem; max-width: 26rem; } tbody .words:first-child { min-width: 9.5rem; }
td small { display: block; white-space: normal; line-height: 1.3; overflow-wrap: break-word; }
.number small { max-width: 12rem; margin-left: auto; }
tbody tr:hover > :not([colspan]) { background: var(--sunken); }
tr.heading th { background: var(--sunken); font-weight: 650; }
tr.worst > * { font-weight: 650; border-top: 1px solid var(--soft); } tr.undone > * { color: var(--soft); }
.lowest, .highest { font-size: 0.8rem; font-weight: 600; } .lowest { color: var(--warning-edge); } .highest { color: var(--accent); }
.bar { display: block; height: 4px; min-width: 4rem; margin: 2px 0; border-radius: 2px; background: var(--line); }
.bar > span { display: block; height: 100%; border-radius: 2px; background: var(--c0); }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.875em; }

details { margin: 0.6rem 0; } summary { cursor: pointer; padding: 0.2rem 0; }
.plots, .matrices { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); align-items: start; }
.plots > *, .matrices > * { min-width: 0; }
figure { margin: 0.5rem 0; max-width: 30rem; } figcaption { margin-bottom: 0.25rem; }
figure > svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--text); font-variant-numeric: tabular-nums; }
svg .x { text-anchor: middle; } svg .y { text-anchor: end; }
.grid { stroke: var(--line); } .axis, .tick { stroke: var(--soft); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.m { stroke: var(--ground); stroke-width: 1; } .crossed { stroke: var(--c1); stroke-width: 1.5; stroke-dasharray: 3 3; }
.line.s0 { stroke: var(--c0); } .line.s1 { stroke: var(--c1); stroke-dasharray: 7 3; } .line.s2 { stroke: var(--c2); stroke-dasharray: 2 3; }
.line.s3 { stroke: var(--c3); stroke-dasharray: 9 3 2 3; } .line.s4 { stroke: var(--c4); stroke-dasharray: 12 4; } .line.s5 { stroke: var(--c5); }
.line.s6 { stroke: var(--c6); stroke-dasharray: 5 2; } .line.s7 { stroke: var(--c7); stroke-dasharray: 9 3 2 3 2 3; }
.m.s0 { fill: var(--c0); } .m.s1 { fill: var(--c1); } .m.s2 { fill: var(--c2); } .m.s3 { fill: var(--c3); }
.m.s4 { fill: var(--c4); } .m.s5 { fill: var(--c5); } .m.s6 { fill: var(--c6); } .m.s7 { fill: var(--c7); }
.legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; margin: 0.35rem 0; padding: 0; list-style: none; font-size: 0.875rem; }
.legend li { display: flex; gap: 0.4rem; } .legend svg { flex: none; width: 30px; height: 12px; margin-top: 0.3em; }

.confusion { font-size: 0.8125rem; } .confusion th, .confusion td { padding: 0.25rem 0.3rem; min-width: 1.9rem; text-align: center; border: 1px solid var(--line); white-space: nowrap; overflow-wrap: normal; }
.confusion thead td { border: 0; } .confusion thead th { max-width: none; } .confusion .side { border: 0; padding: 0; min-width: 1.4rem; vertical-align: middle; }
.confusion .side span { writing-mode: vertical-rl; rotate: 180deg; font-weight: 650; }
.confusion tbody tr:hover > * { background: none; }
.confusion td.hit, .confusion tbody tr:hover > td.hit { background: rgb(var(--hit) / var(--share, 0)); } .confusion td.miss, .confusion tbody tr:hover > td.miss { background: rgb(var(--miss) / var(--share, 0)); }
.none { color: var(--soft); }
.heat svg { max-width: 30rem; } .heat .frame { fill: none; stroke: var(--line); } .heat .hit { fill: rgb(var(--hit)); } .heat .miss { fill: rgb(var(--miss)); }
footer { margin-top: 3rem; padding-top: 0.75rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.875rem; }

@media (max-width: 40rem) {
  th, td { padding: 0.3rem 0.45rem; } .words, tbody .words:first-child { min-width: 6.5rem; } .note, small, caption { font-size: 0.8125rem; }
  .confusion { font-size: 0.6875rem; } .confusion th, .confusion td { padding: 0.2rem 0.1rem; min-width: 1.4rem; } .confusion .side { min-width: 1rem; }
}
@media print {
  :root {
    font-size: 7.5pt;
    --ground: #fff; --text: #000; --soft: #444; --line: #ccc; --sunken: #f4f3ef; --accent: #000; --warning: #fcebdc; --warning-edge: #a84c06;
    --hit: 29 92 184; --miss: 214 94 0;
    --c0: #0072b2; --c1: #d55e00; --c2: #007a5a; --c3: #a8467f; --c4: #8a5a00; --c5: #3d3d3d; --c6: #1591c4; --c7: #6a3d9a;
  }
  body { max-width: none; padding: 0; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  nav { display: none; } .scroll { overflow: visible; } th, td { padding: 0.2rem 0.3rem; } .words, tbody .words:first-child { min-width: 0; }
  details::details-content { content-visibility: visible; block-size: auto; }
  figure, tr, .remarks > li, .confusion { break-inside: avoid; } h2, h3, h4, summary, caption { break-after: avoid; }
  .plots, .matrices { grid-template-columns: 1fr 1fr; }
}
)css";
}

std::string_view picture_style() {
  return R"css(
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1b1d21; } .heading { font-weight: 650; font-size: 11px; }
.x { text-anchor: middle; } .y { text-anchor: end; }
.grid { stroke: #d9d7d1; } .axis, .tick { stroke: #565a62; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.m { stroke: #fff; stroke-width: 1; } .crossed { stroke: #d55e00; stroke-width: 1.5; stroke-dasharray: 3 3; }
.line.s0 { stroke: #0072b2; } .line.s1 { stroke: #d55e00; stroke-dasharray: 7 3; } .line.s2 { stroke: #007a5a; stroke-dasharray: 2 3; }
.line.s3 { stroke: #a8467f; stroke-dasharray: 9 3 2 3; } .line.s4 { stroke: #8a5a00; stroke-dasharray: 12 4; } .line.s5 { stroke: #3d3d3d; }
.line.s6 { stroke: #1591c4; stroke-dasharray: 5 2; } .line.s7 { stroke: #6a3d9a; stroke-dasharray: 9 3 2 3 2 3; }
.m.s0 { fill: #0072b2; } .m.s1 { fill: #d55e00; } .m.s2 { fill: #007a5a; } .m.s3 { fill: #a8467f; }
.m.s4 { fill: #8a5a00; } .m.s5 { fill: #3d3d3d; } .m.s6 { fill: #1591c4; } .m.s7 { fill: #6a3d9a; }
)css";
}

}  // namespace signflip::report
