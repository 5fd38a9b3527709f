using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using Strata.Notebooks;
using Xunit;

namespace Strata.DotNetInteractive.Tests;

/// <summary>Formatters by convention, found by names alone as the host finds them, without the extension and without a reference.</summary>
public class ConventionTests
{
    private static readonly Figure Sample = Figure.Lines("a < b", "x", "y", new LineSeries("one", [0, 1], [1, 2]));

    [Fact]
    public void AFigureNamesFormattersForEachOfItsRenderings()
    {
        Attribute convention = Convention(typeof(Figure))!;
        Dictionary<string, Func<object, TextWriter, bool>> formatters = FormattersOf(convention);

        foreach ((string type, string expected) in Sample.ToMimeBundle().Renderings)
        {
            StringWriter writer = new();
            Assert.True(formatters[type](Sample, writer));
            // HTML carries a new id each time.
            if (type == MimeBundle.Html) Assert.Contains("a &lt; b", writer.ToString());
            else Assert.Equal(expected, writer.ToString());
        }

        string[] preferred = (string[])convention.GetType().GetProperty("PreferredMimeTypes")!.GetValue(convention)!;
        Assert.Contains(MimeBundle.Html, preferred);
        Assert.All(preferred, type => Assert.Contains(type, formatters.Keys));
    }

    [Fact]
    public void AnOutputGivesTheRenderingsThatItHas()
    {
        Dictionary<string, Func<object, TextWriter, bool>> formatters = FormattersOf(Convention(typeof(MimeBundle))!);
        StringWriter writer = new();

        Assert.True(formatters[MimeBundle.PlainText](MimeBundle.OfText("said"), writer));
        Assert.Equal("said", writer.ToString());
        Assert.False(formatters[MimeBundle.Svg](MimeBundle.OfText("said"), writer));
    }

    [Fact]
    public void WithoutTheExtensionTheHostShowsAFigure()
    {
        IReadOnlyDictionary<string, string> shown = StandInHosts.Create("APRIL_2026").Show(Sample);

        Assert.Equal([MimeBundle.Html, MimeBundle.Svg, MimeBundle.Markdown, MimeBundle.PlainText], shown.Keys);
        Assert.StartsWith("<svg", shown[MimeBundle.Svg]);
    }

    private static Attribute? Convention(Type type) => type.GetCustomAttributes(true).Cast<Attribute>().SingleOrDefault(a => a.GetType().Name == "TypeFormatterSourceAttribute");

    /// <summary>The host's own steps: property, parameterless constructor, method, and a compiled call of the formatter.</summary>
    private static Dictionary<string, Func<object, TextWriter, bool>> FormattersOf(Attribute convention)
    {
        object source = Activator.CreateInstance((Type)convention.GetType().GetProperty("FormatterSourceType")!.GetValue(convention)!)!;
        IEnumerable formatters = (IEnumerable)source.GetType().GetMethod("CreateTypeFormatters")!.Invoke(source, null)!;
        return formatters.Cast<object>().ToDictionary(f => (string)f.GetType().GetProperty("MimeType")!.GetValue(f)!, Compile);
    }

    private static Func<object, TextWriter, bool> Compile(object formatter)
    {
        ParameterExpression value = Expression.Parameter(typeof(object)), writer = Expression.Parameter(typeof(TextWriter));
        MethodInfo format = formatter.GetType().GetMethod("Format")!;
        return Expression.Lambda<Func<object, TextWriter, bool>>(Expression.Call(Expression.Constant(formatter), format, value, writer), value, writer).Compile();
    }
}
