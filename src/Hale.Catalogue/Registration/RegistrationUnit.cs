using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs the registration service.</summary>
internal static class RegistrationUnit
{
    public const string Name = "registration.service";

    /// <summary>What <c>hale invite</c> runs on the machine.</summary>
    public const string Tool = "/etc/registration/invites";

    private const string Folder = "registration";
    private const string Socket = $"/run/{Folder}/admin.sock";

    private static DotnetProgram Program => new("registration", "services/Registration");

    /// <summary>The service's own program, at the other end of its socket for root.</summary>
    public static EtcFile ToolFile => new(Tool, new TextFile("invites", $"""
        #!/bin/sh
        export DOTNET_ROOT={new DotnetRuntime()} DOTNET_EnableDiagnostics=0
        exec {Program}/bin/{Program.ProgramName} admin {Socket}

        """)
    { Executable = true });

    /// <summary>The invites and their uses.</summary>
    public static StateDirectory State(Matrix matrix, HostView host) => new(Folder)
    {
        Units = [Name],
        Identity = matrix.ServerNameOn(host),
        IdentityName = "server name",
        // As many as the service's Store/Schema.cs has steps.
        Format = "1",
        WhenFormatChanges = FormatChange.Migrate,
    };

    public static Unit Of(Registration registration, Matrix matrix, GatheredView host) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Credentials =
        [
            .. SharedCode(registration),
            ("registration_token", matrix.RegistrationToken),
        ],
        Body =
        {
            { "Unit", "Description", "The page where people register for Matrix" },
            { "Unit", "Wants", ProvisionUnit.Name },
            { "Unit", "After", ProvisionUnit.Name },
            { "Service", "Type", "notify" },
            { "Service", "WatchdogSec", "30" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "1" },
            DotnetService.Run(Program, "libsodium23", "libsqlite3-0"),
            Hardening.LoopbackOnly,
            { "Service", "StateDirectory", Folder },
            { "Service", "StateDirectoryMode", "0700" },
            { "Service", "RuntimeDirectory", Folder },
            { "Service", "RuntimeDirectoryMode", "0700" },
            { "Service", "Environment", $"REGISTRATION_ADMIN_SOCKET={Socket}" },
            { "Service", "Environment", $"REGISTRATION_LISTEN=http://127.0.0.1:{registration.Port}" },
            { "Service", "Environment", $"HOMESERVER_URL={matrix.LocalUrl}" },
            { "Service", "Environment", $"SERVER_NAME={matrix.ServerNameOn(host)}" },
            { "Service", "Environment", $"HOMESERVER_PUBLIC_URL=https://{matrix.GatewayOn(host)}" },
            { "Service", "Environment", $"REGISTRATION_URL=https://{registration.SiteOn(host, matrix)}/register/" },
            Optional("INVITE_CODE_FILE", registration.InviteCode is null ? "none" : ""),
            Optional("LOCAL_NAMES", host.Find<Caddy>() is { LocalNames: true } ? "yes" : ""),
            Optional("REGISTRATION_INVITER", registration.Inviter),
            Optional("REGISTRATION_ADMINS", string.Join(',', registration.Admins)),
            // The first of several is as good as another.
            WebClientOf(host),
        },
    };

    private static IEnumerable<Credential> SharedCode(Registration registration) =>
        registration.InviteCode is { } code ? [("invite_code", code)] : [];

    private static IEnumerable<UnitLine> WebClientOf(GatheredView host) => host.All<WebClient>().FirstOrDefault() is { } client
        ? [.. Optional("WEB_CLIENT_URL", client.Url), .. Optional("WEB_CLIENT_NAME", client.Name)]
        : [];

    /// <summary>A variable where it has a value; in quotes, for a name may have spaces (systemd.syntax(7), "Quoting").</summary>
    private static IEnumerable<UnitLine> Optional(string variable, string value)
    {
        var text = $"{variable}={value}".Replace("%", "%%", StringComparison.Ordinal);
        if (text.Any(character => character is ' ' or '"' or '\'' or '\\'))
            text = $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        return value.Length == 0 ? [] : [new("Service", "Environment", text)];
    }
}
