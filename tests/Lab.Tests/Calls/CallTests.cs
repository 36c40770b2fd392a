using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hale.Catalogue.Tests;
using Lab.Tests.Ohana;

namespace Lab.Tests.Calls;

/// <summary>
/// A member of the family goes into a call, with a real client, the real Synapse and the gateway. LiveKit, which cannot be had here, is a few lines
/// that keep what they are asked; its own library judges the token and signs the webhooks.
/// </summary>
[Collection(OhanaMachine.Name)]
public sealed class CallTests(OhanaFixture ohana)
{
    // One request, kept; an answer that a new room would have.
    private const string FakeLiveKit = """
        mkdir -p /run/fake-livekit && cat >/run/fake-livekit/answer <<'END'
        #!/bin/sh
        length=0
        while read -r line; do
            line=$(printf %s "$line" | tr -d '\r')
            printf '%s\n' "$line" >>/run/fake-livekit/asked
            case $line in [Cc]ontent-[Ll]ength:*) length=${line#*: } ;; '') break ;; esac
        done
        head -c "$length" >>/run/fake-livekit/asked
        echo >>/run/fake-livekit/asked
        printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\nConnection: close\r\n\r\n{"sid":"PA_1"}'
        END
        cat >/run/systemd/system/fake-livekit.socket <<'END'
        [Socket]
        ListenStream=127.0.0.1:7880
        Accept=yes
        END
        cat >/run/systemd/system/fake-livekit@.service <<'END'
        [Service]
        ExecStart=/bin/sh /run/fake-livekit/answer
        StandardInput=socket
        END
        systemctl daemon-reload && systemctl start fake-livekit.socket
        """;

    [LabFact]
    public async Task A_member_of_the_family_gets_into_a_call_and_the_room_learns_when_the_connection_is_lost()
    {
        var user = $"caller{Environment.TickCount64 % 100_000}";
        await Person.RegisterAsync(ohana, user);
        await ohana.Machine.SucceedAsync(FakeLiveKit);
        try
        {
            var key = (await ohana.Machine.SucceedAsync("cat /run/secrets/rendered/livekit/keys")).Trim().Split(": ");

            var call = await CallAsync(user, key[0], key[1]);

            Assert.Equal("wss://ohana-matrix.xyz/livekit/sfu", call.GetProperty("url").GetString());
            Assert.Equal($"@{user}:ohana-matrix.xyz:{call.GetProperty("device").GetString()}", call.GetProperty("legacy").GetString());
            Assert.True(call.GetProperty("left").GetBoolean());
            var asked = await ohana.Machine.SucceedAsync("cat /run/fake-livekit/asked");
            Assert.Contains("POST /twirp/livekit.RoomService/CreateRoom HTTP/1.1", asked, StringComparison.Ordinal);
            Assert.Contains("\"empty_timeout\":300,\"departure_timeout\":20", asked, StringComparison.Ordinal);
            var journal = await ohana.Machine.SucceedAsync("journalctl --unit call-tokens.service --no-pager");
            Assert.Contains($"@{user}:ohana-matrix.xyz", journal, StringComparison.Ordinal);
            Assert.DoesNotContain(key[1], journal, StringComparison.Ordinal);
        }
        finally
        {
            await ohana.Machine.SucceedAsync("systemctl stop fake-livekit.socket; rm -r /run/fake-livekit /run/systemd/system/fake-livekit*; systemctl daemon-reload");
        }
    }

    [LabFact]
    public async Task Who_is_nobodys_user_gets_no_token_and_leads_the_service_nowhere()
    {
        using var client = ohana.Client();
        foreach (var server in (string[])["ohana-matrix.xyz", "127.0.0.1:22", "[::1]:8008", "localhost:8008", "169.254.169.254"])
        {
            var request = new JsonObject
            {
                ["room"] = "!a:b",
                ["device_id"] = "D",
                ["openid_token"] = new JsonObject { ["access_token"] = "made up", ["token_type"] = "Bearer", ["matrix_server_name"] = server, ["expires_in"] = 3600 },
            };
            using var content = new StringContent(request.ToJsonString(), Encoding.UTF8, "application/json");

            using var answer = await client.PostAsync("https://ohana-matrix.xyz/livekit/jwt/sfu/get", content);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("M_UNAUTHORIZED", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("errcode").GetString());
        }
    }

    private async Task<JsonElement> CallAsync(string user, string key, string secret)
    {
        var start = new ProcessStartInfo("node", [Repository.At("tests", "Lab.Tests", "client", "call.mjs"), $"https://ohana-matrix.xyz:{ohana.Https}", "127.0.0.1", user])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NODE_EXTRA_CA_CERTS"] = ohana.Certificate;
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(new JsonObject { ["password"] = Person.Password, ["key"] = key, ["secret"] = secret }.ToJsonString());
        node.StandardInput.Close();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
        return JsonDocument.Parse(output).RootElement;
    }
}
