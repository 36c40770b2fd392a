using System.Security.Cryptography;
using System.Text;
using Registration.Page;
using Sodium;

namespace Registration.Admin;

/// <summary>Somebody who signed in to the page for administrators. The homeserver's access is not kept: it served to see who it is.</summary>
internal sealed record AdminSession(string UserId, string Csrf, DateTimeOffset Since)
{
    /// <summary>The form that makes the next invite; sent twice, it makes one.</summary>
    public string Form { get; init; } = Random();

    /// <summary>The form before it, and the page that it led to.</summary>
    public (string Form, Task<Html> Page, DateTimeOffset At)? Last { get; init; }

    /// <summary>When it was last used.</summary>
    public DateTimeOffset Seen { get; init; }

    public bool Vouches(string csrf) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Csrf), Encoding.UTF8.GetBytes(csrf));

    public static string Random() => SodiumRandom.Hex(32);
}

/// <summary>Who is signed in: in memory alone, for an hour without a request and eight in all; a restart signs everybody out.</summary>
internal sealed class AdminSessions(TimeProvider time)
{
    private const int Most = 100;
    private static readonly TimeSpan Idle = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(8);

    // Browsers show the answer to the second click of two alone.
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    // By the hash of the cookie: how long a look-up takes says nothing about a cookie then.
    private readonly Dictionary<string, AdminSession> sessions = [];

    /// <summary>Signs somebody in; the value of the cookie.</summary>
    public string Open(string userId)
    {
        var cookie = SodiumRandom.Hex(64);
        var now = time.GetUtcNow();
        lock (gate)
        {
            foreach (var (key, _) in sessions.Where(one => IsOver(one.Value, now)).ToList())
                sessions.Remove(key);
            if (sessions.Count >= Most)
                sessions.Remove(sessions.MinBy(one => one.Value.Seen).Key);
            sessions[Key(cookie)] = new AdminSession(userId, AdminSession.Random(), now) { Seen = now };
        }
        return cookie;
    }

    public AdminSession? Find(string? cookie)
    {
        if (cookie is not { Length: 64 })
            return null;
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (!sessions.TryGetValue(Key(cookie), out var session))
                return null;
            if (IsOver(session, now))
            {
                sessions.Remove(Key(cookie));
                return null;
            }
            return sessions[Key(cookie)] = session with { Seen = now };
        }
    }

    /// <summary>Uses up the form. Sent once more within a minute, as by a double click, it leads to the same page; later, to none.</summary>
    public Task<Html>? UseForm(string cookie, string form, Func<Task<Html>> make)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (!sessions.TryGetValue(Key(cookie), out var session))
                return null;
            if (session.Form != form)
                return session.Last is { } last && last.Form == form && now - last.At < Again ? last.Page : null;
            var page = Task.Run(make);
            sessions[Key(cookie)] = session with { Form = AdminSession.Random(), Last = (form, page, now) };
            return page;
        }
    }

    public void Close(string cookie)
    {
        lock (gate)
            sessions.Remove(Key(cookie));
    }

    private static bool IsOver(AdminSession session, DateTimeOffset now) => now - session.Seen >= Idle || now - session.Since >= Longest;

    private static string Key(string cookie) => Convert.ToHexString(SodiumHash.Sha256(Encoding.UTF8.GetBytes(cookie)));
}
