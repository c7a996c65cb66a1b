/** The report's looks, light and dark. Marks take their colours by class, so that plots follow the scheme too. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f7f7f5; --card: #ffffff; --ink: #1b1d21; --soft: #5d626b; --line: #e2e3e0; --grid: #ebebe8;
  --main: #3b5bdb; --main-soft: #c9d3f8; --other: #b35c00; --third: #0b7a75; --none: #a3a7ae;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131518; --card: #1b1e22; --ink: #e9eaec; --soft: #a2a8b2; --line: #2e3238; --grid: #282c31;
    --main: #8ea6ff; --main-soft: #2f3d73; --other: #f0a04b; --third: #4fc3bb; --none: #6b717b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums;
}
main { max-width: 1080px; margin: 0 auto; padding: 48px 24px 72px; }
header p { margin: 0; color: var(--soft); }
header .product { font-size: 13px; letter-spacing: .08em; text-transform: uppercase; }
h1 { font-size: 32px; line-height: 1.2; margin: 6px 0 8px; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 0 0 2px; letter-spacing: -.005em; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 22px 24px; margin-top: 20px; }
section > p { margin: 0 0 14px; color: var(--soft); max-width: 72ch; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 16px; margin-top: 28px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; }
.tile b { display: block; font-size: 30px; font-weight: 600; line-height: 1.2; letter-spacing: -.02em; }
.tile span { display: block; }
.tile .note { color: var(--soft); font-size: 13px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 20px; }
.columns > section { margin-top: 20px; }
.columns + section, .columns + .columns { margin-top: 0; }
figure { margin: 0; }
.plot { overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
svg.narrow { max-width: 440px; margin: 0 auto; }
.plot + svg.narrow { margin-top: 28px; }
.plot:focus-visible, .scroll:focus-visible { outline: 2px solid var(--main); outline-offset: 4px; border-radius: 4px; }
text { fill: var(--ink); font-size: 13px; font-family: inherit; }
text.soft { fill: var(--soft); font-size: 12px; }
text.inside { font-size: 15px; font-weight: 600; }
.grid { stroke: var(--grid); } .axis { stroke: var(--line); }
.chance { stroke: var(--soft); stroke-dasharray: 3 3; }
.interval { stroke: var(--main-soft); stroke-width: 7; stroke-linecap: round; }
.dot { fill: var(--main); stroke: var(--card); stroke-width: 2; }
.ring { fill: var(--card); stroke: var(--other); stroke-width: 2; }
.bar { fill: var(--main); } .bar.other { fill: var(--other); } .bar.third { fill: var(--third); } .bar.none { fill: var(--none); }
.cell { fill: var(--main); stroke: var(--card); stroke-width: 3; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 10px; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend svg { display: inline-block; width: 14px; height: 14px; vertical-align: -2px; margin-right: 6px; }
details { margin-top: 14px; } summary { cursor: pointer; color: var(--soft); font-size: 13px; }
summary:focus-visible { outline: 2px solid var(--main); outline-offset: 3px; border-radius: 3px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 10px; font-size: 13px; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 400; }
.facts th { color: var(--soft); } .facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
code { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
@media print { body { background: none; } section, .tile { break-inside: avoid; } }
`;
