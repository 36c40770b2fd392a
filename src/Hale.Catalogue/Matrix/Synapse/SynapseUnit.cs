using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs Synapse.</summary>
internal static class SynapseUnit
{
    public const string Name = "matrix-synapse.service";

    public const string User = "matrix-synapse";

    public const string State = "/var/lib/matrix-synapse";

    /// <summary>With this one can make accounts, also those of administrators, at Synapse's administration.</summary>
    public static Secret SharedSecret { get; } = Secret.Generated("matrix/registration_shared_secret");

    // Not in a stable release of Debian. The packages left out serve installation only, or pages that do not exist here.
    internal static DebianRoot Root => new("matrix-synapse", ["matrix-synapse"])
    {
        Suites = ["sid"],
        Exclude = ["adduser", "debconf", "libjs-jquery", "openssl", "wget"],
    };

    private const string Command = "/usr/bin/python3 -m synapse.app.homeserver --no-secrets-in-config";

    public static IEnumerable<Artifact> All(Matrix matrix, HostView host)
    {
        // PostgreSQL knows who connects by the machine's list of users, which a dynamic user is not on.
        if (matrix.Database == HomeserverDatabase.PostgreSql)
            yield return new SystemUser(User) { Description = "Synapse" };
        yield return Of(matrix, host);
    }

    private static Unit Of(Matrix matrix, HostView host) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Credentials =
        [
            ("registration_shared_secret", SharedSecret),
            ("macaroon_secret_key", Secret.Generated("matrix/macaroon_secret_key")),
            ("form_secret", Secret.Generated("matrix/form_secret")),
        ],
        Body =
        {
            { "Unit", "Description", "Synapse, the Matrix homeserver" },
            { "Unit", "After", "network.target" },
            HermeticRoot.On(Root),
            matrix.Database == HomeserverDatabase.PostgreSql ? PostgreSql.ClientLines : [],
            { "Service", "Type", "notify" },
            { "Service", "NotifyAccess", "all" },
            { "Service", "ExecStart", $"{Command} --config-path={SynapseConfig.Homeserver(matrix, host)}" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "2" },
            { "Service", "TimeoutStartSec", "300" },
            { "Service", "DynamicUser", "yes" },
            { "Service", "User", User },
            { "Service", "StateDirectory", "matrix-synapse" },
            { "Service", "StateDirectoryMode", "0700" },
            { "Service", "CacheDirectory", "matrix-synapse" },
            { "Service", "CacheDirectoryMode", "0700" },
            { "Service", "WorkingDirectory", State },
            // Python tells by time and size whether a file changed; in the store all times are the same. So each root has byte code of its own.
            { "Service", "Environment", $"PYTHONPYCACHEPREFIX=/var/cache/matrix-synapse{Root}" },
            { "Service", "Environment", "PYTHONUTF8=1" },
            Hardening.Strict,
        },
    };
}
