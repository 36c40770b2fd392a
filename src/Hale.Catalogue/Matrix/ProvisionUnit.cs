using Hale.Declare;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that makes the first administrator and the registration token known to the homeserver, once it is up.</summary>
internal static class ProvisionUnit
{
    public const string Name = "matrix-provision.service";

    public static Unit Of(Matrix matrix) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Credentials =
        [
            ("registration_token", matrix.RegistrationToken),
            ("registration_shared_secret", SynapseUnit.SharedSecret),
            ("admin_password", Secret.Generated("matrix/admin_password")),
        ],
        Body =
        {
            { "Unit", "Description", "Make the first administrator, and the registration token known to the homeserver" },
            { "Unit", "Requires", matrix.UnitName },
            { "Unit", "After", matrix.UnitName },
            { "Service", "Type", "oneshot" },
            { "Service", "RemainAfterExit", "yes" },
            DotnetService.Run(new DotnetProgram("matrix-provisioner", "services/MatrixProvisioner")),
            Hardening.LoopbackOnly,
            { "Service", "Environment", $"HOMESERVER_URL={matrix.LocalUrl}" },
            { "Service", "Environment", $"ADMIN_USER={matrix.AdminUser}" },
        },
    };
}
