using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Companion.Tests;

/// <summary>The assistant in rooms with encryption, with matrix-js-sdk and its own cryptography at the other end.</summary>
[Collection(RealSynapse.Name)]
public sealed class EncryptedTests(SynapseServer synapse) : IAsyncLifetime
{
    private const string PickleKey = "a pickle key of the tests, long enough";
    private FakeClaude claude = null!;

    public async Task InitializeAsync() => claude = await FakeClaude.StartAsync();

    public async Task DisposeAsync() => await claude.DisposeAsync();

    [NeedsFact("mmdebstrap", "root", "node")]
    public async Task A_question_and_its_answer_are_encrypted_both_ways_also_after_a_restart()
    {
        await Person.MakeAsync(synapse, "secretive");
        var bot = await Person.MakeAsync(synapse, "claude-secret");
        await using var assistant = new Assistant(synapse, bot, claude, null, ("CRYPTO_PICKLE_KEY", PickleKey));
        await assistant.StartAsync();

        var first = await TalkAsync(bot, "hello in secret", "and again");
        await assistant.StopAsync();
        await assistant.StartAsync();
        var second = await TalkAsync(bot, "after the restart");

        Assert.Equal(["hello in secret", "and again", "after the restart"],
            first["answers"]!.AsArray().Concat(second["answers"]!.AsArray()).Select(answer => answer!["body"]!.GetValue<string>().Split(": ")[^1]));
        Assert.All(first["answers"]!.AsArray(), answer => Assert.True(answer!["encrypted"]!.GetValue<bool>()));
        Assert.Equal(0, first["in_the_clear"]!.GetValue<int>());
        Assert.Equal(1, second["devices"]!.GetValue<int>());

        // Nothing on the disk shows a private key: what is there is pickles.
        Assert.DoesNotContain(PickleKey, await File.ReadAllTextAsync(Path.Combine(assistant.State, "companion.db")), StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root", "node")]
    public async Task With_another_pickle_key_it_does_not_start_and_says_why()
    {
        var bot = await Person.MakeAsync(synapse, "claude-key");
        var environment = (string key) => new Assistant(synapse, bot, claude, null, ("CRYPTO_PICKLE_KEY", key), ("CRYPTO_DATABASE_PATH", Path.Combine(Path.GetTempPath(), $"{bot.UserId[1..11]}-{Environment.ProcessId}.db")));
        await using (var assistant = environment(PickleKey))
            await assistant.StartAsync();
        var again = environment("another pickle key, also long enough");

        var error = await Assert.ThrowsAsync<IOException>(again.StartAsync);

        Assert.Contains("crypto.pickle_key", error.Message, StringComparison.Ordinal);
    }

    private async Task<JsonObject> TalkAsync(Person bot, params string[] texts)
    {
        var script = Path.Combine(Repository, "tests", "Lab.Tests", "client", "encrypted.mjs");
        using var process = ServiceHarness.Tools.Start("node", [script, synapse.Url.AbsoluteUri.TrimEnd('/'), "secretive", bot.UserId, .. texts], new Dictionary<string, string>());
        await process.StandardInput.WriteAsync("password");
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return JsonNode.Parse(output)!.AsObject();
    }

    private static string Repository
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "Hale.slnx")))
                folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }
}
