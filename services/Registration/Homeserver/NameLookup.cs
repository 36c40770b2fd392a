using System.Net;
using Registration.Checks;
using Registration.Settings;

namespace Registration.Homeserver;

/// <summary>Whether somebody could have a user name: by its form, by what is kept for this service, and by what the homeserver says.</summary>
internal sealed class NameLookup(ServiceSettings settings, HomeserverClient homeserver)
{
    /// <param name="username">The name, as the homeserver will know it.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="ask">Whether the homeserver may be asked.</param>
    /// <returns>Whether it can be had, and in a sentence why not; null where the homeserver was not asked, or does not say.</returns>
    public async Task<(bool? Available, string Why)> LookAsync(string username, IPAddress? client = null, bool ask = true)
    {
        if (!FormChecks.IsUsername(username))
            return (false, Refusals.UsernameNotAllowed.Sentence);
        if (username == settings.Inviter)
            return (false, Refusals.NameReserved.Sentence);
        if (!ask)
            return (null, "");
        try
        {
            var said = await homeserver.AvailableAsync(username, client);
            return said.Status == 200 ? (true, "")
                : said.Status == 400 && said.ToRefusal() is { Field: FormField.Username } refusal ? (false, refusal.Sentence)
                : (null, "");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            // Whoever registers will be told.
            return (null, "");
        }
    }

    /// <summary>Why nobody could use an invite; null where nothing is known to stand against it.</summary>
    public async Task<Invites.InviteProblem?> AgainstAsync(Invites.InviteRequest wanted) =>
        wanted.UserName is { } name && await LookAsync(name) is { Available: false, Why: var why }
            ? new(Invites.InviteField.UserName, $"Nobody could use an invite for the name \"{name}\". {why}", "Leave it out, and whoever comes chooses a name.")
            : null;
}
