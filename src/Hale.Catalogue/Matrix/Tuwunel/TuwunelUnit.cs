using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs tuwunel, as its own packages do (its repository, debian/tuwunel.service).</summary>
internal static class TuwunelUnit
{
    public const string Name = "tuwunel.service";

    public const string State = "/var/lib/tuwunel";

    private const string Releases = "https://github.com/matrix-construct/tuwunel/releases/download/v1.9.3/v1.9.3-release-all";

    /// <summary>The builds for every processor of their kind; checksums as the release's page gives them.</summary>
    public static Download Release { get; } = new("tuwunel", $"{Releases}-x86_64-v1-linux-gnu-tuwunel.zst")
    {
        Version = "1.9.3",
        Sha256 = "98c3b0be352cc03b2c6b21d6f2ed60fedc926f4aab61ce37f0b89eed97d5b756",
        Arm64 = new RemoteFile($"{Releases}-aarch64-v8-linux-gnu-tuwunel.zst", "c1a309fe9dc167a40cefddee999d279f752fb493bb00a52af41584c434ba838f"),
        Form = DownloadForm.Executable,
    };

    // Its builds are said to be static; these are the libraries that they ask for where they are not, the authorities that it reads since 1.9,
    // and a shell for the signal.
    private static DebianRoot Root => new("tuwunel-base", ["ca-certificates", "dash", "libc6", "libgcc-s1", "libstdc++6", "liburing2", "tzdata"])
    {
        Exclude = ["debconf", "openssl"],
    };

    public static IEnumerable<Artifact> All(Matrix matrix, HostView host) => [Of(matrix, host)];

    private static Unit Of(Matrix matrix, HostView host) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Credentials = [("registration_token", matrix.RegistrationToken), ("registration_shared_secret", SynapseUnit.SharedSecret)],
        Body =
        {
            { "Unit", "Description", "tuwunel, the Matrix homeserver" },
            { "Unit", "After", "network.target" },
            { "Unit", "StartLimitIntervalSec", "60" },
            { "Unit", "StartLimitBurst", "5" },
            HermeticRoot.On(Root),
            { "Service", "Type", "notify" },
            { "Service", "WatchdogSec", "30" },
            { "Service", "Environment", "MALLOC_CONF=background_thread:false" },
            { "Service", "ExecStart", $"{matrix.TuwunelRelease}/bin/{matrix.TuwunelRelease.Name} -c {TuwunelConfig.Of(matrix, host)}" },
            // For a person: it reads its tokens anew. A changed configuration restarts it, for not every key can be reloaded.
            { "Service", "ExecReload", "/usr/bin/sh -c \"kill -USR1 $MAINPID\"" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "5" },
            { "Service", "TimeoutStartSec", "300" },
            { "Service", "TimeoutStopSec", "120" },
            { "Service", "DynamicUser", "yes" },
            { "Service", "User", "tuwunel" },
            { "Service", "StateDirectory", "tuwunel" },
            { "Service", "StateDirectoryMode", "0700" },
            { "Service", "WorkingDirectory", State },
            { "Service", "ManagedOOMPreference", "avoid" },
            Hardening.Strict,
            Hardening.NoRuntimeCode,
            // RocksDB sets the priority of its threads, and reads the machine's memory from /proc.
            { "Service", "SystemCallFilter", "@resources" },
            { "Service", "ProcSubset", "all" },
        },
    };
}
