namespace Fovea.Reporting;

/// <summary>Style sheet of all pages.</summary>
internal static class ReportStyle
{
    /// <summary>The style sheet: a light and a dark theme, chosen by the reader's system.</summary>
    public const string Css = """
        :root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #667085; --line: #e2e6ec;
          --curve0: #2563eb; --curve1: #ea7317; --curve2: #0f9d76; --curve3: #b5179e;
          --curve4: #b91c1c; --curve5: #7c5cff; --curve6: #8a6d00; --curve7: #0e8fb0; --heat: 37, 99, 235; --wrong: 220, 68, 55; }
        @media (prefers-color-scheme: dark) { :root { --page: #10141b; --card: #191f29; --ink: #e6eaf0; --soft: #97a1b1; --line: #2b3340;
          --curve0: #6ea0ff; --curve1: #ffa75c; --curve2: #43d1a5; --curve3: #f17fe0;
          --curve4: #ff8080; --curve5: #b3a1ff; --curve6: #d9bd4a; --curve7: #56cbe8; --heat: 110, 160, 255; --wrong: 255, 120, 105; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 32px 20px 64px; }
        header p, .note { margin: 0; color: var(--soft); }
        h1 { margin: 0; font-size: 28px; letter-spacing: -0.01em; }
        h2 { margin: 0 0 8px; font-size: 17px; }
        section { margin-top: 28px; }
        .card { margin: 0; padding: 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .highlights { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; }
        .highlights b { display: block; font-size: 26px; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .highlights span { color: var(--soft); font-size: 13px; }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 12px; }
        .pair { display: flex; flex-wrap: wrap; gap: 28px; align-items: flex-start; }
        .pair > div { flex: 1 1 420px; min-width: 0; }
        svg { display: block; width: 100%; height: auto; overflow: visible; }
        svg text { fill: var(--soft); font-size: 11px; font-family: inherit; font-variant-numeric: tabular-nums; }
        .grid { stroke: var(--line); stroke-width: 1; }
        .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .curve0 { stroke: var(--curve0); } .curve1 { stroke: var(--curve1); }
        .curve2 { stroke: var(--curve2); } .curve3 { stroke: var(--curve3); }
        .curve4 { stroke: var(--curve4); } .curve5 { stroke: var(--curve5); }
        .curve6 { stroke: var(--curve6); } .curve7 { stroke: var(--curve7); }
        .dot0 { fill: var(--curve0); } .dot1 { fill: var(--curve1); } .dot2 { fill: var(--curve2); } .dot3 { fill: var(--curve3); }
        .dot4 { fill: var(--curve4); } .dot5 { fill: var(--curve5); } .dot6 { fill: var(--curve6); } .dot7 { fill: var(--curve7); }
        .confusion rect { stroke: var(--card); stroke-width: 1.5; }
        .dense { background: var(--card); outline: 1px solid var(--line); } .dense rect { stroke: none; }
        .confusion .right { fill: rgb(var(--heat)); } .confusion .wrong { fill: rgb(var(--wrong)); }
        .confusion .count { fill: var(--ink); text-anchor: middle; }
        .scroll { overflow: auto; max-height: 700px; }
        table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        th, td { padding: 5px 12px; text-align: left; border-top: 1px solid var(--line); }
        thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: 13px; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .images { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 12px; margin-top: 8px; }
        .wide { grid-template-columns: 1fr; }
        .images .card { padding: 8px; }
        .images img { display: block; width: 100%; }
        .mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 12px; margin-top: 8px; }
        .mistakes .card { padding: 8px; }
        .mistakes img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated;
          border-radius: 6px; background: #000; }
        figcaption { padding-top: 6px; font-size: 12px; line-height: 1.35; overflow-wrap: anywhere; }
        figcaption b, figcaption span { display: block; }
        figcaption span { color: var(--soft); }
        @media print { body { background: none; } .scroll { max-height: none; } .card, table, svg { break-inside: avoid; } }
        """;
}
