using Hale.Contribute;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>
/// The paths of the homeserver that lead to the registration service, for clients that register with an invite as their token. All
/// else of its API goes straight to the homeserver, and what else it would take for registration stays closed (<see cref="MatrixSites"/>).
/// </summary>
internal static class RegistrationRoutes
{
    /// <summary>The largest request that is handed on, in bytes; the service itself takes less.</summary>
    public const int LargestBody = 64 * 1024;

    /// <summary>Before the refusal of everything that looks like registration.</summary>
    private const int BeforeRefusals = -2000;

    private static readonly string[] Clients = ["/_matrix/client/v3/register", "/_matrix/client/r0/register", "/_matrix/client/v1/register/m.login.registration_token/validity"];

    private static readonly string[] Homeservers = ["/_matrix/client/v3/register/available", "/_matrix/client/r0/register/available"];

    public static VirtualHost OfClients(Registration registration, Matrix matrix, HostView host) => new(matrix.GatewayOn(host))
    {
        Routes =
        [
            OwnService.At(registration.Port, LargestBody) with { Paths = [.. Clients], Order = BeforeRefusals },
            // Whether a name is free says nothing that a sign-in would not, and the homeserver limits how often it is asked.
            new ReverseProxy($"127.0.0.1:{matrix.Port}") { Paths = [.. Homeservers], Methods = ["GET", "HEAD", "OPTIONS"], Order = BeforeRefusals },
        ],
    };
}
