using System.Text.RegularExpressions;
using Hale.Store;

namespace Hale.Lab;

/// <summary>A machine to be made.</summary>
/// <param name="Name">
/// Its host name: lower-case letters, digits and inner hyphens, 1 to 63 characters (RFC 1123, section 2.1). No two machines of a run
/// share one.
/// </param>
public sealed partial record MachineOptions(string Name)
{
    /// <summary>
    /// Other names by which the machines of the run reach it, for example the domain that it serves. They lead to nothing outside of the
    /// lab.
    /// </summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    internal void Check()
    {
        if (!HostLabel().IsMatch(Name))
            throw new UserError(
                $"\"{Name}\" cannot be a machine's name.",
                "use 1 to 63 lower-case letters, digits and inner hyphens, for example \"web-1\"");
        if (Aliases.FirstOrDefault(alias => !DomainName().IsMatch(alias)) is { } wrong)
            throw new UserError(
                $"\"{wrong}\", an alias of the machine {Name}, is not a host name.",
                "use a name such as matrix.example.org");
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex HostLabel();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\z")]
    private static partial Regex DomainName();
}
