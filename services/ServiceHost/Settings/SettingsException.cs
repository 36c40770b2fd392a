namespace ServiceHost;

/// <summary>The environment does not describe a service that can run. Carries every problem, each with what to do about it.</summary>
public sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
