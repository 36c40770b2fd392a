using Hale.Activator.Plan;

namespace Hale.Activator.Machine;

/// <summary>A verb of systemctl.</summary>
internal enum UnitVerb
{
    Stop,
    Forget,
    Reload,
    Restart,
    Start,
    Thaw,
}

/// <summary>The machine's systemd, as far as activation needs it.</summary>
internal interface ISystemd
{
    /// <summary>The states of units by every name they have; a pattern such as <c>x@*.service</c> stands for the loaded ones.</summary>
    IReadOnlyDictionary<string, UnitState> States(IReadOnlyList<string> units);

    /// <summary>Reads all unit files again.</summary>
    void Reread();

    /// <summary>Does one thing to all units and waits until every job has ended.</summary>
    /// <returns>What systemctl said if some job failed; null when all ended well.</returns>
    string? Run(UnitVerb verb, IReadOnlyList<string> units);

    /// <summary>
    /// Asks, without waiting, for everything that the default target wants: during boot, when units have changed under it. After boot that
    /// target asks for nothing more, so units that are due are named.
    /// </summary>
    void ResumeBoot(IReadOnlyList<string> due);

    /// <summary>The last lines of a unit's journal in this boot, oldest first.</summary>
    IReadOnlyList<string> Journal(string unit, int lines);

    /// <summary>Makes the users and groups that the file declares.</summary>
    void MakeUsers(string file);

    /// <summary>Makes the folders that the file declares.</summary>
    void MakeFolders(string file);
}
