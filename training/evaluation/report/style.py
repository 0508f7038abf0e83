"""The report's style sheet.

Colours are those of Okabe and Ito (jfly.uni-koeln.de/color), lighter ones by night; dashes tell lines apart without
them.
"""

STYLE = """
:root{color-scheme:light dark;--line:light-dark(#d5d9de,#3a4048);--soft:light-dark(#f5f6f8,#1d2126);
--faint:light-dark(#5b6570,#9aa5b1);--ink:light-dark(#16191d,#e6e9ec);--paper:light-dark(#fff,#14171a);
--c0:light-dark(#0072b2,#56b4e9);--c1:light-dark(#d55e00,#ff8a3d);--c2:light-dark(#009e73,#2fd3a5);
--c3:light-dark(#a8578a,#e39cc6);--c4:light-dark(#b37400,#e69f00);--c5:light-dark(#555,#bbb)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.5rem;font:1rem/1.45 system-ui,sans-serif;color:var(--ink);
background:var(--paper)}
h1{font-size:1.5rem;margin:0 0 .6rem}h2{font-size:1.15rem;margin:0 0 .4rem}p{margin:.3rem 0 .6rem;max-width:60rem}
.verdict{font-size:1.2rem;line-height:1.4;border-left:.35rem solid var(--c0);padding:.2rem 0 .2rem .9rem}
.against,.few{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem;background:var(--soft)}
.against b{margin-right:.4rem}.better b{color:var(--c2)}.worse b{color:var(--c1)}
section{margin-top:2rem;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem;margin-top:1.2rem}
.tiles div{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .7rem;background:var(--soft)}
.tiles b{display:block;font-size:1.4rem;font-variant-numeric:tabular-nums}
small{display:block;font-weight:400;font-size:.78rem;line-height:1.3;color:var(--faint)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .55rem;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
th{font-weight:600}td{overflow-wrap:anywhere}.n{text-align:right}.n,th,.keep{white-space:nowrap}
thead th{border-bottom:2px solid var(--line);vertical-align:bottom}tfoot th,tfoot td{border-top:2px solid var(--line)}
.matrix th,.matrix td{padding:.15rem .3rem;font-size:.85rem}
.shade{background:color-mix(in srgb,var(--c1) calc(var(--share)*45%),transparent)}
.shade.right{background:color-mix(in srgb,var(--c0) calc(var(--share)*45%),transparent);
outline:1.5px solid var(--c0);outline-offset:-2px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1rem;align-items:start}
figure{margin:0}.charts>div{overflow-x:auto}.chart{width:100%;max-width:36rem;height:auto;font-size:12px}
.chart text{fill:var(--faint)}.chart .note{fill:var(--ink);stroke:var(--paper);
stroke-width:4px;paint-order:stroke}
.grid{stroke:var(--line);stroke-width:1;fill:none}.frame{stroke:var(--faint);stroke-width:1;fill:none}
.line{fill:none;stroke-width:2}.stroke{fill:none;stroke-width:1.5;stroke-opacity:.75}
.band{fill:var(--c0);fill-opacity:.14}.mark{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 3;fill:none}
.bound{stroke:var(--faint);stroke-width:1.5;stroke-dasharray:5 4}
.s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}.s4{stroke:var(--c4)}
.s5{stroke:var(--c5)}.line.s1{stroke-dasharray:8 4}.line.s2{stroke-dasharray:2 3}.line.s3{stroke-dasharray:10 3 2 3}
.line.s4{stroke-dasharray:5 2}.line.s5{stroke-dasharray:12 6}.dot.s0{fill:var(--c0)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;font-size:.85rem}
.legend svg{width:30px;height:8px;margin-right:.4rem}
.interval{width:120px;height:14px;vertical-align:middle}.scale{stroke:var(--line);fill:none}
.reach{stroke:var(--c0);stroke-width:3;fill:none}.interval circle{fill:var(--c0)}
.gallery{display:flex;flex-wrap:wrap;gap:1rem}.gallery figure div{position:relative}
.gallery img,.gallery svg{position:absolute;inset:0;width:100%;height:100%}.gallery img{image-rendering:pixelated}
.gallery svg{overflow:visible}
.gallery path{fill:none;stroke:#ff2fa0;stroke-width:1.5;vector-effect:non-scaling-stroke}
.gallery figcaption{max-width:192px;font-size:.85rem;line-height:1.3;margin-top:.25rem;overflow-wrap:anywhere}
ul{margin:.2rem 0;padding-left:1.2rem}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}
*{print-color-adjust:exact}section{overflow:visible}figure,tr,.tiles,.gallery figure{break-inside:avoid}
h2{break-after:avoid}}
"""
