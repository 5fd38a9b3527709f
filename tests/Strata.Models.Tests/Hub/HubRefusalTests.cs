using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Strata.Models.Tests;

/// <summary>What the client says when the hub refuses, is busy or is not there, and what it does with names that lead elsewhere.</summary>
public sealed class HubRefusalTests : HubFixture
{
    [Theory]
    [InlineData(401, null, false, "is private", "HF_TOKEN")]
    [InlineData(401, null, true, "token in use", "HF_TOKEN")]
    [InlineData(401, "GatedRepo", false, "is gated", "Accept them at http", "HF_TOKEN")]
    [InlineData(403, "GatedRepo", true, "is gated", "Ask for access at http")]
    [InlineData(403, null, true, "forbids", "lacks the right")]
    [InlineData(404, null, false, "was not found", "Check the name")]
    [InlineData(404, "RevisionNotFound", true, "has no revision \"main\"")]
    public void Refusals_say_what_to_do_and_are_not_repeated(int status, string? code, bool token, params string[] parts)
    {
        Hub.Instead = context => FakeHub.Answer(context, status, code);

        Fails(Settings(token: token ? Token : null), parts);
        Assert.Single(Hub.Requests);
        NothingIsVisible();
    }

    [Fact]
    public void A_gated_model_whose_list_is_public_is_explained_at_its_files()
    {
        Hub.Instead = context => context.Request.Path.Value!.Contains("/resolve/") ? FakeHub.Answer(context, 403, "GatedRepo") : Task.FromResult(false);

        Fails(Settings(token: null), "org/name is gated", "HF_TOKEN");
        NothingIsVisible();
    }

    [Fact]
    public void A_missing_repository_and_a_missing_revision_are_told_apart()
    {
        Fails(HubReference.Parse("hf:org/other"), Settings(token: null), "org/other was not found, or is private");
        Fails(HubReference.Parse("hf:org/name@v2.0"), Settings(), "org/name has no revision \"v2.0\"");
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public void A_busy_server_is_asked_again(int status)
    {
        int left = 2;
        Hub.Instead = context => Interlocked.Decrement(ref left) >= 0 ? FakeHub.Answer(context, status) : Task.FromResult(false);

        SnapshotIsComplete(Fetch(settings: Settings(attempts: 3)), "config.json", "tokenizer.json", "model.safetensors");
    }

    [Fact]
    public void Retry_after_is_obeyed_and_a_long_wait_is_left_to_the_user()
    {
        int left = 1;
        Hub.Instead = context => Interlocked.Decrement(ref left) >= 0 ? FakeHub.Answer(context, 429, null, "1") : Task.FromResult(false);
        Stopwatch time = Stopwatch.StartNew();
        Fetch();
        Assert.InRange(time.Elapsed.TotalSeconds, 0.95, 10);

        Hub.Instead = context => FakeHub.Answer(context, 429, null, "7200");
        Fails(Settings(), "429 (too many requests)", "asks to wait 7,200 s");
    }

    [Fact]
    public void A_server_that_stays_broken_is_left_after_a_few_tries()
    {
        Hub.Instead = context => FakeHub.Answer(context, 500);

        Fails(Settings(attempts: 3), "500", "Tried 3 times");
        Assert.Equal(3, Hub.Requests.Count);
    }

    [Theory]
    [InlineData("../../../escape.safetensors")]
    [InlineData("/etc/escape.safetensors")]
    [InlineData("C:\\escape.safetensors")]
    [InlineData("C:/escape.safetensors")]
    [InlineData("..\\escape.safetensors")]
    [InlineData("a/../../escape.safetensors")]
    [InlineData("a//escape.safetensors")]
    [InlineData("./escape.safetensors")]
    [InlineData("NUL.safetensors")]
    [InlineData("com1.safetensors")]
    [InlineData("a /escape.safetensors")]
    [InlineData("escape.safetensors.")]
    [InlineData("escape\n.safetensors")]
    [InlineData("escape\0.safetensors")]
    [InlineData("")]
    public void Names_that_lead_elsewhere_are_refused_before_anything_is_written(string name)
    {
        Files.Remove("model.safetensors");
        Files["model.safetensors.index.json"] = Text(new JsonObject { ["weight_map"] = new JsonObject { ["a"] = name } }.ToJsonString());
        Hub.Listing = listing => listing["siblings"]!.AsArray().Add(new JsonObject { ["rfilename"] = name, ["size"] = 3, ["lfs"] = new JsonObject { ["sha256"] = new string('a', 64), ["size"] = 3 } });

        Fails(Settings(), "cannot be kept");
        NothingIsVisible();
        Assert.Empty(Hub.Stored);
    }

    [Fact]
    public void A_name_that_is_too_long_is_refused() => Names_that_lead_elsewhere_are_refused_before_anything_is_written(new string('a', 241));

    [Fact]
    public void Odd_names_of_files_that_are_not_needed_do_no_harm()
    {
        Hub.Listing = listing => listing["siblings"]!.AsArray().Add(new JsonObject { ["rfilename"] = "../../evil", ["size"] = 3 });

        SnapshotIsComplete(Fetch(), "config.json", "tokenizer.json", "model.safetensors");
    }

    [Theory]
    [InlineData("\"../../../../tmp\"")]
    [InlineData("\"main\"")]
    [InlineData("\"0123456789ABCDEF0123456789ABCDEF01234567\"")]
    [InlineData("null")]
    [InlineData("17")]
    public void A_commit_must_be_forty_hexadecimal_digits(string commit)
    {
        Hub.Listing = listing => listing["sha"] = JsonNode.Parse(commit);

        Fails(Settings(), "sha");
        NothingIsVisible();
    }

    [Theory]
    [InlineData("blobId", "\"../../../escape\"")]
    [InlineData("blobId", "\"abc\"")]
    [InlineData("size", "-1")]
    [InlineData("size", "1e300")]
    [InlineData("lfs", "[]")]
    public void Hashes_and_sizes_are_checked(string key, string value)
    {
        Hub.Listing = listing => listing["siblings"]![0]![key] = JsonNode.Parse(value);

        Fails(Settings(), "siblings[0]");
        NothingIsVisible();
    }

    [Theory]
    [InlineData("[1,2]")]
    [InlineData("{\"sha\":")]
    [InlineData("<html>login first</html>")]
    public void An_answer_that_is_no_list_is_refused(string answer)
    {
        Hub.Instead = async context =>
        {
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer));
            return true;
        };

