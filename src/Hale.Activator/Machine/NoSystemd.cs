using Hale.Activator.Plan;

namespace Hale.Activator.Machine;

/// <summary>
/// A folder has no running systemd: nothing runs in it and nothing can be started. What the links and the files of
/// sysusers.d and tmpfiles.d declare is made when the folder boots as a machine.
/// </summary>
internal sealed class NoSystemd : ISystemd
{
    public IReadOnlyDictionary<string, UnitState> States(IReadOnlyList<string> units) => new Dictionary<string, UnitState>();

    public void Reread()
    {
    }

    public string? Run(UnitVerb verb, IReadOnlyList<string> units) => null;

    public void ResumeBoot(IReadOnlyList<string> due)
    {
    }

    public IReadOnlyList<string> Journal(string unit, int lines) => [];

    public void MakeUsers(string file)
    {
    }

    public void MakeFolders(string file)
    {
    }
}
