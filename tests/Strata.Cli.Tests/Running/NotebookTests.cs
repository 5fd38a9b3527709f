using System.Text;
using System.Text.Json.Nodes;
using Strata.Cli.Running;
using Strata.Models;

namespace Strata.Cli.Tests.Running;

public sealed class NotebookTests
{
    private const string Foreign = """
        {
         "zeta": {"unknown": [1, 2.50, null, "ü < > & '"]},
         "cells": [
          {"cell_type": "markdown", "x-unknown": true, "metadata": {"slide": {"b": 1, "a": 2}}, "source": "# One\ntwo"},
          {"source": ["var x = 1;\n", "x"], "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "a\nb"},
            {"output_type": "display_data", "data": {"application/json": {"k": [1]}, "text/plain": ["p\n", "q"]}, "metadata": {"m": 1}},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t1", "t2"]}
           ], "metadata": {"tags": ["parameters", 3]}, "cell_type": "code", "execution_count": 4}
         ],
         "nbformat_minor": 2,
         "nbformat": 4,
         "metadata": {"kernelspec": {"language": "C#"}, "other": {"deep": {"er": "kept"}}}
        }
        """;

    private static Notebook Parse(string json) => Notebook.Parse(Encoding.UTF8.GetBytes(json), "n.ipynb");

    [Fact]
    public void WhatIsNotKnownSurvivesInItsOrder()
    {
        string written = Parse(Foreign).ToJson();
        JsonObject before = JsonNode.Parse(Foreign)!.AsObject(), after = JsonNode.Parse(written)!.AsObject();
        Assert.Equal(before.Select(p => p.Key), after.Select(p => p.Key));
        Assert.Equal(before["zeta"]!.ToJsonString(), after["zeta"]!.ToJsonString());
        Assert.Equal(before["metadata"]!.ToJsonString(), after["metadata"]!.ToJsonString());
        Assert.Equal(before["cells"]![1]!["outputs"]!.ToJsonString(), after["cells"]![1]!["outputs"]!.ToJsonString());
        Assert.Equal(["cell_type", "id", "x-unknown", "metadata", "source"], after["cells"]![0]!.AsObject().Select(p => p.Key));
        Assert.Equal(["# One\n", "two"], after["cells"]![0]!["source"]!.AsArray().Select(l => l!.GetValue<string>()));
        Assert.Equal(5, after["nbformat_minor"]!.GetValue<int>());
        Assert.Contains("\n \"zeta\": {\n  \"unknown\": [\n   1,\n   2.50,", written);
        Assert.EndsWith("}\n", written);
    }

    [Fact]
    public void WritingTwiceGivesTheSameFile()
    {
        string once = Parse(Foreign).ToJson();
        Assert.Equal(once, Parse(once).ToJson());
    }

    [Fact]
    public void CellsAreRead()
    {
        Notebook notebook = Parse(Foreign);
        Assert.Equal("C#", notebook.Language);
        Assert.Equal([CellKind.Markdown, CellKind.Code], notebook.Cells.Select(c => c.Kind));
        Assert.Equal("var x = 1;\nx", notebook.Cells[1].Source);
        Assert.Equal(["parameters"], notebook.Cells[1].Tags);
        Assert.Equal(4, notebook.Cells[1].ExecutionCount);
        IReadOnlyList<CellOutput> outputs = notebook.Cells[1].Outputs;
        Assert.Equal("a\nb", Assert.IsType<StreamOutput>(outputs[0]).Text);
        DisplayOutput display = Assert.IsType<DisplayOutput>(outputs[1]);
        Assert.Equal("p\nq", display.Bundle.Renderings["text/plain"]);
        Assert.Equal("{\"k\":[1]}", display.Bundle.Renderings["application/json"]);
        Assert.Equal(["t1", "t2"], Assert.IsType<ErrorOutput>(outputs[2]).Error.Traceback);
    }

