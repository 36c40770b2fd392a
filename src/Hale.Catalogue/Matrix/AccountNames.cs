using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>The accounts that modules of a host have at its homeserver: no two may have the same, and none one that the homeserver does not make.</summary>
internal static class AccountNames
{
    /// <summary>What stands against an account of a module.</summary>
    /// <param name="name">The local part of its user id.</param>
    /// <param name="setting">The setting that names it.</param>
    /// <param name="module">The module's type, which has the account.</param>
    /// <param name="matrix">The homeserver.</param>
    /// <param name="host">The host.</param>
    /// <param name="instead">A name that would do.</param>
    public static IEnumerable<Problem> Check(string name, string setting, Type module, Matrix matrix, GatheredView host, string instead)
    {
        var hint = name == instead ? "Take another name." : $"Take another name, such as \"{instead}\".";
        if (MatrixChecks.Reserved(matrix, name) is { } why)
            yield return new Problem($"The homeserver makes no account \"{name}\": {why}.", hint) { Setting = setting };
        // Of two that want the same, the later one in this order is told.
        else if (All(matrix, host).TakeWhile(one => one.Module != module).FirstOrDefault(one => one.Name == name) is { Whose: { } whose })
            yield return new Problem($"The account \"{name}\" is {whose} on this host already.", hint) { Setting = setting };
    }

    private static IEnumerable<(Type Module, string Name, string Whose)> All(Matrix matrix, GatheredView host)
    {
        yield return (typeof(Matrix), matrix.AdminUser, "the administrator's");
        if (host.Find<Companion>() is { } companion)
            yield return (typeof(Companion), companion.UserName, "the assistant's");
        if (host.Find<Hive>() is { } hive)
        {
            yield return (typeof(Hive), hive.AdminUser, "the one that owns the hive's rooms");
            foreach (var agent in hive.Agents)
                yield return (typeof(Hive), agent.Name, "an agent's");
        }
        if (host.Find<Registration>() is { Inviter.Length: > 0 } registration)
            yield return (typeof(Registration), registration.Inviter, "the one that lets people into rooms");
    }
}
