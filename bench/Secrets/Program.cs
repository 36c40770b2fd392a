// Secrets decrypted and staged by the activator as machines get it, whole processes, in a folder that stands for a machine. See README.md.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Hale.Secrets;
using Hale.Store.Closure;
using Hale.Store.Dotnet;
using Hale.Store.Local;
using Hale.Store.Paths;

const int Values = 100;
const int Files = 4;
const int Rounds = 10;
const string Bench = "/nix/store/00000000000000000000000000000001-hale-system-bench";
const string Sealed = "/nix/store/00000000000000000000000000000002-hale-secrets-bench";
const string Text = "/nix/store/00000000000000000000000000000003-bot.env";
var now = DateTimeOffset.UnixEpoch;

using var store = LocalStore.Open(LocalStore.DefaultFolder());
var (activator, runtime) = await PublishAsync(store);

// Machines stage into memory, and read what is still there from receiving it.
var memory = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
var root = Directory.CreateDirectory(Path.Combine(memory, $"hale-bench-{Environment.ProcessId}")).FullName;
try
{
    Prepare();
    var nothing = Repeat(() => { }, "activate", "--system", Bench);
    new Figure($"{Values} values and {Files} files decrypted and staged", Repeat(() => Directory.Delete(root + "/run", recursive: true), "secrets"))
    {
        Goal = 0.3,
        Baseline = "an activation, nothing to do",
        BaselineRuns = nothing,
    }.Print();
    new Figure("the same again, nothing changed", Repeat(() => { }, "secrets")) { Baseline = "an activation, nothing to do", BaselineRuns = nothing }.Print();
}
finally
{
    Directory.Delete(root, recursive: true);
}

void Prepare()
{
    var key = AgeIdentity.Generate();
    Directory.CreateDirectory(root + "/var/lib/hale");
    key.WriteKeyFile(root + "/var/lib/hale/key.txt", now);
    Write("/etc/os-release", "ID=debian\nVERSION_ID=13\n");
    Write("/.sops.yaml", $"creation_rules:\n  - age: {key.Recipient}\n");

    // Values of the length of a token, in maps as people group them.
    var values = Enumerable.Range(0, Values).Select(i => $"{(i % 10 == 0 ? $"service{i / 10}:\n" : "")}    value{i}: {i:d3}{new string('x', 61)}\n");
    Seal("s.yaml", SopsFormat.Yaml, string.Concat(values));
    foreach (var i in Enumerable.Range(0, Files))
        Seal($"file{i}.bin", SopsFormat.Binary, new string('y', 4096));
    Write(Text, string.Concat(Enumerable.Range(0, 10).Select(i => $"V{i}={{{{secret:v{i}}}}}\n")));

    var manifest = new SystemManifest
    {
        Host = "bench",
        Architecture = "amd64",
        Sealed = Sealed,
        Secrets =
        [
            .. Enumerable.Range(0, Values).Select(i => Provided($"v{i}", "s.yaml", $"service{i / 10}/value{i}")),
            .. Enumerable.Range(0, Files).Select(i => Provided($"f{i}", $"file{i}.bin", "")),
        ],
        Templates = [new() { Name = "bot.env", Path = Text, Format = TemplateFormat.Environment }],
    };
    Write($"{Bench}/manifest.json", JsonSerializer.Serialize(manifest, ManifestJson.Default.SystemManifest));
    Run("activate", "--system", Bench);
}

static ManifestSecret Provided(string name, string file, string key) =>
    new() { Name = name, Origin = SecretOrigin.Provided, File = file, Key = key };

void Seal(string file, SopsFormat format, string plain)
{
    var rule = SopsRules.Find(root + "/.sops.yaml").For(Path.Combine(root, file));
    Write($"{Sealed}/{file}", SopsFile.Encrypt(Encoding.UTF8.GetBytes(plain), format, file, rule, now).Text);
}

void Write(string path, string text)
{
    Directory.CreateDirectory(Path.GetDirectoryName(root + path)!);
    File.WriteAllText(root + path, text);
}

List<double> Repeat(Action before, params string[] arguments) => [.. Enumerable.Range(0, Rounds).Select(_ =>
{
    before();
    return Run(arguments);
})];

double Run(params string[] arguments)
{
    var program = Path.Combine(activator, "bin", "hale-activator");
    var info = new ProcessStartInfo(program, [.. arguments, "--root", root]) { RedirectStandardOutput = true };
    info.Environment["DOTNET_ROOT"] = runtime;
    var watch = Stopwatch.StartNew();
    using var process = Process.Start(info)!;
    var said = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0
        ? watch.Elapsed.TotalSeconds
        : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
}

static async Task<(string Activator, string Runtime)> PublishAsync(LocalStore store)
{
    var folder = new DirectoryInfo(AppContext.BaseDirectory);
    while (!File.Exists(Path.Combine(folder!.FullName, "Hale.slnx")))
        folder = folder.Parent;
    var source = new DotnetSource(store) { Report = Console.Error.WriteLine };
    var locked = await source.LockAsync(new DotnetRequest { Architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64" });
    var runtime = await source.RuntimeAsync(locked);
    var program = await source.ProgramAsync("hale-activator", Path.Combine(folder.FullName, "src", "Hale.Activator"), locked);
    return (store.Real(program.Path), store.Real(runtime.Path));
}
