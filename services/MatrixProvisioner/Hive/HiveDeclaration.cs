using System.Text.Json;
using System.Text.Json.Serialization;

namespace MatrixProvisioner.Hive;

/// <summary>What there is to be: one document in JSON, written by who declares it.</summary>
internal sealed record HiveDeclaration
{
    /// <summary>The local part of the account that owns the Space and the rooms.</summary>
    public required string Admin { get; init; }

    public required RoomDeclaration Space { get; init; }

    public required IReadOnlyList<RoomDeclaration> Rooms { get; init; }

    public required IReadOnlyList<AgentDeclaration> Agents { get; init; }

    /// <summary>Local parts of accounts that are to be deactivated, for good.</summary>
    public IReadOnlyList<string> Retired { get; init; } = [];

    /// <summary>The version that rooms are made with.</summary>
    public required string RoomVersion { get; init; }

    public static HiveDeclaration Parse(string text) =>
        JsonSerializer.Deserialize(text, DeclarationJson.Default.HiveDeclaration) ?? throw new JsonException("The document is null.");
}

/// <summary>An account.</summary>
/// <param name="Name">Its local part, and the name of the folder that its token belongs into.</param>
/// <param name="DisplayName">The name that others see; empty leaves it to the agent.</param>
/// <param name="TokenFile">The file's name in that folder.</param>
internal sealed record AgentDeclaration(string Name, string DisplayName, string TokenFile);

/// <summary>The Space, or a room in it.</summary>
/// <param name="Key">What it is called on this machine: the name of the file that keeps its id.</param>
/// <param name="Name">The name that people see.</param>
/// <param name="Topic">What it is about; empty leaves that alone.</param>
/// <param name="Members">Local parts of the agents in it.</param>
internal sealed record RoomDeclaration(string Key, string Name, string Topic, IReadOnlyList<string> Members);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(HiveDeclaration))]
internal sealed partial class DeclarationJson : JsonSerializerContext;
