using Hale.Declare;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// A program that speaks the Model Context Protocol on its standard input and output, which the assistant may use:
/// <c>new McpProgram("notes", $"/usr/bin/python3 {script}") { Packages = ["python3-minimal"] }</c>. It runs in a unit of its own, one for
/// each connection, on a root of its own, as nobody who exists otherwise: it sees neither the assistant's keys nor what is said to it.
/// </summary>
/// <param name="Name">What the names of its tools start with, and its unit: 1 to 32 lower-case letters, digits and <c>-</c>.</param>
/// <param name="Command">The program with its arguments, as in systemd's ExecStart=: a path in one of <see cref="Packages"/>, or in the store.</param>
public sealed record McpProgram(string Name, Text Command)
{
    /// <summary>Debian packages that it needs, with all that they depend on: <c>nodejs</c>, <c>python3-minimal</c>.</summary>
    public EquatableArray<string> Packages { get; init; } = [];

    /// <summary>Variables of its environment whose values are secrets: <c>[("API_TOKEN", Secret.Named("notes_token"))]</c>.</summary>
    public EquatableArray<(string Variable, Secret Secret)> Secrets { get; init; } = [];

    /// <summary>Whether it may use the network.</summary>
    public bool Network { get; init; }
}
