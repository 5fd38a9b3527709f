namespace Strata.Cli.Reporting;

/// <summary>What the gallery's page adds to <see cref="ReportStyle"/>.</summary>
internal static class GalleryStyle
{
    /// <summary>The style sheet.</summary>
    public const string Css = """
        .gallery{max-width:1160px;margin:auto;padding:48px 24px 64px}
        .gallery header{display:flex;flex-wrap:wrap;gap:.6rem 2rem;align-items:center;justify-content:space-between;margin-bottom:1.8rem}.gallery h1{margin:0}
        [hidden]{display:none!important}
        .search{display:flex;align-items:center;gap:.9rem;flex:1 1 20rem;max-width:34rem}#found{color:var(--quiet);font-size:.86rem;white-space:nowrap;min-width:6.5rem}
        #search{flex:1;min-width:0;font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:.45rem .8rem}#search:focus-visible,.card a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
        .cards{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:24px}
        .card{position:relative;display:flex;flex-direction:column;border:1px solid var(--line);border-radius:10px;overflow:hidden;background:var(--paper);transition:border-color .15s,box-shadow .15s}
        .card:hover,.card:focus-within{border-color:var(--accent);box-shadow:0 4px 18px rgba(0,0,0,.09)}
        .picture{height:190px;background:#fff;border-bottom:1px solid var(--line);display:flex;align-items:center;justify-content:center;overflow:hidden}
        .picture img{width:100%;height:100%;object-fit:contain;padding:8px}.picture svg{width:100%;height:100%;display:block;background:var(--soft)}
        .words{display:flex;flex-direction:column;flex:1;padding:1rem 1.1rem .9rem}
        .card h2{margin:0 0 .4rem;padding:0;border:0;font-size:1.12rem}.card h2 a{color:var(--text)}.card h2 a:hover{text-decoration:none}.card h2 a::after{content:"";position:absolute;inset:0}
        .summary{margin:0 0 .8rem;font-size:.92rem;line-height:1.5;color:var(--quiet)}
        .facts{margin:auto 0 0;color:var(--quiet);font-size:.8rem}
        .hits{list-style:none;margin:0 0 .8rem;padding:0;font-size:.86rem;line-height:1.45}.hits li{margin:.3rem 0;padding-left:.7rem;border-left:2px solid var(--line)}.hits a{position:relative;z-index:1}.hits span{display:block;color:var(--quiet);overflow-wrap:anywhere}
        mark{background:#ffe08a;color:#222;border-radius:2px;padding:0 .05em}
        .nothing{color:var(--quiet)}
        @media (max-width:600px){.gallery{padding:24px 16px 40px}.picture{height:170px}.gallery header{margin-bottom:1.2rem}}
        @media print{.search{display:none}.cards{display:block}.card{flex-direction:row;break-inside:avoid;margin-bottom:12px;box-shadow:none}.picture{width:38%;flex:none;border-bottom:0;border-right:1px solid var(--line)}}
        @media (prefers-reduced-motion:reduce){.card{transition:none}}
        """;
}
