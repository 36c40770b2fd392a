using System.Globalization;
using System.Text.Json.Nodes;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// What makes a hive on the machine: the provisioner, and for each agent what wakes its daemon when a token arrives. The provisioner is
/// not root: it sees the agents' state directories and nothing else of the machine, and may write into folders of others.
/// </summary>
internal static class HiveUnits
{
    public const string Name = "hive-provision.service";

    private const string FoldersName = "hive-folders.service";

    private const string Folders = "/run/agents";

    // What another user's folder takes: to write into it, and to give the file to its owner.
    private const string Powers = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER";

    // A quiet computer of today takes 0.6 s for an agent with its rooms; a small one with an old disk, at its first start, may take twenty times that.
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(10), ForEach = TimeSpan.FromSeconds(15), Most = TimeSpan.FromHours(1);

    /// <summary>How long the homeserver is waited for before a deployment has failed: a slow first time is to undo nothing.</summary>
    public static TimeSpan Patience(Hive hive) =>
        TimeSpan.FromTicks(Math.Min(Most.Ticks, (Least + (ForEach * (hive.Agents.Count + hive.Rooms.Count))).Ticks));

    public static IEnumerable<Artifact> Of(Hive hive, Matrix matrix, HostView host)
    {
        yield return new StateDirectory("hive") { Units = [Name], Identity = matrix.ServerNameOn(host), IdentityName = "server name" };
        foreach (var agent in hive.Agents)
            foreach (var unit in Waking(agent))
                yield return unit;
        yield return MakeFolders(hive);
        yield return Provision(hive, matrix, host);
    }

    private static Unit Provision(Hive hive, Matrix matrix, HostView host)
    {
        // Whoever waits for a token must watch before it comes.
        var before = string.Join(' ', [ProvisionUnit.Name, .. hive.Agents.Select(agent => $"{WakingName(agent)}.path")]);
        var declaration = new TextFile("hive.json", Declaration(hive).ToJsonString(JsonText.Readable) + "\n");
        return new Unit(Name)
        {
            WantedBy = ["multi-user.target"],
            Credentials = [("registration_token", matrix.RegistrationToken), ("password_seed", Secret.Generated("hive/password_seed"))],
            Body =
            {
                { "Unit", "Description", "Make the agents' accounts, their Space and their rooms" },
                { "Unit", "Wants", before },
                { "Unit", "After", before },
                { "Unit", "Requires", FoldersName },
                { "Unit", "After", FoldersName },
                { "Unit", "StartLimitIntervalSec", "0" },
                { "Service", "Type", "oneshot" },
                { "Service", "RemainAfterExit", "yes" },
                // It gives up by itself, and says why; a request under way then has its three minutes.
                { "Service", "TimeoutStartSec", Seconds(Patience(hive) + TimeSpan.FromMinutes(5)) },
                // Whatever cut it short, it goes on where it was; what cannot be done is tried less and less often.
                { "Service", "Restart", "on-failure" },
                { "Service", "RestartSec", "2" },
                { "Service", "RestartSteps", "8" },
                { "Service", "RestartMaxDelaySec", "300" },
                DotnetService.Run(new DotnetProgram("matrix-provisioner", "services/MatrixProvisioner")),
                Hardening.LoopbackOnly,
                { "Service", "User", "hive-provision" },
                { "Service", "StateDirectory", "hive" },
                { "Service", "StateDirectoryMode", "0700" },
                { "Service", "CapabilityBoundingSet", Powers },
                { "Service", "AmbientCapabilities", Powers },
                { "Service", "PrivateUsers", "no" },
                { "Service", "SystemCallFilter", "@chown" },
                hive.Agents.Select(agent => new UnitLine("Service", "BindPaths", $"/var/lib/{agent.Folder}:{Folders}/{agent.Name}")),
                { "Service", "Environment", "PROVISION=hive" },
                { "Service", "Environment", $"HOMESERVER_URL={matrix.LocalUrl}" },
                { "Service", "Environment", $"SERVER_NAME={matrix.ServerNameOn(host)}" },
                { "Service", "Environment", $"HOMESERVER_WAIT_SECONDS={Seconds(Patience(hive))}" },
                { "Service", "Environment", $"AGENTS_DIRECTORY={Folders}" },
                { "Service", "Environment", $"HIVE_DECLARATION={declaration}" },
            },
        };
    }

