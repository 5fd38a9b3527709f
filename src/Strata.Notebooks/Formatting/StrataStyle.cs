namespace Strata.Notebooks;

/// <summary>The one style sheet of all HTML that Strata writes. It takes text colour from the page, so that it fits light and dark themes; figures stay on white.
/// The rules of tables name two classes, to win over those of front ends, which would set text flush right.</summary>
public static class StrataStyle
{
    /// <summary>The rules, for documents that hold them once in their head.</summary>
    public const string Css =
        ".strata-figure{background:#fff;color:#222;max-width:760px;padding:4px;border-radius:4px;margin:.5em 0}"
        + ".strata-figure img{display:block;max-width:100%}"
        + ".strata-output{margin:.5em 0;overflow-x:auto}"
        + ".strata-title{font-weight:600;margin:.2em 0}"
        + ".strata-note{font-size:.85em;opacity:.75;margin:.2em .8em}"
        + ".strata-output .strata-note{margin:.2em 0}"
        + "table.strata-table{border-collapse:collapse;margin:.3em 0;font-size:.9em;font-variant-numeric:tabular-nums;border:0}"
        + ".strata-output .strata-table th,.strata-output .strata-table td{padding:.2em .7em;border:0;border-bottom:1px solid rgba(128,128,128,.3);background:transparent;color:inherit;text-align:left;vertical-align:top}"
        + ".strata-output .strata-table td:first-child{min-width:9em}"
        + ".strata-output .strata-table th{border-bottom:2px solid rgba(128,128,128,.6);font-weight:600}"
        + ".strata-output .strata-table .strata-number{text-align:right;white-space:nowrap}"
        + ".strata-output .strata-table .strata-name{white-space:nowrap}"
        + ".strata-unit{opacity:.7;font-weight:400}"
        + "details.strata-details{font-size:.85em;margin:.3em 0}.strata-figure details.strata-details{margin:.3em .8em}"
        + ".strata-details summary{display:list-item;cursor:pointer;opacity:.75}"
        + ".strata-details dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;margin:.3em 0}.strata-details dt{opacity:.75}.strata-details dd{margin:0;overflow-wrap:anywhere}"
        + ".strata-error{border-left:4px solid #D55E00;padding:.3em .8em;white-space:pre-wrap}"
        + ".strata-details pre{white-space:pre-wrap;background:transparent;color:inherit}";

    /// <summary>The rules as a <c>style</c> element, as every fragment carries them: an output may be copied out of its document.</summary>
    public const string Element = "<style>" + Css + "</style>";
}
