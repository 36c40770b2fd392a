using CallTokens.Tests.Harness;

namespace CallTokens.Tests;

/// <summary>The program itself, as systemd starts it.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task Without_settings_it_refuses_to_start_and_says_all_that_is_missing()
    {
        var result = await Tools.TryAsync("dotnet", [Tools.Program("CallTokens")], new Dictionary<string, string>());

        Assert.Equal(1, result.Code);
        Assert.Contains("LIVEKIT_URL is not set", result.Error, StringComparison.Ordinal);
        Assert.Contains("FULL_ACCESS_SERVERS is not set", result.Error, StringComparison.Ordinal);
        Assert.Contains("LoadCredential=livekit_key:", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LIVEKIT_URL", "https://calls.test", "https://calls.test")]
    [InlineData("FULL_ACCESS_SERVERS", "*, home.test", "only alone")]
    [InlineData("FULL_ACCESS_SERVERS", "home.test *", "only alone")]
    [InlineData("FULL_ACCESS_SERVERS", "https://home.test", "https://home.test")]
    [InlineData("LOCAL_SERVERS", "home.test", "home.test")]
    [InlineData("LOCAL_SERVERS", "home.test=127.0.0.1:8008", "127.0.0.1:8008")]
    [InlineData("ALLOWED_NETWORKS", "10.0.0.0/99", "10.0.0.0/99")]
    public async Task A_setting_that_cannot_be_meant_is_named(string name, string value, string told)
    {
        using var folder = new TemporaryFolder();
        var result = await RunAsync(folder, $"key: {CallService.Secret}\n", (name, value));

        Assert.Equal(1, result.Code);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("key secret", "key: secret")]
    [InlineData("one: 0123456789abcdef0123456789abcdef\ntwo: 0123456789abcdef0123456789abcdef", "2 keys")]
    [InlineData("key: tooshort", "8 characters")]
    [InlineData("# only a comment", "0 keys")]
    public async Task A_key_file_holds_exactly_one_long_key_and_is_never_shown(string text, string told)
    {
        using var folder = new TemporaryFolder();
        var result = await RunAsync(folder, text);

        Assert.Equal(1, result.Code);
        Assert.Contains(told, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("tooshort", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_serves_once_it_said_that_it_is_ready()
    {
        using var folder = new TemporaryFolder();
        var port = Tools.FreePort();
        var environment = Settings(folder, $"key: {CallService.Secret}\n");
        environment["CALL_TOKENS_LISTEN"] = $"http://127.0.0.1:{port}";
        using var process = Tools.Start("dotnet", [Tools.Program("CallTokens")], environment);
        try
        {
            using var client = new HttpClient();
            for (var tries = 0; ; tries++)
            {
                try
                {
                    Assert.Equal("ok\n", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/healthz")));
                    break;
                }
                catch (HttpRequestException) when (tries < 300)
                {
                    await Task.Delay(100);
                }
            }
            await Tools.RunAsync("kill", "-TERM", $"{process.Id}");
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await process.WaitForExitAsync(limit.Token);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Task<(int Code, string Output, string Error)> RunAsync(TemporaryFolder folder, string key, params (string Name, string Value)[] other)
    {
        var environment = Settings(folder, key);
        foreach (var (name, value) in other)
            environment[name] = value;
        return Tools.TryAsync("dotnet", [Tools.Program("CallTokens")], environment);
    }

    private static Dictionary<string, string> Settings(TemporaryFolder folder, string key) => new()
    {
        ["CALL_TOKENS_LISTEN"] = "http://127.0.0.1:1",
        ["LIVEKIT_URL"] = "wss://calls.test/livekit/sfu",
        ["LIVEKIT_KEY_FILE"] = folder.Write("key", key),
        ["FULL_ACCESS_SERVERS"] = "home.test",
    };
}
