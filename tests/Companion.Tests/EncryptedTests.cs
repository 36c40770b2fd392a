using System.Text.Json.Nodes;
using Companion.State;
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

        string[] said = ["hello in secret", "and again", "after the restart"];
        await using var app = await MatrixApp.StartAsync(synapse.Url.AbsoluteUri.TrimEnd('/'), "secretive", "password", bot.UserId, isEncrypted: true);
        List<JsonObject> answers = [await app.SayAsync(said[0]), await app.SayAsync(said[1])];
        await assistant.StopAsync();
        await assistant.StartAsync();
        answers.Add(await app.SayAsync(said[2]));
        var room = await app.LeaveAsync();

        Assert.Equal(said, answers.Select(answer => answer["body"]!.GetValue<string>().Split(": ")[^1]));
        Assert.All(answers, answer => Assert.True(answer["encrypted"]!.GetValue<bool>() && answer["thread"]!.GetValue<bool>()));
        Assert.Equal((0, 1), (room["in_the_clear"]!.GetValue<int>(), room["devices"]!.GetValue<int>()));
        Assert.True(room["signed"]!.GetValue<bool>(), assistant.Log);

        // Nothing on the disk shows a private key: what is there is pickles.
        Assert.DoesNotContain(PickleKey, await File.ReadAllTextAsync(Path.Combine(assistant.State, "companion.db")), StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root", "node")]
    public async Task After_the_assistant_lost_its_session_with_a_device_the_device_begins_anew_and_is_read_again()
    {
        await Person.MakeAsync(synapse, "unlucky");
        var bot = await Person.MakeAsync(synapse, "claude-lost");
        await using var assistant = new Assistant(synapse, bot, claude, null, ("CRYPTO_PICKLE_KEY", PickleKey));
        await assistant.StartAsync();
        await using var app = await MatrixApp.StartAsync(synapse.Url.AbsoluteUri.TrimEnd('/'), "unlucky", "password", bot.UserId, isEncrypted: true);
        await app.SayAsync("hello");
        await assistant.StopAsync();
        using (var database = Database.Open(Path.Combine(assistant.State, "companion.db")))
            Assert.NotEqual(0, database.Execute("DELETE FROM olm_session"));
        await assistant.StartAsync();

        await app.SayAsync("/discard");
        await app.SayAsync("/quietly this is lost");
        for (var patience = System.Diagnostics.Stopwatch.StartNew(); !assistant.Log.Contains("Began a new session", StringComparison.Ordinal); await Task.Delay(100))
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(40), assistant.Log);
        await app.SayAsync("/settle");
        var answer = await app.SayAsync("this is read");

        Assert.EndsWith(": this is read", answer["body"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain(claude.Requests, request => FakeClaude.Asked(request).Contains("lost", StringComparison.Ordinal));
    }

    [NeedsFact("mmdebstrap", "root", "node")]
    public async Task With_another_pickle_key_it_does_not_start_and_says_why()
    {
        var bot = await Person.MakeAsync(synapse, "claude-key");
        using var folder = new TemporaryFolder();
        Assistant With(string key) => new(synapse, bot, claude, null, ("CRYPTO_PICKLE_KEY", key), ("CRYPTO_DATABASE_PATH", Path.Combine(folder.Path, "companion.db")));
        await using (var assistant = With(PickleKey))
            await assistant.StartAsync();
        var again = With("another pickle key, also long enough");

        var error = await Assert.ThrowsAsync<IOException>(again.StartAsync);

        Assert.Contains("crypto.pickle_key", error.Message, StringComparison.Ordinal);
    }
}