    [Fact]
    public void OutputsThatAreWrittenReadBackAlike()
    {
        Notebook notebook = Parse(Foreign);
        NotebookCell cell = notebook.Cells[1];
        cell.Outputs = cell.Outputs;
        Assert.Equal("a\nb", ((StreamOutput)Parse(notebook.ToJson()).Cells[1].Outputs[0]).Text);
        Assert.Equal(
            "{\"data\":{\"application/json\":{\"k\":[1]},\"text/plain\":[\"p\\n\",\"q\"]},\"metadata\":{\"m\":1},\"output_type\":\"display_data\"}",
            JsonNode.Parse(notebook.ToJson())!["cells"]![1]!["outputs"]![1]!.ToJsonString());
    }

    [Fact]
    public void IdsAreUniqueAndValid()
    {
        Notebook notebook = Parse("""
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
             {"cell_type": "raw", "id": "same", "metadata": {}, "source": ""}, {"cell_type": "raw", "id": "same", "metadata": {}, "source": ""},
             {"cell_type": "raw", "id": "not valid!", "metadata": {}, "source": ""}, {"cell_type": "raw", "id": 5, "metadata": {}, "source": ""}]}
            """);
        string[] ids = JsonNode.Parse(notebook.ToJson())!["cells"]!.AsArray().Select(c => c!["id"]!.GetValue<string>()).ToArray();
        Assert.Equal("same", ids[0]);
        Assert.Equal(4, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-zA-Z0-9-_]{1,64}$", id));
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("", "is not JSON")]
    [InlineData("{\"a\": 1, \"a\": 2, \"nbformat\": 4}", "is not JSON")]
    [InlineData("[]", "no notebook: expected an object with \"cells\"")]
    [InlineData("{\"a\": 1}", "no notebook")]
    [InlineData("{\"nbformat\": 3, \"worksheets\": []}", "has nbformat 3; expected 4")]
    [InlineData("{\"nbformat\": \"4\", \"cells\": []}", "has nbformat \"4\"; expected 4")]
    [InlineData("{\"nbformat\": 4, \"nbformat_minor\": \"x\", \"cells\": []}", "\"nbformat_minor\"")]
    [InlineData("{\"nbformat\": 4}", "\"cells\" is missing; expected a list")]
    [InlineData("{\"nbformat\": 4, \"cells\": {}}", "\"cells\" is an object; expected a list")]
    [InlineData("{\"nbformat\": 4, \"cells\": [1]}", "cell 1 is a number; expected an object")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"cod\", \"source\": \"\"}]}", "cell 1: \"cell_type\" is \"cod\". Did you mean \"code\"?")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\"}]}", "cell 1: \"source\" is missing; expected a string or a list of strings")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": [1]}]}", "cell 1: \"source\" is a list; expected a string or a list of strings only")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\", \"metadata\": 3}]}", "cell 1: \"metadata\" is a number; expected an object")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\", \"outputs\": [{\"output_type\": \"pyout\"}]}]}", "cell 1, output 1: \"output_type\" is \"pyout\"")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\", \"outputs\": [{\"output_type\": \"display_data\"}]}]}", "cell 1, output 1: \"data\" is missing")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"raw\", \"source\": \"\\ud800\"}]}", "half of a surrogate pair")]
    public void WhatIsNoNotebookIsNamed(string json, string problem)
    {
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Parse(json));
        Assert.Equal("n.ipynb", error.Path);
        Assert.Contains(problem, error.Message);
    }

    [Fact]
    public void DeepNestingIsRefused() =>
        Assert.Throws<InvalidFileException>(() => Parse("{\"nbformat\": 4, \"cells\": " + new string('[', 5000) + new string(']', 5000) + "}"));

    [Fact]
    public void AMissingFileIsNamed() => Assert.Contains("Expected a Jupyter notebook", Assert.Throws<InvalidFileException>(() => Notebook.Read("/nowhere/n.ipynb")).Message);

    [Fact]
    public void ANotebookMadeHereIsValid()
    {
        Notebook notebook = Notebook.Empty();
        notebook.Insert(0, CellKind.Code, "1", "a-tag");
        notebook.Insert(0, CellKind.Markdown, "# T\r\nx");
        Notebook again = Parse(notebook.ToJson());
        Assert.Equal(["# T\r\nx", "1"], again.Cells.Select(c => c.Source));
        Assert.Equal(["a-tag"], again.Cells[1].Tags);
    }
}
