using Deedle;
using Strata.Deedle;
using Strata.Models;
using Strata.Notebooks;
using Strata.Research;

namespace Strata.Adapters.Tests.DeedleAdapter;

public class TableFrameTests
{
    private static readonly Table Sample = new(
        "sample",
        new Provenance(),
        Column.Text("token", ["a", "</td><script>", ""]),
        Column.Integer("count", [3, -1, 1L << 52]),
        Column.Real("entropy", [0.5, double.NaN, -2e-300], "nats"));

    [Fact]
    public void A_table_becomes_a_frame_with_typed_columns()
    {
        Frame<int, string> frame = Sample.ToFrame();
        Assert.Equal(["token", "count", "entropy"], frame.ColumnKeys);
        Assert.Equal([0, 1, 2], frame.RowKeys);
        Assert.Equal([typeof(string), typeof(long), typeof(double)], frame.ColumnTypes);
        Assert.Equal(1L << 52, frame.GetColumn<long>("count")[2]);
    }

    [Fact]
    public void Not_a_number_is_missing_in_a_frame()
    {
        Series<int, double> entropy = Sample.ToFrame().GetColumn<double>("entropy");
        Assert.Equal([0, 2], entropy.Keys.Where(key => entropy.TryGet(key).HasValue));
    }

    [Fact]
    public void A_table_comes_back_from_its_frame_unchanged()
    {
        Table back = Table.FromFrame(Sample.ToFrame(), "sample");
        Assert.Equal(Sample.Columns.Select(c => (c.Name, c.Kind)), back.Columns.Select(c => (c.Name, c.Kind)));
        for (int i = 0; i < Sample.Columns.Count; i++) Assert.Equal(Sample.Columns[i].Texts, back.Columns[i].Texts);
        Assert.Empty(back.Notes);
    }

    [Fact]
    public void An_empty_table_becomes_an_empty_frame_and_comes_back()
    {
        Assert.Empty(Table.FromFrame(new Table("empty", new Provenance()).ToFrame()).Columns);
        Table noRows = Table.FromFrame(new Table("no rows", new Provenance(), Column.Real("x", [])).ToFrame());
        Assert.Equal(("x", 0), (Assert.Single(noRows.Columns).Name, noRows.Rows));
    }

    [Fact]
    public void Columns_are_read_as_what_they_hold()
    {
        Frame<int, string> frame = Frame.CreateEmpty<int, string>();
        frame.AddColumn("bytes", new byte[] { 1, 255 }.ToOrdinalSeries());
        frame.AddColumn("floats", new[] { 0.5f, float.PositiveInfinity }.ToOrdinalSeries());
        frame.AddColumn("decimals", new[] { 1.25m, 2m }.ToOrdinalSeries());
        frame.AddColumn("large", new[] { long.MaxValue, 1 }.ToOrdinalSeries());
        frame.AddColumn("truth", new[] { true, false }.ToOrdinalSeries());
        frame.AddColumn("days", new[] { new DateTime(2026, 2, 3), new DateTime(1, 1, 1) }.ToOrdinalSeries());
        frame.AddColumn("times", new[] { new DateTime(2026, 2, 3, 4, 5, 6, DateTimeKind.Utc), new DateTime(2026, 2, 3) }.ToOrdinalSeries());
        frame.AddColumn("mixed", new object[] { 1, "two" }.ToOrdinalSeries());
        Table table = Table.FromFrame(frame);
        Assert.Equal(
            [ColumnKind.Integer, ColumnKind.Real, ColumnKind.Real, ColumnKind.Text, ColumnKind.Text, ColumnKind.Text, ColumnKind.Text, ColumnKind.Text],
            table.Columns.Select(c => c.Kind));
        Assert.Equal([0.5, double.PositiveInfinity], table["floats"].Numbers);
        Assert.Equal(["9223372036854775807", "1"], table["large"].Texts);
        Assert.Equal(["true", "false"], table["truth"].Texts);
        Assert.Equal(["2026-02-03", "0001-01-01"], table["days"].Texts);
        Assert.Equal(["2026-02-03T04:05:06Z", "2026-02-03T00:00:00"], table["times"].Texts);
        Assert.Equal(["1", "two"], table["mixed"].Texts);
    }

    [Fact]
    public void Missing_numbers_are_not_a_number_and_missing_texts_are_empty()
    {
        Frame<int, string> frame = Frame.CreateEmpty<int, string>();
        frame.AddColumn("all", new[] { 1, 2, 3 }.ToOrdinalSeries());
        frame.AddColumn("some", new SeriesBuilder<int, int> { { 0, 7 }, { 2, 9 } }.Series);
        frame.AddColumn("words", new SeriesBuilder<int, string> { { 1, "x" } }.Series);
        Table table = Table.FromFrame(frame);
        Assert.Equal([7, double.NaN, 9], table["some"].Numbers);
        Assert.Equal(["", "x", ""], table["words"].Texts);
    }

    [Fact]
    public void Row_keys_that_say_something_become_columns()
    {
        Frame<string, string> frame = Sample.ToFrame().IndexRows<string>("token");
        Table table = Table.FromFrame(frame);
        Assert.Equal(["key", "count", "entropy"], table.Columns.Select(c => c.Name));
        Assert.Equal(["a", "</td><script>", ""], table["key"].Texts);
    }

    [Fact]
    public void Keys_of_several_levels_and_shared_names_are_kept_apart()
    {
        Series<Tuple<string, int>, double> series = new([Tuple.Create("a", 1), Tuple.Create("b", 2)], [0.5, 1.5]);
        Frame<Tuple<string, int>, string> frame = Frame.FromColumns(new[] { KeyValuePair.Create("key 1", series) });
        Table table = Table.FromFrame(frame);
        Assert.Equal(["key 1 (2)", "key 2", "key 1"], table.Columns.Select(c => c.Name));
        Assert.Equal([0.5, 1.5], table["key 1"].Numbers);
        Assert.Equal([1.0, 2.0], table["key 2"].Numbers);
    }

    [Fact]
    public void A_frame_is_shown_as_a_table_with_escaped_cells()
    {
        new FrameFormatter().Register();
        MimeBundle bundle = Formatters.Format(Sample.ToFrame());
        Assert.Contains("<table class=\"strata-table\">", bundle.Renderings[MimeBundle.Html]);
        Assert.Contains("&lt;/td&gt;&lt;script&gt;", bundle.Renderings[MimeBundle.Html]);
        Assert.All(new[] { MimeBundle.Html, MimeBundle.Markdown }, mime => Assert.DoesNotContain("<script>", bundle.Renderings[mime]));
        Assert.Contains("entropy", bundle.Renderings[MimeBundle.PlainText]);
    }

    [Fact]
    public void Hostile_column_names_are_escaped()
    {
        Frame<int, string> frame = Frame.CreateEmpty<int, string>();
        frame.AddColumn("<img src=x onerror=alert(1)>", new[] { 1.0 }.ToOrdinalSeries());
        Assert.DoesNotContain("<img", FrameFormatter.Format(frame).Renderings[MimeBundle.Html]);
    }

    [Fact]
    public void Of_a_long_frame_the_first_rows_are_shown_and_a_note_says_so()
    {
        Frame<int, string> frame = Frame.CreateEmpty<int, string>();
        frame.AddColumn("n", Enumerable.Range(0, 12_345).ToOrdinalSeries());
        string text = FrameFormatter.Format(frame).Renderings[MimeBundle.PlainText];
        Assert.Contains("First 200 of 12,345 rows.", text);
        Assert.Contains("199", text);
        Assert.DoesNotContain("\n200", text);
    }
}
