using System.Diagnostics;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Staging.SealedMachine;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Staging;

/// <summary>Cryptography and YAML cost a tenth of a second to load: only a system with encrypted secrets pays it, and only when it is activated.</summary>
public sealed class LoadingTests
{
    private static readonly string[] Costly = ["Hale.Secrets", "YamlDotNet"];

    /// <summary>The child: called by this assembly's own entry point.</summary>
    internal static void ActivateAndTell(string root, string system)
    {
        using var machine = new TestMachine(root);
        Console.WriteLine(machine.Activate(system).Outcome);
        foreach (var name in AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetName().Name).Intersect(Costly).Order())
            Console.WriteLine(name);
    }

    [Fact]
    public void Hale_Secrets_is_loaded_only_to_open_encrypted_files()
    {
        using var machine = new SealedMachine();
        var made = machine.Machine.Put("made", Of(Unit("a.service")) with { Secrets = [new() { Name = "made" }], Templates = [machine.Template("t", "{{secret:made}}")] });
        var opened = machine.Machine.Put("opened", Of(Unit("a.service")) with { Sealed = machine.Seal(1, ("s.yaml", "token: one\n")), Secrets = [Provided("token")] });

        Assert.Equal(["Done"], Child(machine.Machine.Root, made));
        Assert.Equal(["Done", .. Costly], Child(machine.Machine.Root, opened));
        Assert.Equal(["Nothing"], Child(machine.Machine.Root, opened));
    }

    private static string[] Child(string root, string system)
    {
        using var child = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(LoadingTests).Assembly.Location, "activate-and-tell", root, system]) { RedirectStandardOutput = true })!;
        return child.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
