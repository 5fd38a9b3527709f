using System.Text.Json;
using Plotly.NET;
using Plotly.NET.LayoutObjects;
using Plotly.NET.TraceObjects;

namespace Strata.PlotlyNet;

/// <summary>Reads Plotly JSON into the dynamic objects of which Plotly.NET's charts are made.</summary>
internal static class PlotlyObjects
{
    /// <summary>Sets every property of a JSON object on a dynamic object.</summary>
    public static T Read<T>(JsonElement json, T target) where T : DynamicObj.DynamicObj
    {
        foreach (JsonProperty property in json.EnumerateObject())
        {
            // The type of a trace is its name in Plotly.NET, and given when it is made.
            if (target is Trace && property.NameEquals("type")) continue;
            target.SetValue(property.Name, Value(property.Value, property.Name));
        }

        return target;
    }

    private static object? Value(JsonElement json, string name) => json.ValueKind switch
    {
        JsonValueKind.Object => Read(json, New(name)),
        JsonValueKind.Array => json.EnumerateArray().Select(item => Value(item, "")).ToArray(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.TryGetInt64(out long integer) ? integer : json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>Parts that Plotly.NET's own functions look for have its types, so that styling a chart goes on from what is there.</summary>
    private static DynamicObj.DynamicObj New(string name) => name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') switch
    {
        "xaxis" or "yaxis" => new LinearAxis(),
        "title" => new Title(),
        "legend" => new Legend(),
        "colorbar" => new ColorBar(),
        "coloraxis" => new ColorAxis(),
        "marker" => new Marker(),
        "line" => new Line(),
        "font" => new Font(),
        _ => new DynamicObj.DynamicObj(),
    };
}
