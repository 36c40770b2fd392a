using System.Security.Cryptography;
using System.Text;
using MatrixProvisioner.Keeping;
using ServiceHost;

namespace MatrixProvisioner.Hive;

/// <summary>
/// Accounts, each with its token in its own place. Their passwords follow from one secret of the machine, so that an account whose token
/// was lost, or never arrived, can be entered again, and nothing has to be kept for it.
/// </summary>
internal sealed class Members(HiveSettings settings, Accounts accounts, KeptState kept, Action<string> say)
{
    /// <summary>What came of asking for an account.</summary>
    /// <param name="Session">The session whose token is kept.</param>
    /// <param name="IsNew">Whether there was no such account before.</param>
    public sealed record Member(Session Session, bool IsNew);

    /// <summary>Makes sure of the account, and that its token is kept in this file and works.</summary>
    public async Task<Member> EnsureAsync(string localPart, KeptFile file)
    {
        var userId = settings.UserId(localPart);
        // The file is the agent's to write: what no header can hold is no token.
        if (file.Read() is { } known && known.All(c => c is > ' ' and < '\x7f'))
        {
            var session = new Session(userId, new SecretText(known));
            if (await accounts.IsValidAsync(session))
            {
                file.Protect();
                Remember(localPart);
                return new Member(session, false);
            }
            say($"{userId}: the token is not valid any more.");
        }
        var password = PasswordOf(userId);
        var registered = await accounts.RegisterAsync(localPart, userId, password);
        var entered = registered ?? await EnterAgainAsync(localPart, userId, password);
        file.Write(entered.AccessToken.Reveal());
        Remember(localPart);
        say(registered is null ? $"{userId}: signed in again, with a new token." : $"{userId}: account made.");
        return new Member(entered, registered is not null);
    }

    /// <summary>Deactivates the account, if it is one of this hive's and was not before.</summary>
    /// <returns>Whether there was something to do.</returns>
    public async Task<bool> RetireAsync(string localPart)
    {
        var userId = settings.UserId(localPart);
        if (kept.Account(localPart).Read() == Deactivated)
            return false;
        var password = PasswordOf(userId);
        var entry = await accounts.LogInAsync(localPart, userId, password);
        if (entry.Session is { } session)
            await accounts.DeactivateAsync(session, localPart, password);
        else if (!entry.Deactivated)
        {
            if (!await accounts.IsFreeAsync(localPart))
                throw new ProvisionError($"{userId} is to be retired, but is no account of this machine: it has another password.",
                    "Take it out of Retired, and deactivate it as its owner, or as an administrator of the homeserver.");
            say($"{userId}: there is no such account to retire.");
            return false;
        }
        kept.Account(localPart).Write(Deactivated);
        say($"{userId}: deactivated, for good.");
        return true;
    }

    private const string Active = "active", Deactivated = "deactivated";

    /// <summary>Accounts that were made here and are neither declared nor deactivated.</summary>
    public IEnumerable<string> Left(IEnumerable<string> declared) =>
        kept.Accounts().Except(declared).Where(name => kept.Account(name).Read() == Active);

    private async Task<Session> EnterAgainAsync(string localPart, string userId, SecretText password)
    {
        var entry = await accounts.LogInAsync(localPart, userId, password);
        if (entry.Session is null)
            throw entry.Deactivated
                ? new ProvisionError($"{userId} was deactivated, and a name is not given twice.", "Give the agent another name.")
                : new ProvisionError($"{userId} exists, and is no account of this machine: it has another password.",
                    "Somebody else took the name, or changed the password. Give the agent another name.");
        // The token that was lost may be found by somebody, and a session that a cut left behind is nobody's.
        await accounts.LogOutEverywhereAsync(entry.Session);
        return (await accounts.LogInAsync(localPart, userId, password)).Session
            ?? throw new ProvisionError($"{userId} could be entered a moment ago, and cannot now.", "Start this unit again.");
    }

    private void Remember(string localPart)
    {
        if (kept.Account(localPart).Read() != Active)
            kept.Account(localPart).Write(Active);
    }

    private SecretText PasswordOf(string userId) => new(Convert.ToHexStringLower(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(settings.PasswordSeed.Reveal()), Encoding.UTF8.GetBytes($"password of {userId}"))));
}
