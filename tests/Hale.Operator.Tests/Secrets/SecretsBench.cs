using System.Diagnostics;
using System.Text;
using Hale.Declare;
using Hale.Secrets;

namespace Hale.Operator.Tests.Secrets;

/// <summary>A folder with a fleet, a home of its own, and the verbs on it through the front door.</summary>
internal sealed class SecretsBench : IDisposable
{
    private readonly Dictionary<string, string?> variables = new(StringComparer.Ordinal);

    public SecretsBench()
    {
        Scratch.Write("home/note", "");
        Scratch.Write("fleet/fleet.cs", "this is no C#");
        this["HOME"] = Scratch.At("home");
        this["PATH"] = Environment.GetEnvironmentVariable("PATH");
    }

    public Scratch Scratch { get; } = new();

    /// <summary>Where init puts the key.</summary>
    public string KeyFile => Scratch.At("home", ".config", "sops", "age", "keys.txt");

    /// <summary>An environment variable of the commands; nothing else of this process's environment is seen by them.</summary>
    public string? this[string variable]
    {
        get => variables.GetValueOrDefault(variable);
        set => variables[variable] = value;
    }

    public IPrompt? Prompt { get; set; }

    public Fleet Fleet { get; init; } = Samples.Fleet(Samples.Host("one"));

    public string At(string path) => Scratch.At(["fleet", .. path.Split('/')]);

    public string Read(string path) => File.ReadAllText(At(path));

    public Task<CommandRun> RunAsync(params string[] args) => RunAsync([], args);

    /// <summary>Runs <c>hale secrets …</c> with something piped in.</summary>
    public async Task<CommandRun> RunAsync(byte[] input, string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var bytes = new MemoryStream();
        var surroundings = new Surroundings
        {
            Out = output,
            Error = error,
            OpenInput = () => new MemoryStream(input),
            OpenOutput = () => bytes,
            EnvironmentVariable = variables.GetValueOrDefault,
            Prompt = Prompt,
            WorkingDirectory = Scratch.At("fleet"),
            CacheFolder = Scratch.At("cache"),
            Who = "tester@here",
        };
        var exit = await HaleCommand.RunAsync(args, Fleet, At("fleet.cs"), surroundings, CancellationToken.None);
        return new CommandRun(exit, output + Encoding.UTF8.GetString(bytes.ToArray()), error.ToString());
    }

    /// <summary>Runs and requires that it went well; what it printed.</summary>
    public async Task<string> DoneAsync(params string[] args)
    {
        var run = await RunAsync(args);
        Assert.True(run.Exit == 0, run.ToString());
        return run.Out;
    }

    public async Task<string> SetAsync(string file, string key, string value)
    {
        var run = await RunAsync(Encoding.UTF8.GetBytes(value), ["secrets", "set", file, key]);
        Assert.True(run.Exit == 0, run.ToString());
        return run.Out;
    }

    /// <summary>A script that stands for an editor; its first argument is the file.</summary>
    public void Editor(string body)
    {
        var path = Scratch.Write("editor.sh", "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        this["EDITOR"] = path;
    }

    /// <summary>A key that is somebody else's.</summary>
    public (string File, string Recipient) OtherKey(string name)
    {
        var key = AgeIdentity.Generate();
        key.WriteKeyFile(Scratch.At(name), DateTimeOffset.UnixEpoch);
        return (Scratch.At(name), key.Recipient.ToString());
    }

    /// <summary>The same as a process of its own, as the script starts it; the caller ends it.</summary>
    public Process Start(params string[] args) => Start("dotnet", ["exec", Launcher, .. args]);

    /// <summary>The same on a terminal that its streams are the other side of.</summary>
    public Process StartOnTerminal(params string[] args) => Start("script", ["-qec", $"dotnet exec {Launcher} {string.Join(' ', args)}", "/dev/null"]);

    private static string Launcher => Path.Combine(AppContext.BaseDirectory, "Hale.Launcher.dll");

    private Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Scratch.At("fleet"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // A debugger's pipes in the temporary folder would keep whoever reads all files there waiting.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0", ["HALE_CACHE"] = Scratch.At("cache"), ["HALE_FLEET"] = null, ["SOPS_AGE_KEY"] = null, ["SOPS_AGE_KEY_FILE"] = null, ["VISUAL"] = null, ["TMPDIR"] = Directory.CreateDirectory(Scratch.At("tmp")).FullName },
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public void Dispose() => Scratch.Dispose();
}
