using System.Net;
using Registration.Checks;
using Registration.Limits;
using Registration.Settings;
using ServiceHost;

namespace Registration.Homeserver;

/// <summary>One attempt, from what a person sent to how it ended.</summary>
internal sealed class Registrar(SecretText inviteCode, AttemptLimiter limiter, HomeserverClient homeserver, ILogger log)
{
    public async Task<Outcome> RegisterAsync(RegistrationRequest request, IPAddress? client)
    {
        var refusals = new List<Refusal>();
        var given = (request.InviteCode ?? "").Trim();
        var verdict = Judge(given, client, out var wait);
        if (verdict == CodeVerdict.TooMany)
            return Refuse(client, Refusals.TooMany(wait));
        if (verdict == CodeVerdict.Wrong)
            refusals.Add(Refusals.InvalidCode);
        refusals.AddRange(FormChecks.Problems(request));
        if (refusals.Count > 0)
            return Refuse(client, [.. refusals]);

        var outcome = await homeserver.RegisterAsync(FormChecks.Username(request), request.Password!, client);
        if (outcome is Outcome.Refused refused)
            return Refuse(client, [.. refused.Refusals]);
        log.Registered(((Outcome.Created)outcome).UserId, client);
        return outcome;
    }

    private CodeVerdict Judge(string given, IPAddress? client, out TimeSpan wait)
    {
        // Compared before the limiter is asked, so that the time it takes says nothing about the limit either.
        var matches = inviteCode.Matches(given);
        wait = TimeSpan.Zero;
        // Nothing given is a slip, not a guess.
        if (given.Length == 0)
            return CodeVerdict.Wrong;
        (var verdict, wait) = limiter.Judge(ClientAddress.Key(client), matches);
        return verdict;
    }

    private Outcome.Refused Refuse(IPAddress? client, params Refusal[] refusals)
    {
        log.Refused(client, refusals[0].Status, refusals[0].Error);
        return new Outcome.Refused(refusals);
    }
}
