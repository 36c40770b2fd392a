using System.Text.Json.Nodes;

namespace Hale.Catalogue;

/// <summary>
/// Synapse's limits where a hive is made at it (its documentation, "Ratelimiting"). Its own are for people from outside: three accounts at
/// once and then one in six seconds, ten invitations. Registration from outside has the limits of the registration service, and wrong passwords
/// are counted apart.
/// </summary>
internal static class HiveLimits
{
    public static IEnumerable<(string Key, JsonObject Value)> Of(Hive hive)
    {
        // A whole hive at once, and then some in each second.
        var agents = hive.Agents.Count + 10;
        var visits = agents * (hive.Rooms.Count + 1);
        yield return ("rc_registration", Limit(5, agents));
        yield return ("rc_login", new JsonObject { ["address"] = Limit(5, 2 * agents), ["account"] = Limit(1, 10) });
        yield return ("rc_joins", new JsonObject { ["local"] = Limit(10, visits) });
        yield return ("rc_joins_per_room", Limit(10, visits));
        yield return ("rc_invites", new JsonObject { ["per_room"] = Limit(10, visits), ["per_user"] = Limit(5, visits), ["per_issuer"] = Limit(10, visits) });
        yield return ("rc_room_creation", Limit(1, hive.Rooms.Count + 10));
        yield return ("rc_message", Limit(10, 100));
    }

    private static JsonObject Limit(int perSecond, int atOnce) => new() { ["per_second"] = perSecond, ["burst_count"] = atOnce };
}
