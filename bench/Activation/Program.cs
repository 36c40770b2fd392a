// What an activation costs beside what it does: 200 units and 500 files with nothing to change, on a machine of the lab, against ansible. See README.md.
using System.Diagnostics;
using System.Globalization;

const int Units = 200;
const int Files = 500;
const int Rounds = 10;
const int Plays = 1;

var root = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(root!.FullName, "Hale.slnx")))
    root = root.Parent;
var hale = Path.Combine(root.FullName, "hale");
var scratch = Directory.CreateTempSubdirectory("hale-bench-").FullName;
var fleet = Path.Combine(scratch, "fleet.cs");
File.WriteAllText(fleet, $$"""
    var fleet = new Fleet("example.org") { Hosts = { new Host("bench") { Address = "root@bench.example.org", Modules = { new Many() } } } };
    return await HaleCommand.RunAsync(args, fleet);

    sealed record Many : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
        [
            .. Enumerable.Range(1, {{Units}}).Select(i => new Unit($"bench{i}.service")
            {
                WantedBy = ["multi-user.target"],
                Body = { { "Service", "Type", "oneshot" }, { "Service", "RemainAfterExit", "yes" }, { "Service", "ExecStart", $"/bin/true {i}" } },
            }),
            .. Enumerable.Range(1, {{Files}}).Select(i => new EtcFile($"/etc/bench/file{i}.conf", new TextFile($"file{i}.conf", $"setting = {i}\n"))),
        ];
    }
    """);
try
{
    await using var trial = await Trial.StartAsync(hale, fleet, host: "bench");
    var shell = ((string)trial.Ready["shell"]!).Trim();
    const string again = "system=$(readlink -f /run/hale/system); export DOTNET_ROOT=$system/runtime; $system/activator/bin/hale-activator activate --system $system >/dev/null";
    // The same system by another name, so that all is planned, noted in the journal, switched and committed, and no unit or file differs.
    const string other = "system=$(readlink -f /run/hale/system); other=/nix/store/$(test \"${system#*0000-hale}\" != \"$system\" && cat /root/first || echo 00000000000000000000000000000000-hale-system-bench); "
        + "test -e /root/first || basename $system >/root/first; test -e $other || cp -a $system $other; export DOTNET_ROOT=$system/runtime; "
        + "TIMEFORMAT=%R; { time $system/activator/bin/hale-activator activate --system $other >/dev/null; } 2>&1";
    Ask(shell, again);
    var inside = Repeat(Rounds, () => double.Parse(Ask(shell, $"TIMEFORMAT=%R; {{ time bash -c '{again}'; }} 2>&1"), CultureInfo.InvariantCulture));
    Ask(shell, other);
    var whole = Repeat(Rounds, () => double.Parse(Ask(shell, other), CultureInfo.InvariantCulture));

    new Figure($"an activation of {Units} units and {Files} files, the same again", inside) { Goal = 0.2 }.Print();
    new Figure("the same planned, in the journal, switched and committed, nothing differs", whole) { Goal = 0.2 }.Print();

    if (args.Contains("alone"))
        return;
    var noop = Repeat(Rounds, () => Seconds(() => Ask(shell, again)));
    var nothing = Repeat(Rounds, () => Seconds(() => Run(hale, "try", "bench", "--fleet", fleet)));
    Console.Error.WriteLine("bench: installing python3 on the machine, for ansible");
    Ask(shell, "apt-get update -qq >/dev/null; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 >/dev/null");
    var play = Playbook();
    var words = shell.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    string[] ansible = ["-i", $"{words[^1].Split('@')[^1]},", "-u", "root", "--ssh-common-args", string.Join(' ', words[1..^1].Where(word => word != "-t")), play];
    // What it would copy lies there already: one play takes minutes.
    Ask(shell, "cp -RL /etc/bench /etc/ansible-bench && chmod 0644 /etc/ansible-bench/* && chmod 0755 /etc/ansible-bench");
    var plays = Repeat(Plays, () => Seconds(() => Run("ansible-playbook", ansible)));

    new Figure("the same again, over ssh", noop) { GoalRatio = 0.05, Baseline = "ansible-playbook, nothing to do", BaselineRuns = plays }.Print();
    new Figure("the same again, the whole command", nothing) { GoalRatio = 0.05, Baseline = "ansible-playbook, nothing to do", BaselineRuns = plays }.Print();
}
finally
{
    Directory.Delete(scratch, recursive: true);
}

// The same files by one task that copies a folder, which is ansible's fastest, and the same units.
string Playbook()
{
    var files = Directory.CreateDirectory(Path.Combine(scratch, "files")).FullName;
    foreach (var i in Enumerable.Range(1, Files))
        File.WriteAllText(Path.Combine(files, $"file{i}.conf"), $"setting = {i}\n");
    File.WriteAllText(Path.Combine(scratch, "ansible.cfg"), "[ssh_connection]\npipelining = true\n");
    var play = Path.Combine(scratch, "play.yml");
    File.WriteAllText(play, $$$"""
        - hosts: all
          gather_facts: false
          tasks:
            - copy: { src: files/, dest: /etc/ansible-bench/ }
            - systemd: { name: "bench{{ item }}.service", state: started }
              loop: "{{ range(1, {{{Units + 1}}}) | list }}"
              loop_control: { label: "" }
        """);
    return play;
}

static string Ask(string shell, string command) => Run("sh", "-c", $"{shell} \"$0\"", $"bash -c {Quote(command)}").Trim();

static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

static List<double> Repeat(int times, Func<double> once) => [.. Enumerable.Range(0, times).Select(_ => once())];

static double Seconds(Action what)
{
    var watch = Stopwatch.StartNew();
    what();
    return watch.Elapsed.TotalSeconds;
}

static string Run(string program, params string[] arguments)
{
    var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
    if (program == "ansible-playbook")
        start.Environment["ANSIBLE_CONFIG"] = Path.Combine(Path.GetDirectoryName(arguments[^1])!, "ansible.cfg");
    using var process = Process.Start(start)!;
    var error = process.StandardError.ReadToEndAsync();
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}:\n{output}{error.Result}");
}
