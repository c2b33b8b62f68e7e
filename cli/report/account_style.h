/* How the page looks: light and dark, on a screen and on paper. */
#ifndef DROVER_REPORT_ACCOUNT_STYLE_H
#define DROVER_REPORT_ACCOUNT_STYLE_H

#define ACCOUNT_STYLE                                                                              \
    ":root{--paper:#fff;--card:#f7f8f7;--ink:#1a2024;--soft:#57636b;--line:#dfe4e2;"               \
    "--good:#1d7f5c;--same:#7d97a8;--bad:#c2372e;--skip:#a87400;--rest:#ccd4d2;--pause:#a87400}\n" \
    "@media(prefers-color-scheme:dark){:root{--paper:#14191b;--card:#1c2325;--ink:#e6ecea;"        \
    "--soft:#9fabb0;--line:#313b3e;--good:#3fb58a;--same:#6f8b9e;--bad:#f0776d;--skip:#dba63d;"    \
    "--rest:#414c50;--pause:#dba63d}}\n"                                                           \
    "@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;"              \
    "--good:#1d7f5c;--same:#7d97a8;--bad:#c2372e;--skip:#a87400;--rest:#ccc;--pause:#a87400}"      \
    "main{padding:0!important;max-width:none!important}"                                           \
    "section,.failure,tr,svg{break-inside:avoid}"                                                  \
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n"                              \
    "@page{size:A4;margin:16mm}\n"                                                                 \
    "*{box-sizing:border-box}\n"                                                                   \
    "body{margin:0;background:var(--paper);color:var(--ink);"                                      \
    "font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",\"Noto Sans\",\"DejaVu Sans\",sans-serif;" \
    "color-scheme:light dark;overflow-wrap:anywhere}\n"                                            \
    "main{max-width:1000px;margin:0 auto;padding:44px 24px 56px}\n"                                \
    "header{border-bottom:2px solid var(--ink);padding-bottom:18px}\n"                             \
    ".kind{margin:0;color:var(--soft);font-size:13px;letter-spacing:.04em}\n"                      \
    "h1{margin:4px 0 10px;font-size:34px;line-height:1.15;letter-spacing:-.02em;"                  \
    "font-weight:650}\n"                                                                           \
    "h2{margin:36px 0 12px;font-size:18px;font-weight:650}\n"                                      \
    "h3{margin:0 0 6px;font-size:15px;font-weight:650}\n"                                          \
    "p{margin:0 0 6px}.soft{color:var(--soft)}\n"                                                  \
    ".state{display:inline-block;padding:2px 12px;border-radius:99px;font-weight:650;"             \
    "color:var(--paper);background:var(--soft)}\n"                                                 \
    ".state.good{background:var(--good)}.state.bad{background:var(--bad)}"                         \
    ".state.wait{background:var(--pause)}\n"                                                       \
    "td,dd,code,.text{unicode-bidi:isolate}\n"                                                     \
    "code{font:13px/1.5 ui-monospace,\"DejaVu Sans Mono\",Menlo,Consolas,monospace}\n"             \
    "dl.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));"            \
    "gap:1px;margin:24px 0 0;background:var(--line);border:1px solid var(--line)}\n"               \
    "dl.numbers div{background:var(--paper);padding:12px 14px;display:flex;"                       \
    "flex-direction:column-reverse}\n"                                                             \
    "dl.numbers dt{color:var(--soft);font-size:13px}\n"                                            \
    "dl.numbers dd{margin:0;font-size:25px;line-height:1.2;font-weight:600;"                       \
    "font-variant-numeric:tabular-nums}\n"                                                         \
    "svg{display:block;width:100%;height:auto;margin:0}\n"                                         \
    "svg text{fill:var(--ink);font-size:13px}svg .soft{fill:var(--soft);font-size:12px}\n"         \
    "svg .grid{stroke:var(--line)}svg .row{stroke:var(--line)}\n"                                  \
    ".fill-good{fill:var(--good)}.fill-same{fill:var(--same)}.fill-bad{fill:var(--bad)}"           \
    ".fill-skip{fill:var(--skip)}.fill-rest{fill:var(--rest)}\n"                                   \
    ".soak{fill:none;stroke:var(--good);stroke-dasharray:4 3}\n"                                   \
    ".pause{fill:var(--pause);opacity:.22}.mark{stroke:var(--pause);stroke-width:2}\n"             \
    "ul.key{list-style:none;margin:8px 0 18px;padding:0;display:flex;flex-wrap:wrap;gap:4px 20px;" \
    "color:var(--soft);font-size:13px}\n"                                                          \
    "ul.key svg{display:inline-block;width:12px;height:12px;vertical-align:-1px;margin:0 6px 0 "   \
    "0}\n"                                                                                         \
    "table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}\n"               \
    "th{text-align:left;font-weight:600;color:var(--soft);font-size:13px;"                         \
    "border-bottom:1px solid var(--ink)}\n"                                                        \
    "th,td{padding:6px 14px 6px 0;vertical-align:top}td{border-bottom:1px solid var(--line)}\n"    \
    "th.n,td.n{text-align:right}td.when{white-space:nowrap;color:var(--soft)}\n"                   \
    ".failure{background:var(--card);border:1px solid var(--line);"                                \
    "border-left:4px solid var(--bad);padding:14px 18px;margin:0 0 12px}\n"                        \
    ".failure .text{white-space:pre-wrap}\n"                                                       \
    ".failure dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px 0 0;"  \
    "font-size:14px}.failure dt{color:var(--soft)}.failure dd{margin:0;white-space:pre-wrap}\n"    \
    "footer{margin-top:40px;padding-top:12px;border-top:1px solid var(--line);"                    \
    "color:var(--soft);font-size:13px}\n"                                                          \
    "@media(max-width:640px){h1{font-size:26px}main{padding:24px 16px}"                            \
    ".scroll{overflow-x:auto}}\n"

#endif
