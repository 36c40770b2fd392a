namespace MatrixProvisioner.Keeping;

/// <summary>
/// What the machine remembers of the hive, in a folder that no agent sees: one file for each fact, so that a person can look at it, and
/// delete it to have the fact made anew.
/// </summary>
internal sealed class KeptState
{
    private readonly string rooms;
    private readonly string accounts;
    private readonly string members;
    private readonly string folder;

    public KeptState(string folder)
    {
        this.folder = folder;
        rooms = MakeFolder("rooms");
        accounts = MakeFolder("accounts");
        members = MakeFolder("members");
    }

    public KeptFile AdminToken => new(folder, "admin_token");

    /// <summary>The id of a room, once it is known.</summary>
    public KeptFile RoomId(string key) => new(rooms, key);

    /// <summary>The mark of a room that was asked for, while its id is not known.</summary>
    public KeptFile RoomMark(string key) => new(rooms, $"{key}.asked-for");

    /// <summary>Who was put into a room.</summary>
    public KeptFile Members(string key) => new(members, key);

    /// <summary>That an account was made or deactivated here.</summary>
    public KeptFile Account(string localPart) => new(accounts, localPart);

    /// <summary>Accounts that were ever made here.</summary>
    public IEnumerable<string> Accounts() =>
        Directory.EnumerateFiles(accounts).Select(file => Path.GetFileName(file)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);

    /// <summary>Whether any room's id is kept, or any was asked for.</summary>
    public bool HasRooms => Directory.EnumerateFiles(rooms).Any();

    /// <summary>Forgets the rooms: they were another homeserver's.</summary>
    public void ForgetRooms()
    {
        foreach (var file in Directory.EnumerateFiles(rooms).Concat(Directory.EnumerateFiles(members)))
            File.Delete(file);
    }

    private string MakeFolder(string name) => Directory.CreateDirectory(
        Path.Combine(folder, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
}
