using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What can be wrong with an assistant.</summary>
internal static class CompanionChecks
{
    public static IEnumerable<Problem> Of(Companion companion, GatheredView host)
    {
        if (host.Find<Matrix>() is not { } matrix)
            yield return new Problem(
                $"Companion talks in Matrix rooms, but {host.Host.Name} has no Matrix.",
                $"Add new Matrix {{ ServerName = \"{host.Fleet.Domain}\" }} to its Modules, or take Companion away.");
        else if (companion.UserName.Length > 0)
            foreach (var problem in AccountNames.Check(companion.UserName, nameof(Companion.UserName), typeof(Companion), matrix, host, "claude"))
                yield return problem;
        if (companion.UserName.Length is 0 or > 64 || !companion.UserName.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-'))
            yield return new Problem(
                $"\"{companion.UserName}\" is not the local part of a user id.",
                "Use lower-case letters, digits and the characters . _ -")
            { Setting = nameof(Companion.UserName) };
        if (companion.ApiUrl.Length > 0 && !IsSafe(companion.ApiUrl))
            yield return new Problem(
                $"ApiUrl is \"{companion.ApiUrl}\": the key, and all that is said, would not get there, or in the clear.",
                "Write an https address, or an http one on this host's loopback such as http://127.0.0.1:4000; no name or password in it.")
            { Setting = nameof(Companion.ApiUrl) };
        if (companion.Model.Length == 0 || companion.Model.Any(char.IsWhiteSpace))
            yield return new Problem(
                $"\"{companion.Model}\" is not the name of a model.",
                "Write it as the API does, such as claude-sonnet-5-5.")
            { Setting = nameof(Companion.Model) };
        if (companion.MaxTokens is < 256 or > 128_000)
            yield return new Problem(
                $"MaxTokens is {companion.MaxTokens}.",
                "Write 256 to 128_000; thoughts count too, and below a thousand few answers come to an end.")
            { Setting = nameof(Companion.MaxTokens) };
        if (companion.MonthlyLimit is < 1 or > 100_000)
            yield return new Problem(
                $"MonthlyLimit is {companion.MonthlyLimit}.",
                "Write 1 to 100_000 US dollars. There is no assistant without a limit.")
            { Setting = nameof(Companion.MonthlyLimit) };
        if (companion.Prices.Length > 0 && !JsonText.IsObject(companion.Prices))
            yield return new Problem("Prices is no JSON object.", "Write it in the form of services/Companion/Spending/prices.json.") { Setting = nameof(Companion.Prices) };
        foreach (var problem in Patterns(companion.MayInvite, nameof(Companion.MayInvite)).Concat(Patterns(companion.MayTalk, nameof(Companion.MayTalk))))
            yield return problem;
        foreach (var problem in McpChecks.Of(companion))
            yield return problem;
    }

    internal static bool IsSafe(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    private static IEnumerable<Problem> Patterns(IEnumerable<string> patterns, string setting) =>
        from pattern in patterns
        where pattern.Length == 0 || pattern[0] is not ('@' or '*') || pattern != "*" && !pattern.Contains(':') || pattern.Any(char.IsWhiteSpace)
        select new Problem($"\"{pattern}\" is neither a user id nor a pattern of some.", "Write @nana:example.org, or *:example.org for everybody of a server.")
        {
            Setting = setting,
        };
}