        Fails(Settings(), "the hub's answer on hf:org/name@main");
    }

    [Fact]
    public void Another_commit_than_the_one_asked_for_is_refused()
    {
        Hub.Instead = context =>
        {
            if (!context.Request.Path.Value!.EndsWith("config.json", StringComparison.Ordinal)) return Task.FromResult(false);
            context.Response.Headers["X-Repo-Commit"] = new string('f', 40);
            return Task.FromResult(true);
        };

        Fails(Settings(), "answered with");
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    public void Redirects_lead_to_web_servers_only(string target)
    {
        Hub.Instead = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = target;
            return Task.FromResult(true);
        };

        Fails(Settings(), "which is not followed");
    }

    [Fact]
    public void Circles_of_redirects_end()
    {
        Hub.Instead = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = context.Request.Path.Value;
            return Task.FromResult(true);
        };

        Fails(Settings(), "redirected more than 10 times");
    }

    [Fact]
    public void Offline_uses_what_is_there_without_a_request()
    {
        Fetch();
        Hub.Requests.Clear();

        SnapshotIsComplete(Fetch(settings: Settings(offline: true)), "config.json", "tokenizer.json", "model.safetensors");
        Assert.Empty(Hub.Requests);
    }

    [Fact]
    public void Offline_what_is_missing_is_said_with_the_command_that_fetches_it()
    {
        Fails(Settings(offline: true), "is not in the cache", "strata fetch hf:org/name@main", "HF_HUB_OFFLINE");
        HubSnapshot snapshot = Fetch();
        File.Delete(Path.Combine(snapshot.Folder, "model.safetensors"));
        Fails(Settings(offline: true), "only a part", "model.safetensors", "strata fetch hf:org/name@main");
    }

    [Fact]
    public async Task Without_a_connection_the_cache_is_used_and_said_to_be()
    {
        Fetch();
        HubSettings settings = Settings();
        await Hub.DisposeAsync();

        using HubClient client = new(settings);
        HubPlan plan = client.Plan(Model);
        Assert.Contains("was not reached", plan.Note);
        SnapshotIsComplete(client.Download(plan), "config.json", "tokenizer.json", "model.safetensors");
        Fails(HubReference.Parse("hf:org/other"), settings, "was not reached", "Tried 3 times");
    }

    [Fact]
    public void A_repository_without_a_network_says_what_it_has()
    {
        Files.Remove("config.json");
        Fails(Settings(), "has no config.json", "\"README.md\"");
        Files["b-Q4.gguf"] = new(Numbers(10, 1), true);
        Fails(Settings(), "GGUF", "hf:org/name/b-Q4.gguf");
    }
}
