using System.Diagnostics;
using System.Text.Json.Nodes;
using AroundTheAssistant;
using Hale.Catalogue;
using Hale.Declare;
using Hale.Produce;
using Hale.Store.Closure;
using Lab.Tests.Isolation;

namespace Lab.Tests.Ohana;

/// <summary>The assistant on the machine: the account that it made there, its own unit, Caddy's TLS before its rooms. The paid API is a fake at the wire.</summary>
[Collection(OhanaMachine.Name)]
public sealed class AssistantTests(OhanaFixture ohana)
{
    [LabFact]
    public async Task It_answers_a_mention_in_a_thread_and_neither_a_restart_nor_a_deployment_ends_the_conversation()
    {
        var user = $"talker{Environment.TickCount64 % 100_000}";
        await Person.RegisterAsync(ohana, user);
        await using var claude = await FakeClaude.StartAsync();
        using var way = await LeadMachineToAsync(claude.Url.Port);
        try
        {
            await DeployAsync(claude, "Be kind.");
            await using var plain = await AppAsync(user, isEncrypted: false);
            await using var secret = await AppAsync(user, isEncrypted: true);
            await HearAsync(claude, plain, false, "I am Nana", "and I like tea");
            await HearAsync(claude, secret, true, "nobody else reads this", "nor that");

            await ohana.Machine.SucceedAsync("systemctl restart companion.service");
            await HearAsync(claude, plain, false, "after a restart");
            await HearAsync(claude, secret, true, "after a restart");

            await DeployAsync(claude, "Be brief.");
            await HearAsync(claude, plain, false, "after a deployment");
            await HearAsync(claude, secret, true, "after a deployment");

            // All that was said in a thread went along with its last question, and nothing of the other's.
            Assert.Equal(["I am Nana", "and I like tea", "after a restart", "after a deployment"], Questions(claude.Requests[^2]));
            Assert.Equal(["nobody else reads this", "nor that", "after a restart", "after a deployment"], Questions(claude.Requests[^1]));
            Assert.Equal("Be brief.", claude.Requests[^1]["system"]![0]!["text"]!.GetValue<string>());
            var (open, closed) = (await plain.LeaveAsync(), await secret.LeaveAsync());
            Assert.Equal((8, 0), (open["in_the_clear"]!.GetValue<int>(), closed["in_the_clear"]!.GetValue<int>()));
            Assert.True(closed["signed"]!.GetValue<bool>());

            var key = (await ohana.Machine.SucceedAsync("cat /run/secrets/anthropic_api_key")).Trim();
            Assert.Equal($"Bearer {key}", claude.Key);
            var journal = await ohana.Machine.SucceedAsync("journalctl --unit companion.service --no-pager");
            Assert.DoesNotContain(key, journal, StringComparison.Ordinal);
            Assert.DoesNotContain("nobody else reads this", journal, StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(Outcome.Done, (await ohana.DeployAsync(await OhanaFixture.DeclareAsync())).Outcome);
        }
    }

    [LabFact]
    public async Task A_program_of_its_own_unit_has_its_secret_and_sees_nothing_of_the_assistant()
    {
        var user = $"noter{Environment.TickCount64 % 100_000}";
        await Person.RegisterAsync(ohana, user);
        await using var claude = await FakeClaude.StartAsync();
        using var way = await LeadMachineToAsync(claude.Url.Port);
        claude.Answers(Reply.Calls("notes_look", []), Reply.Text("I have looked."));
        try
        {
            await DeployAsync(claude, "Be kind.", new McpProgram("notes", $"/usr/bin/python3 {new TextFile("notes.py", Notes)}")
            {
                Packages = ["python3"],
                Secrets = [("NOTES_TOKEN", Secret.Generated("notes_token"))],
            });
            await using var app = await AppAsync(user, isEncrypted: false);

            Assert.Equal("I have looked.", (await app.SayAsync("what is in my notes?"))["body"]!.GetValue<string>());

            var result = claude.Requests[^1]["messages"]!.AsArray()[^1]!["content"]![0]!["content"]!.GetValue<string>();
            var token = (await ohana.Machine.SucceedAsync("cat /run/secrets/notes_token")).Trim();
            Assert.NotEqual("", token);
            Assert.Equal($"token {token}; state none; credentials none; network none; user other", result);
            await Exposure.AssertAtMostAsync(ohana.Machine, 2.0, "companion-mcp-notes@0.service");
            Assert.NotEqual(0, (await ohana.Machine.RunAsync("setpriv --reuid=65534 --clear-groups ls /run/companion-mcp/notes.sock")).ExitCode);
        }
        finally
        {
            Assert.Equal(Outcome.Done, (await ohana.DeployAsync(await OhanaFixture.DeclareAsync())).Outcome);
        }
        Assert.Equal("", (await ohana.Machine.SucceedAsync("systemctl list-units --all --plain --no-legend 'companion-mcp*'")).Trim());
    }

    // A server of the Model Context Protocol that says what it can get at.
    private const string Notes = """
        import json, os, socket, sys

        def there(path):
            try:
                return "seen" if os.listdir(path) else "none"
            except OSError:
                return "none"

        def network():
            try:
                socket.create_connection(("127.0.0.1", 8008), timeout=2)
                return "reached"
            except OSError:
                return "none"

        for line in sys.stdin:
            message = json.loads(line)
            if "id" not in message:
                continue
            method = message["method"]
            if method == "initialize":
                result = {"protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "notes", "version": "1"}}
            elif method == "tools/list":
                result = {"tools": [{"name": "look", "description": "Looks around.", "inputSchema": {"type": "object"}}]}
            elif method == "tools/call":
                text = "; ".join(["token " + os.environ["NOTES_TOKEN"], "state " + there("/var/lib"), "credentials " + there("/run/credentials"),
                    "network " + network(), "user " + ("root" if os.getuid() == 0 else "other")])
                result = {"content": [{"type": "text", "text": text}]}
            else:
                result = None
            answer = {"result": result} if result else {"error": {"code": -32601, "message": "no such method"}}
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
        """;

    private async Task DeployAsync(FakeClaude claude, string prompt, params McpProgram[] programs)
    {
        var fleet = await OhanaFixture.DeclareAsync();
        OhanaFixture.HostOf(fleet).Modules.Add(new Hale.Catalogue.Companion { ApiUrl = claude.Url.AbsoluteUri, SystemPrompt = prompt, McpPrograms = [.. programs] });
        var result = await ohana.DeployAsync(fleet);
        Assert.True(result.Outcome == Outcome.Done, $"{result.Outcome}: {string.Join('\n', result.Errors)}");
    }

    private Task<MatrixApp> AppAsync(string user, bool isEncrypted) => MatrixApp.StartAsync(
        $"https://ohana-matrix.xyz:{ohana.Https}", user, Person.Password, "@claude:ohana-matrix.xyz", isEncrypted, ohana.Certificate);

    /// <summary>The fake repeats what it is asked, so that what is heard is what the model would have seen.</summary>
    private static async Task HearAsync(FakeClaude claude, MatrixApp app, bool isEncrypted, params string[] texts)
    {
        foreach (var text in texts)
        {
            var answer = await app.SayAsync(text);
            Assert.StartsWith("You said: ", answer["body"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.EndsWith($":ohana-matrix.xyz: {text}", answer["body"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.Equal((true, isEncrypted), (answer["thread"]!.GetValue<bool>(), answer["encrypted"]!.GetValue<bool>()));
            Assert.Equal(text, Questions(claude.Requests[^1])[^1]);
        }
    }

    private static List<string> Questions(JsonObject request) =>
        [.. request["messages"]!.AsArray().Where(message => message!["role"]!.GetValue<string>() == "user").Select(message => message!["content"]!)
            .Select(content => content is JsonArray blocks ? blocks[0]!["text"]!.GetValue<string>() : content.GetValue<string>())
            .Select(text => text.Split(": ")[^1])];

    /// <summary>Makes a port of this computer's loopback one of the machine's, as the far end of an owner's gateway would be.</summary>
    private async Task<Way> LeadMachineToAsync(int port)
    {
        var way = new Way(Process.Start(new ProcessStartInfo("ssh",
            [.. ohana.Machine.Ssh.Options, "-oExitOnForwardFailure=yes", "-N", "-R", $"127.0.0.1:{port}:127.0.0.1:{port}", ohana.Machine.Ssh.Destination]))!);
        await ohana.Machine.SucceedAsync($"timeout 20 bash -c 'until : 2>/dev/null </dev/tcp/127.0.0.1/{port}; do sleep 0.1; done'");
        return way;
    }

    private sealed record Way(Process Ssh) : IDisposable
    {
        public void Dispose()
        {
            Ssh.Kill();
            Ssh.WaitForExit();
            Ssh.Dispose();
        }
    }
}
