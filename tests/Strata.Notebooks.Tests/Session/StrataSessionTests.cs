using Strata.Models;
using Xunit;

namespace Strata.Notebooks.Tests;

public sealed class StrataSessionTests
{
    private static readonly TokenRows Rows = new("rows", [[1, 2], [3]]);

    [Fact]
    public void A_result_is_kept_declared_and_listed()
    {
        FakeHost host = new();
        StrataSession session = new();
        session.Add("rows", Rows, "#!data x", host);
        Assert.Same(Rows, host.Variables["rows"]);
        Assert.Same(Rows, session.Get<TokenRows>("rows", "rows"));
        Assert.Equal("rows", session.CurrentData);
        SessionResult result = Assert.Single(session.Results);
        Assert.Equal(("rows", "#!data x", Rows.Hash), (result.Name, result.Command, result.Provenance!.DataHash));
    }

    [Fact]
    public void What_a_cell_assigned_counts_over_what_a_command_made()
    {
        TokenRows other = new("other", [[5]]);
        Dictionary<string, object> cells = [];
        StrataSession session = new(name => cells.GetValueOrDefault(name));
        session.Add("rows", Rows, "#!data x", new FakeHost());
        Assert.Same(Rows, session.Find("rows"));
        cells["rows"] = other;
        Assert.Same(other, session.Find("rows"));
    }

    [Fact]
    public void A_missing_name_is_answered_with_the_nearest()
    {
        StrataSession session = new();
        session.Add("activations", Rows, "#!data x", new FakeHost());
        string message = Assert.Throws<StrataException>(() => session.Get<TokenRows>("activatoins", "token rows")).Message;
        Assert.Contains("Did you mean \"activations\"?", message);
    }

    [Fact]
    public void A_value_of_another_kind_is_refused()
    {
        StrataSession session = new();
        session.Add("rows", Rows, "#!data x", new FakeHost());
        Assert.Equal("\"rows\" is token rows; expected a model.", Assert.Throws<StrataException>(() => session.Get<Model>("rows", "a model")).Message);
    }
}
