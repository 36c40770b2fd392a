using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What can be wrong with the servers whose tools an assistant uses.</summary>
internal static class McpChecks
{
    public static IEnumerable<Problem> Of(Companion companion)
    {
        foreach (var server in companion.McpServers)
            if (server.Name.Length is 0 or > 32 || !server.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                yield return new Problem(
                    $"An MCP server is called \"{server.Name}\".",
                    "The names of its tools start with it: use 1 to 32 letters, digits, - and _.")
                { Setting = nameof(Companion.McpServers) };
            else if (!Uri.TryCreate(server.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0)
                yield return new Problem(
                    $"The MCP server {server.Name} has the address \"{server.Url}\".",
                    "Write an http or https address, without a name or a password in it.")
                { Setting = nameof(Companion.McpServers) };
            else if (server.Token is not null && url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
                yield return new Problem(
                    $"The token of the MCP server {server.Name} would go over the network in the clear.",
                    "Use its https address.")
                { Setting = nameof(Companion.McpServers) };
        foreach (var program in companion.McpPrograms)
        {
            if (program.Name.Length is 0 or > 32 || !program.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
                yield return new Problem(
                    $"An MCP program is called \"{program.Name}\".",
                    "The names of its tools, and its unit, start with it: use 1 to 32 lower-case letters, digits and -.")
                { Setting = nameof(Companion.McpPrograms) };
            if (!program.Command.ToString().StartsWith('/') && program.Command.Uses.Count == 0)
                yield return new Problem(
                    $"The MCP program {program.Name} is started as \"{program.Command}\".",
                    "Write the whole path of a program, in a package of it or in the store: $\"/usr/bin/python3 {script}\".")
                { Setting = nameof(Companion.McpPrograms) };
            foreach (var (variable, _) in program.Secrets)
                if (variable.Length == 0 || char.IsAsciiDigit(variable[0]) || !variable.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                    yield return new Problem(
                        $"\"{variable}\", for a secret of the MCP program {program.Name}, is not the name of a variable.",
                        "Use letters, digits and _, not a digit first.")
                    { Setting = nameof(Companion.McpPrograms) };
        }
        var names = companion.McpServers.Select(server => server.Name).Concat(companion.McpPrograms.Select(program => program.Name));
        foreach (var twice in names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1))
            yield return new Problem($"Two MCP servers are called \"{twice.Key}\".", "Their tools would have the same names: call one of them otherwise.")
            {
                Setting = nameof(Companion.McpServers),
            };
    }
}
