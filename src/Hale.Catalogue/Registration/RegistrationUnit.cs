using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that runs the registration service.</summary>
internal static class RegistrationUnit
{
    public const string Name = "registration.service";

    public static Unit Of(Registration registration, Matrix matrix, HostView host) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Credentials = [("invite_code", registration.InviteCode), ("registration_token", matrix.RegistrationToken)],
        Body =
        {
            { "Unit", "Description", "The page where people register for Matrix" },
            { "Unit", "Wants", ProvisionUnit.Name },
            { "Unit", "After", ProvisionUnit.Name },
            { "Service", "Type", "notify" },
            { "Service", "WatchdogSec", "30" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "1" },
            DotnetService.Run(new DotnetProgram("registration", "services/Registration")),
            Hardening.LoopbackOnly,
            { "Service", "Environment", $"REGISTRATION_LISTEN=http://127.0.0.1:{registration.Port}" },
            { "Service", "Environment", $"HOMESERVER_URL={matrix.LocalUrl}" },
            { "Service", "Environment", $"SERVER_NAME={matrix.ServerNameOn(host)}" },
            { "Service", "Environment", $"HOMESERVER_PUBLIC_URL=https://{matrix.GatewayOn(host)}" },
        },
    };
}
