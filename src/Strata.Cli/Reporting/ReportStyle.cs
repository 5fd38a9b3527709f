namespace Strata.Cli.Reporting;

/// <summary>The looks of a report: light and dark, on screen and on paper.</summary>
internal static class ReportStyle
{
    /// <summary>
    /// What a frame around HTML of a saved notebook begins with: no right to fetch or run anything, links that open elsewhere, and the page's looks for tables, which
    /// most of that HTML is.
    /// </summary>
    public const string FrameHead = """
        <!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"><base target="_blank">
        <style>:root{color-scheme:light dark}html,body{margin:0}body{display:flow-root;overflow-x:auto;overflow-y:hidden;font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;color:#1f2328}
        @media screen and (prefers-color-scheme:dark){body{color:#dfe3e8}a{color:#6cb0f5}}
        img,svg{max-width:100%;height:auto}pre{white-space:pre-wrap;overflow-wrap:anywhere}
        table{border-collapse:collapse;font-size:.93em;font-variant-numeric:tabular-nums}table.dataframe{border:0}.dataframe th,.dataframe td{padding:.25em .8em;border:0;border-bottom:1px solid rgba(128,128,128,.25);text-align:right}.dataframe thead th{border-bottom:1px solid rgba(128,128,128,.6)}</style>

        """;

