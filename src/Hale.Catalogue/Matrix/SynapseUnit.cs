using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs Synapse.</summary>
internal static class SynapseUnit
{
    public const string Name = "matrix-synapse.service";

    public const string State = "/var/lib/matrix-synapse";

    /// <summary>With this one can make accounts, also those of administrators, at Synapse's administration.</summary>
    public static Secret SharedSecret { get; } = Secret.Generated("matrix/registration_shared_secret");

    // Not in a stable release of Debian. The packages left out serve installation only, or pages that do not exist here.
    private static DebianRoot Root => new("matrix-synapse", ["matrix-synapse"])
    {
        Suites = ["sid"],
        Exclude = ["adduser", "debconf", "libjs-jquery", "openssl", "wget"],
    };

    private const string Command = "/usr/bin/python3 -m synapse.app.homeserver --no-secrets-in-config";

    /// <summary>
    /// A newer Synapse migrates the database when it starts, and an older one does not read it. The user ids in it end in the server's
    /// name: with another, Synapse does not start.
    /// </summary>
    public static StateDirectory StateOf(Matrix matrix, HostView host) => new("matrix-synapse")
    {
        Paths = [State],
        Units = [Name],
        Identity = matrix.ServerNameOn(host),
        IdentityName = "server name",
        Format = StateFormat.OfPackage(Root, "matrix-synapse"),
        WhenFormatChanges = FormatChange.Migrate,
    };

    public static Unit Of(Matrix matrix, HostView host) => new(Name)
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
            { "Service", "Type", "notify" },
            { "Service", "NotifyAccess", "all" },
            { "Service", "ExecStart", $"{Command} --config-path={SynapseConfig.Homeserver(matrix, host)}" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "2" },
            { "Service", "TimeoutStartSec", "300" },
            { "Service", "DynamicUser", "yes" },
            { "Service", "User", "matrix-synapse" },
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
