namespace Strata.Cli.Reporting;

/// <summary>The search of the gallery: every word must occur in a notebook; matching headings are listed, each with a piece of its text.</summary>
internal static class GalleryScript
{
    /// <summary>The JavaScript.</summary>
    public const string Source = """
        (function () {
          var texts = JSON.parse(document.getElementById("texts").textContent), input = document.getElementById("search");
          var cards = Array.from(document.querySelectorAll(".card")), found = document.getElementById("found"), all = found.textContent;
          function plain(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }
          var plainTexts = texts.map(function (t) {
            return { all: plain(t.title + " " + t.sections.map(function (s) { return s.heading + " " + s.text; }).join(" ")), sections: t.sections.map(function (s) { return plain(s.heading + " " + s.text); }) };
          });
          function marked(element, text, words) {
            var rest = text, lower = plain(text);
            if (lower.length !== text.length) { element.append(text); return element; }
            for (var at = 0; at < text.length;) {
              var next = -1, length = 0;
              words.forEach(function (w) { var i = lower.indexOf(w, at); if (i >= 0 && (next < 0 || i < next || i === next && w.length > length)) { next = i; length = w.length; } });
              if (next < 0) break;
              var mark = document.createElement("mark");
              mark.textContent = text.slice(next, next + length);
              element.append(text.slice(at, next), mark);
              at = next + length;
              rest = text.slice(at);
            }
            element.append(rest);
            return element;
          }
          function excerpt(text, words) {
            var lower = plain(text), first = Math.min.apply(null, words.map(function (w) { var i = lower.indexOf(w); return i < 0 ? Infinity : i; }));
            if (first === Infinity) return "";
            var start = Math.max(0, text.lastIndexOf(" ", Math.max(0, first - 40)) + 1), end = text.indexOf(" ", first + 70);
            return (start > 0 ? "… " : "") + text.slice(start, end < 0 ? text.length : end) + (end < 0 ? "" : " …");
          }
          function hit(file, section, words) {
            var item = document.createElement("li"), link = document.createElement("a");
            link.href = file + (section.anchor ? "#" + encodeURIComponent(section.anchor) : "");
            item.append(marked(link, section.heading || "Beginning", words));
            var piece = excerpt(section.text, words);
            if (piece) item.append(marked(document.createElement("span"), piece, words));
            return item;
          }
          function show(card, i, words) {
            var hits = card.querySelector(".hits"), summary = card.querySelector(".summary");
            card.hidden = !words.every(function (w) { return plainTexts[i].all.includes(w); });
            hits.replaceChildren();
            if (words.length && !card.hidden) {
              var ranked = texts[i].sections.map(function (s, k) { return { section: s, score: words.filter(function (w) { return plainTexts[i].sections[k].includes(w); }).length }; });
              ranked.filter(function (r) { return r.score > 0; }).sort(function (a, b) { return b.score - a.score; }).slice(0, 3)
                .forEach(function (r) { hits.append(hit(card.querySelector("h2 a").getAttribute("href"), r.section, words)); });
            }
            hits.hidden = hits.childElementCount === 0;
            if (summary) summary.hidden = !hits.hidden;
          }
          function search() {
            var words = plain(input.value).split(/\s+/).filter(Boolean);
            cards.forEach(function (card, i) { show(card, i, words); });
            var left = cards.filter(function (card) { return !card.hidden; }).length;
            found.textContent = words.length ? left + " of " + all : all;
            document.querySelector(".nothing").hidden = left > 0;
            history.replaceState(null, "", words.length ? "#" + encodeURIComponent(input.value.trim()) : location.pathname + location.search);
          }
          input.closest(".search").hidden = false;
          input.addEventListener("input", search);
          document.addEventListener("keydown", function (e) {
            if (e.key === "/" && document.activeElement !== input) { e.preventDefault(); input.focus(); }
            if (e.key === "Escape" && document.activeElement === input) { input.value = ""; search(); }
          });
          if (location.hash.length > 1) {
            try { input.value = decodeURIComponent(location.hash.slice(1)); } catch (e) { return; }
            search();
          }
        })();
        """;
}
