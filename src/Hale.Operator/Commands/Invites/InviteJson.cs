using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Hale.Operator;

/// <summary>What is asked of the service that keeps invites (services/Registration, "For administrators").</summary>
internal sealed record InviteQuestion
{
    public required string Verb { get; init; }

    public string? By { get; init; }

    public string? Id { get; init; }

    public string? Label { get; init; }

    public int? Uses { get; init; }

    public string? Expires { get; init; }

    public string? User { get; init; }

    public IReadOnlyList<string>? Rooms { get; init; }

    /// <summary>Whether the link is wanted as a QR code; null, which is left out, for no.</summary>
    public bool? Qr { get; init; }
}

/// <summary>What it answers.</summary>
internal sealed record InviteAnswer
{
    public Invite? Invite { get; init; }

    public IReadOnlyList<Invite>? Invites { get; init; }

    public IReadOnlyList<InviteUse>? Uses { get; init; }

    public string? Code { get; init; }

    public string? Link { get; init; }

    /// <summary>Rows of the QR code, with its quiet edge: 1 is dark; null where none was asked for.</summary>
    public IReadOnlyList<string>? Qr { get; init; }

    /// <summary>Whether an invite was in force until now.</summary>
    public bool Changed { get; init; }

    /// <summary>What stands against bringing new people into the invite's rooms.</summary>
    public IReadOnlyList<InviteProblem>? Notes { get; init; }

    public IReadOnlyList<InviteProblem>? Problems { get; init; }
}

/// <summary>One thing that the service refuses, or wants known.</summary>
internal sealed record InviteProblem(string Message, string Hint);

/// <summary>An invite, as the machine keeps it.</summary>
internal sealed record Invite
{
    public required string Id { get; init; }

    public required string Label { get; init; }

    /// <summary>open, busy, used up, expired or revoked.</summary>
    public required string State { get; init; }

    /// <summary>Accounts at most; null for any number.</summary>
    public int? Uses { get; init; }

    public required int Used { get; init; }

    /// <summary>Accounts that are being made.</summary>
    public required int Reserved { get; init; }

    public DateTimeOffset? Expires { get; init; }

    public DateTimeOffset? Revoked { get; init; }

    public string? User { get; init; }

    public required IReadOnlyList<string> Rooms { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required string CreatedBy { get; init; }
}

/// <summary>An account that was made with an invite.</summary>
internal sealed record InviteUse
{
    public required string User { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Whether it is not known yet that the account was made.</summary>
    public required bool Pending { get; init; }

    /// <summary>The network that it came from.</summary>
    public required string Client { get; init; }

    public required string Via { get; init; }

    public required string Note { get; init; }
}

/// <summary>What <c>hale invite list --json</c> gives.</summary>
internal sealed record InviteList(IReadOnlyList<Invite> Invites);

/// <summary>What <c>hale invite show --json</c> gives.</summary>
internal sealed record ShownInvite(Invite Invite, IReadOnlyList<InviteUse> Uses);

/// <summary>What <c>hale invite create --json</c> gives; the only place where the code ever stands.</summary>
internal sealed record MadeInvite(Invite Invite, string Code, string Link, IReadOnlyList<InviteProblem> Notes);

/// <summary>What <c>hale invite revoke --json</c> gives.</summary>
internal sealed record RevokedInvite(Invite Invite, bool Changed);

/// <summary>JSON as the service speaks it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InviteQuestion))]
[JsonSerializable(typeof(InviteAnswer))]
internal sealed partial class InviteWire : JsonSerializerContext;

/// <summary>JSON as <c>hale invite --json</c> gives it.</summary>
[JsonSerializable(typeof(InviteList))]
[JsonSerializable(typeof(ShownInvite))]
[JsonSerializable(typeof(MadeInvite))]
[JsonSerializable(typeof(RevokedInvite))]
internal sealed partial class InviteJson : JsonSerializerContext
{
    /// <summary>Writes one document.</summary>
    public static void Write<T>(VerbContext context, Func<InviteJson, JsonTypeInfo<T>> type, T result) =>
        context.Surroundings.Out.WriteLine(JsonSerializer.Serialize(result, type(new InviteJson(ResultJson.Document()))));
}
