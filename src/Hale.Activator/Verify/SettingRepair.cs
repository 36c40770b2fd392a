using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>Puts back users, directories, modes, owners and kernel settings.</summary>
internal sealed class SettingRepair(ActivationContext context, SystemManifest manifest)
{
    internal void User(Finding finding)
    {
        if (finding.Kind == FindingKind.UserMissing)
        {
            context.Systemd.MakeUsers(Declared(Planner.SysusersFile));
            // Who is made anew may have another number, and owns its folders under it.
            if (manifest.Files.Any(f => f.Target == Planner.TmpfilesFile))
                context.Systemd.MakeFolders(Declared(Planner.TmpfilesFile));
            return;
        }

        var name = finding.Account!["user ".Length..];
        var (what, value) = finding.Expected.LastIndexOf(' ') is var at ? (finding.Expected[..at], finding.Expected[(at + 1)..]) : default;
        string[] arguments = what switch
        {
            "shell" => ["--shell", value],
            "home" => ["--home", value],
            "group" => ["--gid", value],
            "in the group" => ["--append", "--groups", value],
            _ => throw new UserError(
                $"the number of {finding.Account} is not changed back", "Files of theirs would be left to nobody; do it by hand: usermod, then chown."),
        };
        var (code, _, said) = Programs.Run("usermod", [.. arguments, name]);
        if (code != 0)
            throw new UserError(said.Trim(), $"On the machine: usermod {string.Join(' ', arguments)} {name}");
    }

    internal void Folder(Finding finding)
    {
        Repair.Clear(context.Files, finding.Path!);
        context.Systemd.MakeFolders(Declared(Planner.TmpfilesFile));
    }

    internal void Access(Finding finding)
    {
        var path = context.Files.At(finding.Path!);
        if (finding.Kind == FindingKind.Mode)
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(finding.Expected, 8));
            return;
        }

        // Read now: users who were missing are there again.
        var accounts = Accounts.Read(context.Files);
        var names = finding.Expected.Split(':');
        if (Native.Own(path, accounts.User(names[0]) ?? 0, accounts.Group(names[1]) ?? 0) != 0)
            throw Native.Failure("chown", path);
    }

    internal void Sysctl(Finding finding) => File.WriteAllText(context.Files.At(finding.Path!), finding.Expected);

    private string Declared(string target) => context.Files.At(manifest.Files.Single(f => f.Target == target).Path);
}
