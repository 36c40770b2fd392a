namespace Hale.Operator;

/// <summary>
/// What a command is run with, apart from its arguments: streams, folders, the clock. Everything that a command knows of the
/// process comes from here, so that a test can run commands side by side.
/// </summary>
public sealed record Surroundings
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where problems go, and progress where results are JSON.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person watches: a live view of steps is drawn.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether text may be coloured.</summary>
    public bool Color { get; init; }

    /// <summary>The folder that relative paths of arguments start from.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The folder of everything that can be made again: <c>$HALE_CACHE</c>, <c>$XDG_CACHE_HOME/hale</c> or <c>~/.cache/hale</c>.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Where Hale's own sources lie, from which the activator and the first-party services are built; null where they are not here.</summary>
    public string? SourceFolder { get; init; }

    /// <summary>Who runs the command, for the machine's records: <c>user@computer</c>.</summary>
    public required string Who { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What an environment variable is set to; null where it is not.</summary>
    public Func<string, string?> EnvironmentVariable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Opens what is piped into the command.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Opens where a result goes that need not be text.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>Somebody who can be asked; null where standard input or error is no terminal.</summary>
    public IPrompt? Prompt { get; init; }

    /// <summary>Those of this process. NO_COLOR (no-color.org) and <c>TERM=dumb</c> are honoured; a terminal that nobody names is taken for one of those.</summary>
    public static Surroundings OfProcess()
    {
        var dumb = Variable("TERM") is null or "dumb";
        return new()
        {
            Out = Console.Out,
            Error = Console.Error,
            IsTerminal = !Console.IsOutputRedirected && !Console.IsErrorRedirected && !dumb,
            Prompt = Console.IsInputRedirected || Console.IsErrorRedirected ? null : new ConsolePrompt(),
            Color = !Console.IsErrorRedirected && !dumb && Variable("NO_COLOR") is null,
            WorkingDirectory = Environment.CurrentDirectory,
            CacheFolder = Path.GetFullPath(
                Variable("HALE_CACHE") ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(Home, ".cache"), "hale")),
            SourceFolder = FindSource(AppContext.BaseDirectory),
            Who = $"{Environment.UserName}@{Environment.MachineName}",
        };
    }

    private static string Home =>
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    /// <summary>
    /// The folder that <c>HALE_SOURCE</c> names, or the file <c>hale-source</c> beside the program (the script <c>hale</c> writes it),
    /// or the nearest one above the program that holds Hale's solution.
    /// </summary>
    internal static string? FindSource(string programFolder)
    {
        if (Variable("HALE_SOURCE") is { } said)
            return Path.GetFullPath(said);
        var note = Path.Combine(programFolder, "hale-source");
        if (File.Exists(note))
            return File.ReadAllText(note).Trim();
        for (var folder = new DirectoryInfo(programFolder); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Hale.slnx")))
                return folder.FullName;
        return null;
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
