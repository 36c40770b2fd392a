using System.Diagnostics;
using Hale.Activator.Data;
using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Data;

/// <summary>
/// A folder as a machine with a database in it: whenever it is started, it migrates its data to the format of the system that runs, and it
/// fails where they are of a newer one, as real software does.
/// </summary>
internal sealed class DataMachine : IDisposable
{
    internal const string Place = "/var/lib/db";

    internal DataMachine(string root, Action<string> changing)
        : this(new TestMachine(root, changing))
    {
    }

    internal DataMachine(TestMachine? machine = null)
    {
        Machine = machine ?? new TestMachine();
        Machine.Systemd.Before = Act;
    }

    internal TestMachine Machine { get; }

    /// <summary>Formats whose software fails once it has migrated.</summary>
    internal HashSet<string> Failing { get; } = [];

    /// <summary>A system whose software writes this format.</summary>
    internal static SystemManifest System(string format, int unit = 0, string identity = "example.org", FormatChange change = FormatChange.Migrate) =>
        Of(Unit("db.service", unit == 0 ? (int)char.GetNumericValue(format[0]) : unit), Unit("page.service")) with
        {
            State = [new() { Name = "db", Paths = [Place], Units = ["db.service"], Identity = identity, IdentityName = "server name", Format = format, OnChange = change }],
        };

    internal string Put(string format, SystemManifest? manifest = null, string? name = null) => Machine.Put(name ?? $"v{format}", manifest ?? System(format));

    /// <summary>The machine with data of the first format, in the generation of that.</summary>
    internal string First()
    {
        var system = Put("1");
        Assert.Equal(Outcome.Done, Machine.Activate(system).Outcome);
        Write("rows", "one\n");
        Machine.Events.Clear();
        return system;
    }

    internal void Write(string name, string text) => Machine.Write($"{Place}/{name}", text);

    internal string? Read(string name) => File.Exists(Machine.At($"{Place}/{name}")) ? Machine.Read($"{Place}/{name}") : null;

    internal ResultEvent Activate(string system, bool restore = false, bool adopt = false, SwitchMode mode = SwitchMode.Switch, bool stays = false) =>
        Machine.Activate(new ActivationRequest(system, "ana@laptop") { Data = new(restore, adopt), Mode = mode, NoRollback = stays });

    internal ResultEvent GoTo(int number, bool restore = false)
    {
        var generation = Machine.Generations.Find(number)!;
        return Machine.Activate(new ActivationRequest(generation.System, Earlier: generation) { Data = new(restore) });
    }

    internal static void AssertEnd(Outcome expected, ResultEvent result) => Assert.True(result.Outcome == expected, $"{result.Outcome}: {string.Join('\n', result.Errors)}");

    internal DataRecord? Record => DataRecord.Read(Machine.Files, "db");

    /// <summary>The format that the running system's software writes.</summary>
    internal string Runs => SystemClosure.Current(Machine.Files)!.Manifest.State[0].Format;

    internal IReadOnlyList<StateSnapshot> Kept(int generation) => Snapshots.Of(Machine.Files, generation);

    /// <summary>All of a folder that a copy must keep: kinds, modes, owners, times, sizes, holes, links and contents.</summary>
    internal string Tree(string path)
    {
        var start = new ProcessStartInfo("sh", ["-c", "cd \"$0\" && find . -printf '%P %y %m %U:%G %n %s %b %T@ %l\\n' | sort && find . -type f -exec sha256sum {} + | sort", Machine.At(path)])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    /// <summary>What recovery failed with at the last boot; null where it did not.</summary>
    internal string? NotRecovered { get; private set; }

    /// <summary>Whether systemd has the drop-in that keeps the database from starting, and what that asks for does not hold.</summary>
    internal bool IsHeld
    {
        get
        {
            const string place = "/run/hale/held/db.service.d/zzz-hale-data.conf", assertion = "AssertPathExists=";
            if (!Machine.Files.Exists(place))
                return false;
            var asked = Assert.Single(Machine.Read(place).Split('\n'), line => line.StartsWith(assertion, StringComparison.Ordinal))[assertion.Length..];
            // With a | in front, another assertion of the unit would be enough.
            Assert.Equal('!', asked[0]);
            // systemd follows links, and those of a machine in a folder lead out of it.
            return Machine.Files.Target(asked[1..]) is { } until && Machine.Files.Exists(until);
        }
    }

    /// <summary>The next boot: nothing runs, then recovery, then the database starts.</summary>
    internal void Reboot()
    {
        Machine.Reboot();
        Machine.Systemd.Units.Clear();
        Machine.Systemd.Units["multi-user.target"] = new("active", "active", Invocation: "t");
        if (ActivationJournal.Read(Machine.Files) is { } journal)
        {
            try
            {
                Recover.Run(Machine.Context, journal);
            }
            catch (UserError e)
            {
                NotRecovered = e.Message;
            }
        }

        if (Machine.Files.Target("/run/hale/system") is not null && !IsHeld)
            Machine.Systemd.Run(UnitVerb.Start, ["db.service"]);
    }

    private void Act(string call)
    {
        var words = call.Split(' ');
        if (words[0] is not ("start" or "restart") || !words.Contains("db.service"))
            return;
        var format = Runs;
        var there = Read("format");
        if (there is not null && string.CompareOrdinal(there, format) > 0)
        {
            Machine.Systemd.Broken.Add("db.service");
            return;
        }

        if (there != format)
        {
            Write("format", format);
            Write("rows", (Read("rows") ?? "") + $"migrated to {format}\n");
            Write($"new-in-{format}", "");
        }

        if (Failing.Contains(format))
            Machine.Systemd.Broken.Add("db.service");
        else
            Machine.Systemd.Broken.Remove("db.service");
    }

    public void Dispose() => Machine.Dispose();
}