    /// <summary>The style sheet.</summary>
    public const string Css = """
        :root{color-scheme:light dark;--text:#1f2328;--quiet:#6a737d;--line:#e3e6ea;--paper:#fff;--soft:#f6f7f9;--accent:#0b62b0;--bad:#c62f2f;--bad-soft:#fdf1f1;--keyword:#7a2e8e;--string:#1f6f43;--number:#9a4b00}
        @media screen and (prefers-color-scheme:dark){:root{--text:#dfe3e8;--quiet:#98a1ab;--line:#30363d;--paper:#14171b;--soft:#1c2026;--accent:#6cb0f5;--bad:#f0706a;--bad-soft:#2a1a1b;--keyword:#cf9be0;--string:#86cfa4;--number:#e8ad6d}}
        *{box-sizing:border-box}
        html{scroll-behavior:smooth;scroll-padding-top:1rem}
        body{margin:0;background:var(--paper);color:var(--text);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
        a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
        .page{display:grid;grid-template-columns:230px minmax(0,900px);gap:48px;justify-content:center;padding:0 24px}
        nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding:48px 0 24px;font-size:.86rem;line-height:1.4}
        nav ol{list-style:none;margin:.6rem 0 0;padding:0;border-left:1px solid var(--line)}
        nav li{padding:.22rem 0 .22rem .9rem}nav .level-3{padding-left:1.8rem}nav .level-1{font-weight:600}
        nav a{color:var(--quiet);overflow-wrap:anywhere}nav a:hover{color:var(--text)}
        .to-gallery{display:inline-block;margin-bottom:1.4rem;font-weight:600}
        .contents-title{color:var(--quiet);font-size:.75rem;letter-spacing:.08em;text-transform:uppercase}
        main{padding:40px 0 64px;min-width:0}
        h1,h2,h3,h4{line-height:1.25;margin:2rem 0 .7rem;font-weight:650}
        h1{font-size:2rem;letter-spacing:-.01em;margin-top:.4rem}h2{font-size:1.4rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}h3{font-size:1.12rem}
        .about{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;align-items:center;margin:0 0 1rem;color:var(--quiet);font-size:.86rem}
        .badge{border:1px solid var(--line);border-radius:999px;padding:0 .6rem;color:var(--quiet)}.badge.failed{border-color:var(--bad);color:var(--bad)}
        pre,code{font-family:ui-monospace,"Cascadia Code","SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86rem}
        pre{margin:0;overflow-x:auto;line-height:1.5;scrollbar-width:thin}
        .markdown code{background:var(--soft);border-radius:4px;padding:.1em .3em}.markdown pre{background:var(--soft);border-radius:6px;padding:.8rem 1rem}.markdown pre code{background:none;padding:0}
        .markdown img,.output img{max-width:100%;height:auto}
        .markdown blockquote{margin:1rem 0;padding:.1rem 1rem;border-left:3px solid var(--line);color:var(--quiet)}
        .markdown table{border-collapse:collapse;font-size:.92rem;margin:1rem 0}.markdown th,.markdown td{padding:.3rem .8rem;border-bottom:1px solid var(--line);text-align:left}.markdown th{border-bottom:2px solid var(--line)}
        .markdown .math{font-family:Georgia,"Times New Roman",serif;font-style:italic}.markdown div.math{margin:1rem 0;text-align:center;white-space:pre-line}
        .markdown .footnotes{font-size:.88rem;color:var(--quiet)}hr{border:0;border-top:1px solid var(--line)}.markdown li:has(>input){list-style:none;margin-left:-1.3rem}
        .markdown-alert{margin:1rem 0;padding:.1rem 1rem;border-left:3px solid var(--accent)}.markdown-alert-title{font-weight:600}.markdown-alert svg{fill:currentColor;width:1em;height:1em;margin-right:.4em;vertical-align:-.1em}
        section.code{margin:1.3rem 0}
        section.code>details{background:var(--soft);border:1px solid var(--line);border-radius:8px}
        section.code>details>summary{display:flex;gap:.9rem;align-items:baseline;padding:.25rem .9rem;color:var(--quiet);font-size:.76rem;cursor:pointer;list-style:none;user-select:none}
        section.code>details>summary::-webkit-details-marker{display:none}section.code>details>summary::after{content:"code";margin-left:auto}section.code>details[open]>summary::after{content:"hide"}
        section.code .count{font-variant-numeric:tabular-nums;font-weight:600}
        .tag{border:1px solid var(--line);border-radius:4px;padding:0 .35rem}
        .source{padding:.1rem .9rem .7rem}
        .keyword{color:var(--keyword)}.string{color:var(--string)}.number{color:var(--number)}.comment{color:var(--quiet);font-style:italic}.magic{color:var(--accent)}
        .output{padding:.7rem .9rem 0;overflow-x:auto}.output pre{white-space:pre-wrap;overflow-wrap:anywhere}
        .output .stderr{border-left:3px solid var(--number);padding-left:.8rem}
        .output .rich{overflow-x:auto}
        .output iframe.html{display:block;width:100%;border:0;height:20em}.output img{background:#fff}
        figure.plot{margin:0;max-width:760px;background:#fff;color:#222;border-radius:4px}figure.plot img{display:block}figure.plot:has(.js-plotly-plot){padding:4px}figcaption p,.frame-note{font-size:.85rem;margin:.2em .8em;opacity:.75}
        .ansi-0{color:#57606a}.ansi-1{color:#c62f2f}.ansi-2{color:#1f7a3d}.ansi-3{color:#8a6100}.ansi-4{color:#0b62b0}.ansi-5{color:#8a3ea8}.ansi-6{color:#0e7480}.ansi-7{color:#6a737d}
        .ansi-8{color:#6a737d}.ansi-9{color:#d9453f}.ansi-10{color:#2b8a4b}.ansi-11{color:#9a6f00}.ansi-12{color:#2077c7}.ansi-13{color:#9c4fba}.ansi-14{color:#198490}.ansi-15{color:#1f2328}
        @media screen and (prefers-color-scheme:dark){.ansi-0,.ansi-7,.ansi-8{color:#98a1ab}.ansi-1,.ansi-9{color:#f0706a}.ansi-2,.ansi-10{color:#7ccf95}.ansi-3,.ansi-11{color:#dfb65a}.ansi-4,.ansi-12{color:#6cb0f5}.ansi-5,.ansi-13{color:#cf9be0}.ansi-6,.ansi-14{color:#6ac9d4}.ansi-15{color:#fff}}
        .ansi-on-0,.ansi-on-8{background:rgba(128,128,128,.3)}.ansi-on-1,.ansi-on-9{background:rgba(220,60,60,.25)}.ansi-on-2,.ansi-on-10{background:rgba(50,160,90,.25)}.ansi-on-3,.ansi-on-11{background:rgba(220,170,40,.3)}.ansi-on-4,.ansi-on-12{background:rgba(40,120,220,.25)}.ansi-on-5,.ansi-on-13{background:rgba(160,80,200,.25)}.ansi-on-6,.ansi-on-14{background:rgba(30,150,170,.25)}.ansi-on-7,.ansi-on-15{background:rgba(128,128,128,.15)}
        .ansi-bold{font-weight:650}.ansi-faint{opacity:.7}.ansi-italic{font-style:italic}.ansi-underlined{text-decoration:underline}
        .origin{display:inline-block;font-size:.76rem;color:var(--quiet)}
        section.failed>details{border-color:var(--bad)}
        .error{border:1px solid var(--bad);border-left-width:4px;border-radius:6px;background:var(--bad-soft);padding:.6rem .9rem}.error-name{color:var(--bad);font-weight:650;font-size:.86rem;margin-bottom:.2rem}
        section.not-run{opacity:.45}
        .provenance article{display:grid;grid-template-columns:2rem minmax(0,1fr);padding:.5rem 0;border-bottom:1px solid var(--line)}.provenance article:target{background:var(--soft)}
        .provenance h3{margin:0;color:var(--quiet);font-size:.92rem}
        .provenance dl{display:grid;grid-template-columns:9rem minmax(0,1fr);gap:.1rem 1rem;margin:0;font-size:.88rem}.provenance dt{color:var(--quiet)}.provenance dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
        footer{margin-top:3rem;color:var(--quiet);font-size:.8rem}
        @media (max-width:1000px){.page{display:block}nav{position:static;max-height:none;padding:24px 0 0}main{padding-top:16px;max-width:900px;margin:auto}}
        @media print{:root{color-scheme:light}body{font-size:11pt}.page{display:block;padding:0}nav,section.code>details>summary::after{display:none}section.code,.output img,.provenance article{break-inside:avoid}h2,h3{break-after:avoid}.markdown a[href^="http"]::after{content:" (" attr(href) ")";overflow-wrap:anywhere}.output,.source{overflow:visible;white-space:pre-wrap}.rich{white-space:normal}}
        """;
}
