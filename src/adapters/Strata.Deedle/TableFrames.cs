using Deedle;
using Strata.Models;
using Strata.Research;

namespace Strata.Deedle;

/// <summary>Between Strata's tables and Deedle's frames.</summary>
public static class TableFrames
{
    extension(Table table)
    {
        /// <summary>
        /// The table as a frame with row keys 0, 1, 2 ...: real columns as <c>double</c>, whole numbers as <c>long</c>, texts as <c>string</c>. NaN, "not defined here", becomes
        /// a missing value. Units, title, notes and provenance have no place in a frame.
        /// </summary>
        public Frame<int, string> ToFrame()
        {
            Frame<int, string> frame = Frame.CreateEmpty<int, string>();
            foreach (Column column in table.Columns)
            {
                if (column.Kind == ColumnKind.Text) frame.AddColumn(column.Name, column.Texts.ToOrdinalSeries());
                else if (column.Kind == ColumnKind.Integer) frame.AddColumn(column.Name, column.Numbers.Select(value => (long)value).ToOrdinalSeries());
                else frame.AddColumn(column.Name, column.Numbers.ToOrdinalSeries());
            }

            return frame;
        }

        /// <summary>
        /// A frame as a table. Row keys become the first columns, unless they only count the rows from 0. Numbers stay numbers (a missing one is NaN, and a column of whole
        /// numbers with missing ones is real; whole numbers beyond 2^53 become text, which keeps them exact); times become ISO 8601, truth values <c>true</c> and <c>false</c>,
        /// all else its text; a missing text is empty. Keys of several levels are joined by <c> / </c>; columns that would share a name are numbered.
        /// </summary>
        /// <param name="frame">The frame.</param>
        /// <param name="title">What the table shows.</param>
        /// <param name="provenance">Where the data came from; null when unknown.</param>
        public static Table FromFrame<TRowKey, TColumnKey>(Frame<TRowKey, TColumnKey> frame, string title = "Frame", Provenance? provenance = null) =>
            FrameReader.Read(frame, int.MaxValue, title, provenance);
    }
}