    /// <summary>
    /// Makes the agents' state directories where they are missing, at each start of the provisioner, for what is not there cannot be shown to
    /// it. Root, for only root may: systemd then gives each to its service.
    /// </summary>
    private static Unit MakeFolders(Hive hive)
    {
        // A service of DynamicUser= that ran has its folder in /var/lib/private, where a link leads, also when the folder was purged since.
        var script = new TextFile("hive-folders", """
            #!/bin/sh
            set -eu
            for name; do
                folder=$(readlink -m "/var/lib/$name")
                [ -d "$folder" ] || mkdir -p -m 0700 "$folder"
            done

            """)
        { Executable = true };
        return new Unit(FoldersName)
        {
            WhenChanged = WhenChanged.Keep,
            Body =
            {
                { "Unit", "Description", "Make the agents' state directories" },
                { "Unit", "StartLimitIntervalSec", "0" },
                { "Service", "Type", "oneshot" },
                { "Service", "ExecStart", $"{script} {string.Join(' ', hive.Agents.Select(agent => agent.Folder).Distinct())}" },
                { "Service", "ReadWritePaths", "/var/lib" },
                RootWithoutPowers,
            },
        };
    }

    /// <summary>Restarts the daemon whenever its token changes, whoever wrote it. A daemon that cannot start is told of, and fails nothing else.</summary>
    private static IEnumerable<Unit> Waking(Agent agent)
    {
        yield return new Unit($"{WakingName(agent)}.path")
        {
            WantedBy = ["multi-user.target"],
            Body =
            {
                { "Unit", "Description", $"Wait for the token of the agent {agent.Name}" },
                { "Path", "PathChanged", agent.TokenPath },
            },
        };
        yield return new Unit($"{WakingName(agent)}.service")
        {
            WhenChanged = WhenChanged.Keep,
            Body =
            {
                { "Unit", "Description", $"Start {agent.UnitName} with its new token" },
                { "Unit", "StartLimitIntervalSec", "0" },
                { "Service", "Type", "oneshot" },
                // systemd obeys root alone; this one has nothing else of root's.
                // Not waited for: a token that comes while this runs would wake nobody (systemd.path(5) watches on when it has ended).
                { "Service", "ExecStart", $"-/usr/bin/systemctl restart --no-block {agent.UnitName}" },
                RootWithoutPowers,
            },
        };
    }

    /// <summary>For what only root may do, and that needs nothing else of root's: no capability, no network, nothing to write to.</summary>
    private static IEnumerable<UnitLine> RootWithoutPowers =>
        [.. Hardening.Strict.Where(line => line.Key is not ("PrivateUsers" or "RestrictAddressFamilies")), .. Hardening.NoRuntimeCode, .. Hardening.NoNetwork];

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static string WakingName(Agent agent) => $"hive-wake-{agent.Name}";

    private static JsonObject Declaration(Hive hive) => new()
    {
        ["admin"] = hive.AdminUser,
        ["roomVersion"] = hive.RoomVersion,
        ["space"] = Room(HiveChecks.SpaceKey, hive.SpaceName, hive.SpaceTopic, hive.Agents.Select(agent => agent.Name)),
        ["rooms"] = new JsonArray([.. hive.Rooms.Select(room => Room(room.Name, room.Title.Length > 0 ? room.Title : room.Name, room.Topic,
            room.Members.Count > 0 ? room.Members : hive.Agents.Select(agent => agent.Name)))]),
        ["agents"] = new JsonArray([.. hive.Agents.Select(agent => new JsonObject
        {
            ["name"] = agent.Name,
            ["displayName"] = agent.DisplayName,
            ["tokenFile"] = agent.TokenFile,
        })]),
        ["retired"] = new JsonArray([.. hive.Retired.Select(name => (JsonNode)name)]),
    };

    private static JsonObject Room(string key, string name, string topic, IEnumerable<string> members) => new()
    {
        ["key"] = key,
        ["name"] = name,
        ["topic"] = topic,
        ["members"] = new JsonArray([.. members.Select(member => (JsonNode)member)]),
    };
}
