using Hale.Declare;

namespace Hale.Catalogue;

/// <summary>
/// A program with a Matrix account of its own: <c>new Agent("scout") { DisplayName = "Scout" }</c>. Its access token, and nothing else, is put
/// into its state directory.
/// </summary>
/// <param name="Name">The local part of its user id, for good: lower-case letters, digits and <c>. _ -</c>, at most 64, a letter or digit first.</param>
public sealed record Agent(string Name)
{
    /// <summary>The name that others see; empty leaves it to the agent.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>The unit that restarts when its token is a new one; empty takes <c>NAME.service</c>.</summary>
    public string Unit { get; init; } = "";

    /// <summary>
    /// The unit's <c>StateDirectory=</c>, below /var/lib; empty takes the agent's name. It may be one of <c>DynamicUser=</c>. What is written there
    /// belongs to whom the folder belongs to, 0600.
    /// </summary>
    public string StateDirectory { get; init; } = "";

    /// <summary>The name of the file with the token in it.</summary>
    public string TokenFile { get; init; } = "access_token";

    internal string UnitName => Unit.Length > 0 ? Unit : $"{Name}.service";

    internal string Folder => StateDirectory.Length > 0 ? StateDirectory : Name;

    internal string TokenPath => $"/var/lib/{Folder}/{TokenFile}";
}

/// <summary>A room in the Space of a <see cref="Hive"/>: whoever is in the Space may join it.</summary>
/// <param name="Name">What the machine calls it: lower-case letters, digits and <c>. _ -</c>, at most 64, a letter or digit first.</param>
public sealed record HiveRoom(string Name)
{
    /// <summary>The name that people see; empty takes <see cref="Name"/>.</summary>
    public string Title { get; init; } = "";

    /// <summary>What it is about; empty leaves that alone.</summary>
    public string Topic { get; init; } = "";

    /// <summary>
    /// The names of the agents that are put into it; none means all of them. An agent that is taken out leaves it; who came by himself, or was asked in
    /// by somebody, stays.
    /// </summary>
    public EquatableArray<string> Members { get; init; } = [];
}
