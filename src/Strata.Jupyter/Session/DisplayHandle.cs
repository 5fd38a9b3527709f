namespace Strata.Jupyter.Session;

/// <summary>An output that is shown already: what <c>display</c> returns.</summary>
public sealed class DisplayHandle
{
    private readonly CellGlobals _cell;
    private readonly string _id;

    internal DisplayHandle(CellGlobals cell, string id) => (_cell, _id) = (cell, id);

    /// <summary>Shows another value in the place of the present one, also when the cell that showed it has ended.</summary>
    /// <param name="value">The value.</param>
    public void Update(object? value) => _cell.Host.Update(_id, value);
}
