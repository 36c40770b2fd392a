using Hale.Evaluate;

namespace Hale.Contribute;

/// <summary>
/// A database that the host's database server is to have, made where it is missing and never deleted. Its text is UTF-8 and sorts by
/// code point (collation C), so that no index depends on a library's version.
/// </summary>
/// <param name="Name">Its name: lower-case letters, digits and underscores, at most 63.</param>
/// <param name="Owner">
/// The system user whose programs use it, by the same name as role of the database server. Another user cannot connect to it. It must be in
/// the machine's list of users (<see cref="Hale.Produce.SystemUser"/>): the server asks the system who is at the other end of its socket.
/// </param>
public sealed record Database(string Name, string Owner) : Contribution
{
    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (Name is "postgres" or "template0" or "template1")
            yield return new Problem($"The database {Name} is the server's own.", "Give it another name.");
        else if (Name.Length is 0 or > 63 || !char.IsAsciiLetterLower(Name[0]) || !Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_'))
            yield return new Problem($"\"{Name}\" is not the name of a database.", "Use lower-case letters, digits and underscores, at most 63, a letter first.");
        if (Owner == "postgres" || Owner == "root")
            yield return new Problem($"The database {Name} belongs to {Owner}, who may do anything to every database.", "Give it to the user of the program that needs it.");
        else if (Owner.Length is 0 or > 31 || !char.IsAsciiLetterLower(Owner[0]) || !Owner.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
            yield return new Problem($"\"{Owner}\", the owner of the database {Name}, is not the name of a system user.", "Use lower-case letters, digits, hyphens and underscores, at most 31.");
        if (host.Gathered<Database>().FirstOrDefault(other => other.Value.Name == Name) is { } first && !ReferenceEquals(first.Value, this) && first.Value.Owner != Owner)
            yield return new Problem($"The database {Name} is asked for by two, for {first.Value.Owner} and for {Owner}.", "Give each a database of its own.")
            { Also = [first.Where] };
    }
}
