// What the assistant holds in memory after people have talked with it. See README.md.
using AroundTheAssistant;
using Companion.Tests.Harness;
using Registration.Tests.Harness;

const int Messages = 20;

var work = Directory.CreateTempSubdirectory("hale-bench-").FullName;
var synapse = new SynapseServer();
await synapse.InitializeAsync();
await using var claude = await FakeClaude.StartAsync();
try
{
    var bot = await Person.MakeAsync(synapse, "claude");
    using var service = Published.Start(await Published.ServiceAsync("companion", "Companion",
        ("MATRIX_HOMESERVER_URL", synapse.Url.AbsoluteUri),
        ("MATRIX_USER_ID", bot.UserId),
        ("MATRIX_ACCESS_TOKEN", bot.AccessToken),
        ("ANTHROPIC_API_KEY", "sk-bench"),
        ("ANTHROPIC_BASE_URL", claude.Url.AbsoluteUri),
        ("CRYPTO_PICKLE_KEY", "a pickle key of the bench, long enough"),
        ("TOOLS_SANDBOX_DIR", Directory.CreateDirectory(Path.Combine(work, "sandbox")).FullName),
        ("STATE_DIRECTORY", work)));
    try
    {
        foreach (var name in new[] { "plain1", "secret1", "plain2", "secret2" })
            await TalkAsync(name, bot);
        Published.PrintMemory("the assistant", service, goal: 90);
    }
    finally
    {
        service.Kill();
        await service.WaitForExitAsync();
    }
}
finally
{
    await synapse.DisposeAsync();
    Directory.Delete(work, recursive: true);
}

// One thread: each answer comes with all that was said before it.
async Task TalkAsync(string name, Person bot)
{
    await Person.MakeAsync(synapse, name);
    await using var person = await MatrixApp.StartAsync(
        synapse.Url.AbsoluteUri.TrimEnd('/'), name, "password", bot.UserId, isEncrypted: name.StartsWith("secret", StringComparison.Ordinal));
    for (var message = 0; message < Messages; message++)
    {
        var answer = await person.SayAsync($"Number {message}: what do we have for dinner? **Soup**, or something with [more](https://example.org/)?");
        if (!answer["body"]!.GetValue<string>().Contains($"Number {message}", StringComparison.Ordinal))
            throw new InvalidOperationException($"It answers something else: {answer.ToJsonString()}");
    }
    await person.LeaveAsync();
}
