using Deedle;
using Strata.Notebooks;

namespace Strata.Deedle;

/// <summary>Shows frames of any keys as Strata shows its own tables: typed columns, the first rows of long frames, every cell escaped.</summary>
public sealed class FrameFormatter : IAssemblyFormatters
{
    private const int ShownRows = 200;

    /// <inheritdoc/>
    public void Register() => Formatters.Register<IFrame>(Format);

    /// <summary>The renderings of a frame. No more rows are read than are shown.</summary>
    /// <param name="frame">A <see cref="Frame{TRowKey, TColumnKey}"/>.</param>
    public static MimeBundle Format(IFrame frame) => frame.Apply(new Rendering());

    private sealed class Rendering : IFrameOperation<MimeBundle>
    {
        public MimeBundle Invoke<TRowKey, TColumnKey>(Frame<TRowKey, TColumnKey> frame) => Formatters.Format(FrameReader.Read(frame, ShownRows, "Frame", null));
    }
}
